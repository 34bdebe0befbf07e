import { desc, sql } from "drizzle-orm"
import { type Json, type JsonObject, listedIn, own } from "../db/json.ts"
import { prepared } from "../db/prepared.ts"
import type { Db } from "../db/store.ts"
import { type Change, type Changeset, tables } from "../db/tables.ts"

/** A change of a row, as people read it. */
export type HistoryEntry = {
  table: string
  row: number
  change: number
  changeset: number
  actor: string
  kind: string
  note: string | null
  run: number | null
  at: string
  op: "insert" | "update" | "delete"
  values: { field: string; before: Json; after: Json }[]
  /** The changeset that took it back, if one did. */
  undoneBy: number | null
}

/** Changes of rows, as people read them, in the order given. */
export async function entriesOf(db: Db, rows: { change: Change; changeset: Changeset }[]): Promise<HistoryEntry[]> {
  const undos = await undoneBy(
    db,
    rows.map(({ changeset }) => changeset.id),
  )
  return rows.map(({ change, changeset }) => ({
    table: change.tableName,
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
  }))
}

/** The undo of each of these changesets, where there is one. */
async function undoneBy(db: Db, ids: number[]): Promise<Map<number, number>> {
  if (ids.length === 0) return new Map()
  const undos = await undosOf(db, { ids: JSON.stringify([...new Set(ids)]) })
  return new Map(undos.flatMap(({ id, undoes }) => (undoes === null ? [] : [[undoes, id]])))
}

const undosOf = prepared((db) => {
  const { id, undoes } = tables.changesets
  const isMeant = sql`${undoes} IN (SELECT value FROM ${listedIn(sql.placeholder("ids"), "bigint")} AS listed)`
  return db.select({ id, undoes }).from(tables.changesets).where(isMeant).orderBy(desc(id))
})

/** The fields that a change touched, those kept in `custom` one by one; its own bookkeeping aside. */
function changedValues(before: JsonObject, after: JsonObject): HistoryEntry["values"] {
  const old = { ...before, ...customOf(before) }
  const now = { ...after, ...customOf(after) }
  const bookkeeping = ["id", "custom", "created_at", "updated_at", "enriched_at", "name_key", "company_id"]
  return [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .filter((field) => !bookkeeping.includes(field))
    .map((field) => ({ field, before: own(old, field) ?? null, after: own(now, field) ?? null }))
    .filter((changed) => JSON.stringify(changed.before) !== JSON.stringify(changed.after))
}

/** The journal keeps `custom` as the text that the column holds. */
function customOf(row: JsonObject): JsonObject {
  if (typeof row.custom !== "string") return {}
  const custom: Json = JSON.parse(row.custom)
  return typeof custom === "object" && custom !== null && !Array.isArray(custom) ? custom : {}
}
