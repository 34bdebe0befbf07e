import { type AnyColumn, type SQL, sql } from "drizzle-orm"

/** Text columns by which tables are sorted. An absent text sorts as the empty one, so that a cursor can seek in the index. */
const sorted = {
  leads: ["name", "title", "company", "location"],
  companies: ["name", "industry", "size", "location"],
} as const

/** What a text column sorts by; the same expression as its index has. */
export function sortKey(column: AnyColumn): SQL {
  return sql`coalesce(${column}, '')`
}

export function sortingSql(): string {
  return Object.entries(sorted)
    .flatMap(([table, columns]) =>
      columns.map((c) => `CREATE INDEX IF NOT EXISTS sort_${table}_${c} ON ${table} (coalesce(${c}, ''), id);`),
    )
    .join("\n")
}
