import { type AnyColumn, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"

/** That a row is among those that a query selects and nobody else has hold of; they are this transaction's until it ends. With SQLite
 * there is one writer, so nobody else has hold of any. */
export function isFreeAmong(column: AnyColumn, selected: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`${column} IN ${selected}`,
    // As a list, so that the rows are selected and locked once.
    postgres: () => sql`${column} = ANY(ARRAY(${selected} FOR UPDATE SKIP LOCKED))`,
  })
}
