import { and, desc, eq, inArray, sql } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import { type JournalledTable, references, tables } from "../db/tables.ts"
import { changedValues, type HistoryEntry, undoneBy } from "./profile.ts"

/** A change of a lead, or of what belongs to it. */
export type Happened = HistoryEntry & { table: JournalledTable; row: number }

const pageSize = 500

/** Everything that happened to a lead and to what belongs to it now: its facts, addresses, timeline, reminders, drafts, approvals and
 * sends. The newest first, at most `limit`. */
export function leadHistory(store: Store, id: number, limit: number): Promise<Happened[]> {
  return store.read(async (db) => {
    const found: Happened[] = await changesOf(db, "leads", [id], limit)
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

async function changesOf(db: Db, table: JournalledTable, ids: number[], limit: number): Promise<Happened[]> {
  const { changes, changesets } = tables
  const found: Happened[] = []
  for (let at = 0; at < ids.length; at += pageSize) {
    const rows = await db
      .select({ change: changes, changeset: changesets })
      .from(changes)
      .innerJoin(changesets, eq(changesets.id, changes.changesetId))
      .where(and(eq(changes.tableName, table), inArray(changes.rowId, ids.slice(at, at + pageSize))))
      .orderBy(desc(changes.id))
      .limit(limit)
    const undos = await undoneBy(
      db,
      rows.map(({ changeset }) => changeset.id),
    )
    for (const { change, changeset } of rows) {
      found.push({
        table,
        row: change.rowId,
        change: change.id,
        changeset: changeset.id,
        actor: changeset.actor,
        kind: changeset.kind,
        note: changeset.note,
        run: changeset.runId,
        at: change.createdAt,
        op: change.op,
        values: changedValues(change.before ?? {}, change.after ?? {}),
        undoneBy: undos.get(changeset.id) ?? null,
      })
    }
  }
  return found
}
