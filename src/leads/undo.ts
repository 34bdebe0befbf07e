import { and, asc, eq, gt, inArray, sql } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Change, type Changeset, type JournalledTable, type Json, type JsonObject, journalled, tables } from "../db/tables.ts"

/** A value that undo left alone, because it was changed again afterwards. */
export type Kept = { table: string; row: number; column: string | null; by: string; reason: string }

export type UndoPlan = {
  changeset: number
  actor: string
  kind: string
  /** Rows put back, by what is done to them. */
  restored: { updated: number; removed: number; brought_back: number }
  kept: Kept[]
  /** The changeset that the undo itself left; null for a preview, or when there was nothing to do. */
  undoneBy: number | null
}

export type UndoResult =
  | { kind: "undone"; plan: UndoPlan }
  | { kind: "refused"; reason: string; hint: string }

type Step =
  | { do: "update"; table: JournalledTable; row: number; set: JsonObject }
  | { do: "delete"; table: JournalledTable; row: number }
  | { do: "insert"; table: JournalledTable; row: number; values: JsonObject }
type RowHistory = { table: JournalledTable; row: number; own: Change[]; later: (Change & { actor: string })[] }

/** Puts back every row that a changeset changed. What anybody changed afterwards is kept and reported. The undo is a changeset of
 * its own and can be undone. With `preview` nothing is written. */
export async function undoChangeset(
  store: Store,
  author: Omit<Author, "kind" | "undoes">,
  id: number,
  options: { preview: boolean },
): Promise<UndoResult> {
  const [changeset] = await store.read((db) => db.select().from(tables.changesets).where(eq(tables.changesets.id, id)))
  if (!changeset) {
    return { kind: "refused", reason: `There is no changeset ${id}.`, hint: "giant runs and giant history show the numbers." }
  }
  const undoneBefore = await store.read((db) => standingUndo(db, id))
  if (undoneBefore !== null) {
    return {
      kind: "refused",
      reason: `Changeset ${id} was undone already, by changeset ${undoneBefore}.`,
      hint: `giant undo changeset:${undoneBefore} takes that back.`,
    }
  }
  if (options.preview) {
    return { kind: "undone", plan: await store.read(async (db) => (await planUndo(db, changeset)).plan) }
  }
  const plan = await store.change({ ...author, kind: "undo", undoes: id }, async (db, undoneBy) => {
    const { steps, plan } = await planUndo(db, changeset)
    for (const step of steps) await takeStep(db, step)
    return { ...plan, undoneBy: steps.length > 0 ? undoneBy : null }
  })
  return { kind: "undone", plan }
}

/** The undo of a changeset that has not itself been undone since. */
async function standingUndo(db: Db, id: number): Promise<number | null> {
  const undos = await db
    .select({ id: tables.changesets.id })
    .from(tables.changesets)
    .where(eq(tables.changesets.undoes, id))
    .orderBy(asc(tables.changesets.id))
  for (const undo of undos) if ((await standingUndo(db, undo.id)) === null) return undo.id
  return null
}

async function planUndo(db: Db, changeset: Changeset): Promise<{ steps: Step[]; plan: UndoPlan }> {
  const kept: Kept[] = []
  const steps: Step[] = []
  for (const history of await rowHistories(db, changeset.id)) {
    const step = planRow(history, kept)
    if (step) steps.push(step)
  }
  const count = (kind: Step["do"]) => steps.filter((step) => step.do === kind).length
  return {
    steps: await settleFacts(db, steps, kept),
    plan: {
      changeset: changeset.id,
      actor: changeset.actor,
      kind: changeset.kind,
      restored: { updated: count("update"), removed: count("delete"), brought_back: count("insert") },
      kept,
      undoneBy: null,
    },
  }
}

/** Every row of the changeset with its own changes and what came after them, in the order they were made, newest row first. */
async function rowHistories(db: Db, id: number): Promise<RowHistory[]> {
  const own = await db.select().from(tables.changes).where(eq(tables.changes.changesetId, id)).orderBy(asc(tables.changes.id))
  const rows = new Map<string, RowHistory>()
  for (const change of own) {
    const table = journalled.find((name) => name === change.tableName)
    if (!table) continue
    const key = `${table} ${change.rowId}`
    const history = rows.get(key) ?? { table, row: change.rowId, own: [], later: [] }
    history.own.push(change)
    rows.set(key, history)
  }
  const first = own[0]?.id ?? 0
  for (const table of journalled) {
    const ids = [...rows.values()].filter((history) => history.table === table).map((history) => history.row)
    for (let i = 0; i < ids.length; i += 500) {
      const later = await db
        .select({ change: tables.changes, actor: tables.changesets.actor })
        .from(tables.changes)
        .innerJoin(tables.changesets, eq(tables.changesets.id, tables.changes.changesetId))
        .where(
          and(
            eq(tables.changes.tableName, table),
            inArray(tables.changes.rowId, ids.slice(i, i + 500)),
            gt(tables.changes.id, first),
            sql`${tables.changes.changesetId} <> ${id}`,
          ),
        )
        .orderBy(asc(tables.changes.id))
      for (const { change, actor } of later) rows.get(`${table} ${change.rowId}`)?.later.push({ ...change, actor })
    }
  }
  return [...rows.values()].reverse()
}

function planRow({ table, row, own, later }: RowHistory, kept: Kept[]): Step | null {
  const wasThere = own[0]?.op !== "insert"
  const isThere = own.at(-1)?.op !== "delete"
  const net = netEffect(later)
  const keep = (column: string | null, reason: string) => {
    kept.push({ table, row, column, by: later.at(-1)?.actor ?? "", reason })
    return null
  }
  if (!wasThere && !isThere) return null
  if (!wasThere) {
    if (net.gone) return null
    if (net.columns.size > 0) return keep(null, "It was made here, and changed afterwards.")
    return { do: "delete", table, row }
  }
  if (!isThere) {
    if (net.back) return keep(null, "It was removed here, and came back afterwards.")
    const values = beforeOf(own)
    return { do: "insert", table, row, values: { ...own.at(-1)?.before, ...values } }
  }
  if (net.gone) return keep(null, "It was removed afterwards.")
  const set: JsonObject = {}
  for (const [column, value] of Object.entries(beforeOf(own))) {
    if (JSON.stringify(afterOf(own)[column]) === JSON.stringify(value)) continue
    if (net.columns.has(column)) {
      if (column !== "updated_at") keep(column, "It was changed again afterwards.")
    } else set[column] = value
  }
  return Object.keys(set).length > 0 ? { do: "update", table, row, set } : null
}

/** What later changes came to, so that one which was itself taken back does not count. */
function netEffect(later: Change[]): { columns: Set<string>; gone: boolean; back: boolean } {
  const before = beforeOf(later)
  const after = afterOf(later)
  const columns = Object.keys(before).filter((column) => JSON.stringify(before[column]) !== JSON.stringify(after[column]))
  const structural = later.filter((change) => change.op !== "update")
  return {
    columns: new Set(columns),
    gone: structural.at(-1)?.op === "delete",
    back: structural.at(-1)?.op === "insert",
  }
}

/** Columns as they were before the first of these updates that touched them. */
function beforeOf(changes: Change[]): JsonObject {
  return Object.assign({}, ...changes.map((change) => (change.op === "insert" ? {} : change.before)).reverse())
}

/** Columns as they were after the last of these changes that touched them. */
function afterOf(changes: Change[]): JsonObject {
  return Object.assign({}, ...changes.map((change) => change.after ?? {}))
}

/** A fact that would be current again beside a later current one stays superseded. */
async function settleFacts(db: Db, steps: Step[], kept: Kept[]): Promise<Step[]> {
  if (kept.length === 0) return steps
  const settled: Step[] = []
  const removed = new Set(steps.flatMap((step) => (step.do === "delete" && step.table === "facts" ? [step.row] : [])))
  for (const step of steps) {
    if (step.do === "update" && step.table === "facts" && step.set.state === "current") {
      const [fact] = await db.select().from(tables.facts).where(eq(tables.facts.id, step.row))
      const rivals = fact
        ? await db
            .select({ id: tables.facts.id })
            .from(tables.facts)
            .where(
              and(
                eq(tables.facts.entity, fact.entity),
                eq(tables.facts.entityId, fact.entityId),
                eq(tables.facts.field, fact.field),
                eq(tables.facts.state, "current"),
              ),
            )
        : []
      if (rivals.some((rival) => !removed.has(rival.id))) continue
    }
    settled.push(step)
  }
  return settled
}

async function takeStep(db: Db, step: Step): Promise<void> {
  const table = sql.identifier(step.table)
  if (step.do === "delete") {
    await db.run(sql`DELETE FROM ${table} WHERE id = ${step.row}`)
    return
  }
  const entries = Object.entries(step.do === "update" ? step.set : step.values)
  if (step.do === "update") {
    const set = entries.map(([column, value]) => sql`${sql.identifier(column)} = ${bound(value)}`)
    await db.run(sql`UPDATE ${table} SET ${sql.join(set, sql`, `)} WHERE id = ${step.row}`)
    return
  }
  const columns = entries.map(([column]) => sql.identifier(column))
  const values = entries.map(([, value]) => sql`${bound(value)}`)
  await db.run(sql`INSERT INTO ${table} (${sql.join(columns, sql`, `)}) VALUES (${sql.join(values, sql`, `)})`)
}

/** A journalled column as the database holds it: JSON columns stand in the journal as the text they are. */
function bound(value: Json): Json {
  return typeof value === "boolean" ? Number(value) : value
}
