import { type AnyColumn, type SQL, sql } from "drizzle-orm"

/** Text columns by which tables are sorted. An absent text sorts as the empty one, so that a cursor can seek in the index. */
const sorted = {
  leads: ["name", "title", "company", "location"],
  companies: ["name", "industry", "size", "location"],
} as const

/** Gaps that are looked for, newest lead first. An index holds only the leads with that gap, so it costs what it is worth. */
const gaps = ["title", "company", "email", "location"] as const

/** What a text column sorts by; the same expression as its index has. */
export function sortKey(column: AnyColumn): SQL {
  return sql`coalesce(${column}, '')`
}

/** That a text column has no value, in the words of its index. */
export function isAbsent(column: AnyColumn | SQL): SQL {
  return sql`nullif(${column}, '') is null`
}

/** Each index slows imports down, so there are only those that the offered sorts and filters need. Every index ends in the row's id
 * by itself. */
export function sortingSql(): string {
  const texts = Object.entries(sorted).flatMap(([table, columns]) =>
    columns.map((c) => index(`${table}_${c}`, `${table} (coalesce(${c}, ''))`)),
  )
  return [
    ...texts,
    index("leads_status", "leads (status)"),
    index("leads_status_name", "leads (status, coalesce(name, ''))"),
    index("leads_score", "leads (score) WHERE score IS NOT NULL"),
    index("leads_status_score", "leads (status, score) WHERE score IS NOT NULL"),
    index("leads_enriched", "leads (enriched_at) WHERE enriched_at IS NOT NULL"),
    index("leads_owner", "leads (owner, created_at) WHERE owner IS NOT NULL"),
    ...gaps.map((c) => index(`leads_no_${c}`, `leads (created_at) WHERE nullif(${c}, '') IS NULL`)),
  ].join("\n")
}

function index(name: string, on: string): string {
  return `CREATE INDEX IF NOT EXISTS sort_${name} ON ${on};`
}
