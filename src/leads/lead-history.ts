import { and, desc, eq, inArray, sql } from "drizzle-orm"
import { references } from "../db/references.ts"
import type { Db, Store } from "../db/store.ts"
import { type JournalledTable, tables } from "../db/tables.ts"
import { entriesOf, type HistoryEntry } from "./history-entries.ts"

const pageSize = 500

/** Everything that happened to a lead and to what belongs to it now: its facts, addresses, timeline, reminders, drafts, approvals and
 * sends. The newest first, at most `limit`. */
export function leadHistory(store: Store, id: number, limit: number): Promise<HistoryEntry[]> {
  return store.read(async (db) => {
    const found: HistoryEntry[] = await changesOf(db, "leads", [id], limit)
    for (const { table, column, when } of references.filter((one) => one.to === "leads" && one.table !== "leads")) {
      const isMeant = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
      const rows = await db.all<{ id: number }>(
        sql`SELECT id FROM ${sql.identifier(table)} WHERE ${sql.identifier(column)} = ${id}${isMeant}`,
      )
      found.push(
        ...(await changesOf(
          db,
          table,
          rows.map((row) => row.id),
          limit,
        )),
      )
    }
    return found.toSorted((one, other) => other.change - one.change).slice(0, limit)
  })
}

async function changesOf(db: Db, table: JournalledTable, ids: number[], limit: number): Promise<HistoryEntry[]> {
  const { changes, changesets } = tables
  const found: HistoryEntry[] = []
  for (let at = 0; at < ids.length; at += pageSize) {
    const rows = await db
      .select({ change: changes, changeset: changesets })
      .from(changes)
      .innerJoin(changesets, eq(changesets.id, changes.changesetId))
      .where(and(eq(changes.tableName, table), inArray(changes.rowId, ids.slice(at, at + pageSize))))
      .orderBy(desc(changes.id))
      .limit(limit)
    found.push(...(await entriesOf(db, rows)))
  }
  return found
}
