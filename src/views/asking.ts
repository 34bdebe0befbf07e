import type { Queries } from "../db/sql.ts"
import { ownWords } from "../db/tables/runs.ts"
import { tableColumns } from "../db/tables.ts"
import type { Values } from "./inputs.ts"
import { type Manifest, usualRows, type ViewQuery } from "./manifest.ts"

export type ViewRow = Record<string, string | number | null>
/** What a query of a view says now. */
export type Answered =
  | { kind: "rows"; columns: string[]; rows: ViewRow[]; isCut: boolean; reads: string[] }
  | { kind: "refused"; reason: string }

/** The tables that views may read; what is added to the database is none of them until it stands here. */
const readable = [
  ...["leads", "companies", "identities", "facts", "evidence", "timeline", "reminders", "fields", "suppressions"],
  ...["drafts", "sends", "tasks", "runs", "changesets", "checks", "accounts", "spends", "recipes"],
]

/** What the queries of views may not read. */
export const hiddenFromViews: string[] = [
  "journal_context",
  ...[...tableColumns.keys()].filter((name) => !readable.includes(name)),
  ...ownWords,
]

/** Asks one query of a view, with the values of its inputs. */
function askQuery(queries: Queries, { sql, limit = usualRows }: ViewQuery, values: Values): Promise<Answered> {
  const asked = parametersIn(sql).filter((name) => Object.hasOwn(values, name))
  return queries.ask(sql, limit, Object.fromEntries(asked.map((name) => [name, values[name] ?? null])))
}

/** Asks the queries of a view, or those named, one after the other: each is a process. */
export async function readAnswers(
  queries: Queries,
  manifest: Manifest,
  values: Values,
  only: string[] = Object.keys(manifest.queries ?? {}),
): Promise<Record<string, Answered>> {
  const answers: Record<string, Answered> = {}
  for (const [name, query] of Object.entries(manifest.queries ?? {})) {
    if (only.includes(name)) answers[name] = await askQuery(queries, query, values)
  }
  return answers
}

/** Names that stand as `:name` in a query; those in quoted text do no harm. */
export function parametersIn(sql: string): string[] {
  const plain = sql.replace(/'[^']*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\//g, " ")
  return [...new Set([...plain.matchAll(/:([A-Za-z_]\w*)/g)].map((match) => match[1] ?? ""))]
}
