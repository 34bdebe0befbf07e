import { and, asc, eq, gte, lt, max, sql } from "drizzle-orm"
import type { JsonObject } from "../db/json.ts"
import type { Db, Store } from "../db/store.ts"
import { type Change, type JournalledTable, journalled, tables } from "../db/tables.ts"

/** A row that is not what its journal says it is. */
type Difference = { table: JournalledTable; row: number; reason: string }

const pageSize = 1_000

/** Replays the journal from nothing and compares what comes of it with every row of the journalled tables. */
export async function* differences(store: Store): AsyncGenerator<Difference> {
  for (const table of journalled) {
    const last = await lastRow(store, table)
    for (let from = 0; from <= last; from += pageSize) {
      // Within one transaction, so that nobody writes between the two readings.
      yield* await store.write((db) => compare(db, table, from, from + pageSize))
    }
  }
}

async function lastRow(store: Store, table: JournalledTable): Promise<number> {
  const { changes } = tables
  const [rows] = await store.rows<{ last: number | null }>(sql`SELECT max(id) AS last FROM ${sql.identifier(table)}`)
  const [told] = await store.read((db) =>
    db
      .select({ last: max(changes.rowId) })
      .from(changes)
      .where(eq(changes.tableName, table)),
  )
  return Math.max(rows?.last ?? 0, told?.last ?? 0)
}

async function compare(db: Db, table: JournalledTable, from: number, to: number): Promise<Difference[]> {
  const { changes } = tables
  const told = await db
    .select()
    .from(changes)
    .where(and(eq(changes.tableName, table), gte(changes.rowId, from), lt(changes.rowId, to)))
    .orderBy(asc(changes.rowId), asc(changes.id))
  const rows = await db.all<JsonObject>(
    sql`SELECT * FROM ${sql.identifier(table)} WHERE id >= ${from} AND id < ${to} ORDER BY id`,
  )
  const replayed = replay(told)
  const present = new Map(rows.map((row) => [Number(row.id), row]))
  return [...new Set([...replayed.keys(), ...present.keys()])].flatMap((row) => {
    const reason = whyDifferent(replayed.get(row), present.get(row))
    return reason ? [{ table, row, reason }] : []
  })
}

/** Rows by their id, as their changes made them. */
function replay(changes: Change[]): Map<number, JsonObject> {
  const rows = new Map<number, JsonObject>()
  for (const { rowId, op, after } of changes) {
    if (op === "delete") rows.delete(rowId)
    else rows.set(rowId, { ...rows.get(rowId), ...after })
  }
  return rows
}

function whyDifferent(replayed: JsonObject | undefined, present: JsonObject | undefined): string | null {
  if (!present) return "It is missing."
  if (!replayed) return "Nothing tells where it came from."
  const columns = [...new Set([...Object.keys(replayed), ...Object.keys(present)])]
  const other = columns.filter(
    (name) => JSON.stringify(replayed[name] ?? null) !== JSON.stringify(present[name] ?? null),
  )
  return other.length > 0 ? `Its ${other.join(", ")} changed without a trace.` : null
}
