import type { ViewInput } from "./manifest.ts"

export type Scalar = string | number | null
export type Values = Record<string, Scalar>

/** What was given for inputs or fields, as their types have it; what is left out has its first value. */
type ReadInputs = { kind: "right"; values: Values } | { kind: "wrong"; reason: string }

const longestText = { text: 500, long: 10_000 }

export function readInputs(inputs: Record<string, ViewInput> = {}, given: Record<string, unknown> = {}): ReadInputs {
  const values: Values = {}
  for (const [name, input] of Object.entries(inputs)) {
    const label = input.label ?? name
    const value = Object.hasOwn(given, name) ? given[name] : input.value
    const read = readOne(input, value)
    if (read === undefined) return { kind: "wrong", reason: `${label} is no ${wordsFor[input.type]}.` }
    values[name] = read
  }
  return { kind: "right", values }
}

const wordsFor = {
  text: "text of 500 characters at most",
  long: "text of 10,000 characters at most",
  number: "number",
  date: "date such as 2026-11-30",
  choice: "choice that is offered",
}

/** Undefined where it is not of the type; null where there is none. */
function readOne({ type, choices }: ViewInput, value: unknown): Scalar | undefined {
  if (value === undefined || value === null || value === "") return null
  if (typeof value !== "string" && typeof value !== "number") return undefined
  const text = String(value)
  switch (type) {
    case "number":
      return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined
    case "date":
      return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined
    case "choice":
      return choices?.includes(text) ? text : undefined
    default:
      return text.length <= longestText[type] ? text : undefined
  }
}

/** A value of each field's type, to try an action with before anybody has typed one. */
export function sampleValues(inputs: Record<string, ViewInput> = {}): Values {
  const samples = { text: "text", long: "text", number: 1, date: "2026-11-30" }
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { type, choices, value }]) => [
      name,
      value ?? (type === "choice" ? (choices?.[0] ?? null) : samples[type]),
    ]),
  )
}
