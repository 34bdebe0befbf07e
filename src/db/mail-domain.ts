import { type AnyColumn, type SQL, sql } from "drizzle-orm"

/** The domain of a column of email addresses. */
export function mailDomain(column: AnyColumn): SQL<string> {
  return sql<string>`lower(substr(${column}, instr(${column}, '@') + 1))`
}
