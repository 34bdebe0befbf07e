import { type AnyColumn, type SQL, sql } from "drizzle-orm"

/** What a text column sorts by; the same expression as its index has. */
export function sortKey(column: AnyColumn): SQL {
  return sql`coalesce(${column}, '')`
}

/** That a text column has no value, in the words of its index. */
export function isAbsent(column: AnyColumn | SQL): SQL {
  return sql`nullif(${column}, '') is null`
}
