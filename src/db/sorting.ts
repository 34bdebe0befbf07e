import { type AnyColumn, type SQL, sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"

/** What a text column sorts by; the same expression as its index has. */
export function sortKey(column: AnyColumn): SQL {
  return sql`coalesce(${column}, '')`
}

/** That a column has no value, in the words of its index. */
export function isAbsent(column: AnyColumn | SQL): SQL {
  return perEngine({
    sqlite: () => sql`nullif(${column}, '') is null`,
    // A cast of a text to a text is none, so the index is found all the same.
    postgres: () => sql`nullif(cast(${column} as text), '') is null`,
  })
}
