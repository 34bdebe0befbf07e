import type { SQL, SQLWrapper } from "drizzle-orm"
import { sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"
import { tables } from "./tables.ts"

const { leads } = tables

/** The index that knows the words of leads, beside the leads themselves; `isSameRow` joins the two. On Postgres it is an index of the
 * leads' own table. */
export const wordIndex: SQL = perEngine({
  sqlite: () => sql`lead_search`,
  postgres: () => sql`(SELECT 1) AS lead_search`,
})

export const isSameRow: SQL = perEngine({
  sqlite: () => sql`lead_search.rowid = ${leads.id}`,
  postgres: () => sql`true`,
})

/** The lead's id in the order of that index, where the newest have the highest. */
export const wordRow: SQL = perEngine({
  sqlite: () => sql`lead_search.rowid`,
  postgres: () => sql`${leads.id}`,
})

/** That a lead has the words of a query made by `searchQuery`. */
export function hasWords(query: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`lead_search MATCH ${query}`,
    postgres: () =>
      sql`giant_lead_words(${leads.name}, ${leads.title}, ${leads.company}, ${leads.email}, ${leads.location}) @@ giant_query(${query})`,
  })
}

/** The ids of some leads that have these words. */
export function idsWithWords(query: string, limit: number): SQL {
  return perEngine({
    sqlite: () => sql`(SELECT rowid FROM lead_search WHERE lead_search MATCH ${query} LIMIT ${limit})`,
    postgres: () => sql`(SELECT ${leads.id} FROM ${leads} WHERE ${hasWords(sql`${query}`)} LIMIT ${limit})`,
  })
}
