import { createHash } from "node:crypto"
import { type Json, own } from "../db/json.ts"
import type { Answered, ViewRow } from "./asking.ts"
import { readInputs, type Scalar, type Values } from "./inputs.ts"
import { actionsOf, type Manifest, queryOf, type ViewAction } from "./manifest.ts"

/** What a person wants done in a view: the action, the row as they saw it, what they typed. The arguments themselves are worked
 * out here, from the row as it is now. */
export type Proposal = {
  action: string
  /** The query and the version of the row; null where the action is about none. */
  row: { query: string; version: string } | null
  fields: Record<string, unknown>
  /** Where a card of a board is to go. */
  to: string | null
}

/** stale: the row is not any more what the person saw. */
export type Weighed =
  | { kind: "call"; name: string; args: Json[]; words: string }
  | { kind: "stale"; reason: string }
  | { kind: "wrong"; reason: string }

/** A row's version: a hash of everything that was shown of it. */
export function versionOf(row: ViewRow): string {
  return createHash("sha256")
    .update(JSON.stringify(Object.entries(row)))
    .digest("hex")
    .slice(0, 24)
}

/** Turns a proposal into a call. `answers` are the view's queries as they answer now. */
export function weigh(manifest: Manifest, answers: Record<string, Answered>, proposal: Proposal): Weighed {
  const action = own(manifest.actions ?? {}, proposal.action)
  if (!action) return { kind: "wrong", reason: `This view has no action ${proposal.action}.` }
  if (!isOffered(manifest, proposal)) {
    return { kind: "wrong", reason: `This view does not offer ${proposal.action} there.` }
  }
  const fields = readInputs(action.fields, proposal.fields)
  if (fields.kind === "wrong") return { kind: "wrong", reason: fields.reason }
  const row = proposal.row === null ? {} : rowNow(answers, proposal.row)
  if (row === null) return { kind: "stale", reason: "This row changed since you saw it. Look again, then decide." }
  const filled = fillIn(action.args, { ...row, ...fields.values, ...(proposal.to !== null && { to: proposal.to }) })
  if (filled.missing !== null) return { kind: "wrong", reason: `${proposal.action} needs ${filled.missing}.` }
  return { kind: "call", name: action.call, args: filled.args, words: action.label ?? proposal.action }
}

/** The arguments with every `"$name"` replaced by what it stands for; `missing` is one that stands for nothing. */
export function fillIn(args: ViewAction["args"], values: Values): { args: Json[]; missing: string | null } {
  let missing: string | null = null
  const fill = (value: Json): Json => {
    const name = typeof value === "string" ? variableIn(value) : null
    if (name !== null) return standsFor(name)
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== "object" || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, fill(own)]))
  }
  const standsFor = (name: string): Scalar => {
    if (!Object.hasOwn(values, name)) missing ??= name
    return values[name] ?? null
  }
  return { args: args.map(fill), missing }
}

/** The names after `$` in an action's arguments. */
export function variablesOf(args: Json): string[] {
  if (typeof args === "string") return [variableIn(args)].filter((name) => name !== null)
  if (typeof args !== "object" || args === null) return []
  return [...new Set(Object.values(args).flatMap(variablesOf))]
}

function variableIn(text: string): string | null {
  return /^\$([A-Za-z_][\w.]*)$/.exec(text)?.[1] ?? null
}

/** Whether a part offers the action for rows of that query. Free HTML offers what it likes; a person confirms each. */
function isOffered({ parts, queries }: Manifest, { action, row, to }: Proposal): boolean {
  if (!parts) return row === null || Object.hasOwn(queries ?? {}, row.query)
  return parts.some((part) => {
    if (!actionsOf(part).includes(action) || queryOf(part) !== (row?.query ?? null)) return false
    return part.type !== "board" ? to === null : to !== null && part.values.includes(to)
  })
}

function rowNow(
  answers: Record<string, Answered>,
  { query, version }: { query: string; version: string },
): ViewRow | null {
  const answer = Object.hasOwn(answers, query) ? answers[query] : undefined
  if (answer?.kind !== "rows") return null
  return answer.rows.find((row) => versionOf(row) === version) ?? null
}
