import type { Outside } from "./outside.ts"
import type { Known, Source, SourceAnswer, SourceValue } from "./source.ts"

/** A field's value in an answer, and under which path it stood there. */
export type PathValue = { field: string; path: string; value: string }

type JsonApi = Omit<Source, "ask"> & {
  /** The question as it is sent, with its key; by default as `question` has it. */
  keyed?: (question: string) => string
  headers: Record<string, string>
  read: (json: unknown) => PathValue[]
}

const mostLines = 500

/** A source that answers a GET request with JSON. Every value is kept with its path, as "path: value". */
export function jsonSource(outside: Outside, { keyed, headers, read, ...source }: JsonApi): Source {
  return {
    ...source,
    async ask(known: Known, signal: AbortSignal): Promise<SourceAnswer> {
      const question = source.question(known)
      if (question === null) return { kind: "unavailable", reason: `${source.name} needs more than is known.` }
      const url = keyed ? keyed(question) : question
      const answer = await outside({ url, headers: { accept: "application/json", ...headers }, signal })
      if (answer.kind !== "answered") return { kind: "unavailable", reason: answer.reason }
      if (answer.status === 404) return { kind: "nothing", reason: `${source.name} knows nothing of it.` }
      if (answer.status !== 200) return { kind: "unavailable", reason: statusWords(source.name, answer.status) }
      const json = parseJson(answer.body)
      if (json === undefined) return { kind: "unavailable", reason: `${source.name} did not answer with JSON.` }
      const lines = leaves(json, "").slice(0, mostLines)
      const values = read(json).flatMap(({ field, path, value }): SourceValue[] => {
        const quote = `${path}: ${fold(value)}`
        return lines.includes(quote) ? [{ field, value: fold(value), quote }] : []
      })
      if (values.length === 0) return { kind: "nothing", reason: `${source.name} has none of the fields.` }
      return { kind: "found", text: lines.join("\n"), values }
    },
  }
}

/** The value at a path such as `data.people.0.title`; undefined where there is none. */
function atPath(json: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)]
    return isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }, json)
}

/** Fields by their paths, as far as the answer has a text or a number there. */
export function valuesAt(json: unknown, paths: Readonly<Record<string, string>>): PathValue[] {
  return Object.entries(paths).flatMap(([field, path]) => {
    const value = atPath(json, path)
    return (typeof value === "string" && value.trim() !== "") || typeof value === "number"
      ? [{ field, path, value: String(value) }]
      : []
  })
}

/** Every text and number of an answer on a line of its own. */
function leaves(json: unknown, path: string): string[] {
  if (Array.isArray(json)) return json.flatMap((item, i) => leaves(item, path === "" ? `${i}` : `${path}.${i}`))
  if (isRecord(json)) {
    return Object.entries(json).flatMap(([key, value]) => leaves(value, path === "" ? key : `${path}.${key}`))
  }
  return typeof json === "string" || typeof json === "number" ? [`${path}: ${fold(String(json))}`] : []
}

function fold(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, 4_000)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function statusWords(name: string, status: number): string {
  if (status === 401 || status === 403) return `${name} refuses the key (${status}).`
  if (status === 402) return `${name} wants to be paid first (402).`
  return status === 429 ? `${name} asks to slow down (429).` : `${name} answered with status ${status}.`
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
