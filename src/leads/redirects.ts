import { sql } from "drizzle-orm"
import { isOneOf } from "../db/bulk.ts"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Entity } from "./fields.ts"

/** The lead or company that each of these, if it was merged, leads to in the end. */
export async function endsOf(db: Db, entity: Entity, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map()
  const table = entity === "lead" ? tables.leads : tables.companies
  const found = await db.all<{ merged: number; id: number }>(
    sql`WITH RECURSIVE redirects (merged, id) AS (
      SELECT id, merged_into FROM ${table} WHERE ${isOneOf(table.id, ids)} AND merged_into IS NOT NULL
      UNION SELECT redirects.merged, ${table.mergedInto} FROM redirects JOIN ${table} ON ${table.id} = redirects.id
      WHERE ${table.mergedInto} IS NOT NULL)
      SELECT redirects.merged, redirects.id FROM redirects JOIN ${table} ON ${table.id} = redirects.id
      WHERE ${table.mergedInto} IS NULL`,
  )
  return new Map(found.map(({ merged, id }) => [merged, id]))
}

/** The leads that were merged into some of these, each with the one that it leads to. */
export async function mergedInto(db: Db, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map()
  const { leads } = tables
  const found = await db.all<{ id: number; kept: number }>(
    sql`WITH RECURSIVE merged (id, kept) AS (
      SELECT id, merged_into FROM ${leads} WHERE merged_into IS NOT NULL AND ${isOneOf(leads.mergedInto, ids)}
      UNION SELECT ${leads.id}, merged.kept FROM merged JOIN ${leads} ON ${leads.mergedInto} = merged.id)
      SELECT id, kept FROM merged`,
  )
  return new Map(found.map(({ id, kept }) => [id, kept]))
}
