import { and, asc, desc, eq, inArray, isNull, lt, sql } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import {
  type Change,
  type Changeset,
  type JournalledTable,
  type Json,
  type JsonObject,
  journalled,
  type Reference,
  references,
  tables,
} from "../db/tables.ts"
import {
  type Cells,
  cellsOf,
  columnsOf,
  customTexts,
  type Entry,
  isSameValue,
  presence,
  presentOf,
  readHistories,
  type Write,
  without,
} from "./row-history.ts"

/** A value that undo left alone, because it was changed again afterwards or cannot come back. */
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

export type UndoResult = { kind: "undone"; plan: UndoPlan } | { kind: "refused"; reason: string; hint: string }

type Undo = { changeset: Changeset; change: number | null; plan: UndoPlan }
type RowState = { table: JournalledTable; row: number; history: Entry[]; cells: Cells }
type Removal = { do: "remove"; table: JournalledTable; row: number; by: string }
/** `values` by column, as the database holds them. */
type Rewriting = { do: "update" | "bring back"; table: JournalledTable; row: number; by: string; values: JsonObject }
type Step = Removal | Rewriting
/** A step that other rows stand against. */
type Blocked = { step: Step; reason: string }

/** How many changes are looked at at a time. */
const pageSize = 500

/** Takes back everything that a changeset did, or only one change of it. What anybody changed afterwards is kept and reported. The
 * undo is a changeset of its own and can be undone. A preview does the same and takes it back. */
export async function undoChangeset(
  store: Store,
  author: Omit<Author, "kind" | "undoes">,
  id: number,
  options: { preview: boolean; change?: number },
): Promise<UndoResult> {
  const change = options.change ?? null
  const asked = await store.read((db) => askedFor(db, id, change))
  if (asked.kind === "refused") return asked
  const { changeset } = asked
  try {
    const plan = await store.change({ ...author, kind: "undo", undoes: id }, async (db, undoneBy) => {
      if (change !== null) {
        await db.update(tables.changesets).set({ undoesChange: change }).where(eq(tables.changesets.id, undoneBy))
      }
      const restored = { updated: 0, removed: 0, brought_back: 0 }
      const undo = {
        changeset,
        change,
        plan: { changeset: id, actor: changeset.actor, kind: changeset.kind, restored, kept: [], undoneBy: null },
      }
      await takeBack(db, undo)
      if (options.preview) throw new PreviewEnds(undo.plan)
      const hasDone = restored.updated + restored.removed + restored.brought_back > 0
      return { ...undo.plan, undoneBy: hasDone ? undoneBy : null }
    })
    return { kind: "undone", plan }
  } catch (error) {
    if (error instanceof PreviewEnds) return { kind: "undone", plan: error.plan }
    throw error
  }
}

/** Rolls a preview back. */
class PreviewEnds extends Error {
  readonly plan: UndoPlan
  constructor(plan: UndoPlan) {
    super("A preview writes nothing.")
    this.plan = plan
  }
}

async function askedFor(
  db: Db,
  id: number,
  change: number | null,
): Promise<{ kind: "open"; changeset: Changeset } | Extract<UndoResult, { kind: "refused" }>> {
  const refused = (reason: string, hint: string) => ({ kind: "refused", reason, hint }) as const
  const [changeset] = await db.select().from(tables.changesets).where(eq(tables.changesets.id, id))
  if (!changeset) return refused(`There is no changeset ${id}.`, "giant runs and giant history show the numbers.")
  if (changeset.kind === "forget")
    return refused("What was forgotten cannot be brought back.", "Nothing of it is kept.")
  const undoneBefore = await standingUndo(db, id)
  if (undoneBefore !== null) {
    const hint = `giant undo changeset:${undoneBefore} takes that back.`
    return refused(`Changeset ${id} was undone already, by changeset ${undoneBefore}.`, hint)
  }
  if (change === null) return { kind: "open", changeset }
  const { changes } = tables
  const [own] = await db
    .select({ id: changes.id })
    .from(changes)
    .where(and(eq(changes.id, change), eq(changes.changesetId, id)))
  return own
    ? { kind: "open", changeset }
    : refused(`Changeset ${id} has no change ${change}.`, "giant history shows the numbers.")
}

/** The undo of a whole changeset that has not itself been undone since. */
async function standingUndo(db: Db, id: number): Promise<number | null> {
  const { changesets } = tables
  const undos = await db
    .select({ id: changesets.id })
    .from(changesets)
    .where(and(eq(changesets.undoes, id), isNull(changesets.undoesChange)))
    .orderBy(asc(changesets.id))
  for (const undo of undos) if ((await standingUndo(db, undo.id)) === null) return undo.id
  return null
}

/** Goes through the changes from the last to the first. Steps that other rows stand against are tried again after them. */
async function takeBack(db: Db, undo: Undo): Promise<void> {
  let blocked: Blocked[] = []
  for await (const changes of pagesOf(db, undo)) {
    const steps = (await rowsOf(db, undo, changes)).map((state) => stepOf(state, undo))
    blocked.push(
      ...(await takeAll(
        db,
        steps.filter((step) => step !== null),
        undo,
      )),
    )
  }
  for (let tried = 0; tried !== blocked.length; ) {
    tried = blocked.length
    blocked = await takeAll(
      db,
      blocked.map(({ step }) => step),
      undo,
    )
  }
  for (const one of blocked) await giveUp(db, one, undo)
}

/** Takes steps, and returns those that other rows stand against. */
async function takeAll(db: Db, steps: Step[], undo: Undo): Promise<Blocked[]> {
  const blocked: Blocked[] = []
  for (const step of steps) {
    if (step.do === "remove") continue
    const reason = await whyBlocked(db, step)
    if (reason !== null) blocked.push({ step, reason })
    else await takeOne(db, step, undo)
  }
  for (const table of journalled) {
    const removals = steps.filter((step) => step.do === "remove" && step.table === table)
    if (removals.length > 0) blocked.push(...(await removeAll(db, table, removals, undo)))
  }
  return blocked
}

async function* pagesOf(db: Db, { changeset, change }: Undo): AsyncGenerator<Change[]> {
  const { changes } = tables
  const own = change === null ? eq(changes.changesetId, changeset.id) : eq(changes.id, change)
  let last = Number.MAX_SAFE_INTEGER
  for (;;) {
    const page = await db
      .select()
      .from(changes)
      .where(and(own, lt(changes.id, last)))
      .orderBy(desc(changes.id))
      .limit(pageSize)
    if (page.length > 0) yield page
    last = page.at(-1)?.id ?? 0
    if (page.length < pageSize) return
  }
}

/** The rows whose turn comes with these changes: a row comes once, where it was made or removed, or else where it was last changed. */
async function rowsOf(db: Db, { changeset, change }: Undo, changes: Change[]): Promise<RowState[]> {
  const histories = new Map<string, Map<number, Entry[]>>()
  for (const table of journalled) {
    const ids = changes.filter((one) => one.tableName === table).map((one) => one.rowId)
    histories.set(table, await readHistories(db, table, [...new Set(ids)]))
  }
  return changes.flatMap(({ id, tableName, rowId }): RowState[] => {
    const table = journalled.find((name) => name === tableName)
    const history = histories.get(tableName)?.get(rowId) ?? []
    const own = history.filter(
      (entry) => entry.changesetId === changeset.id && (change === null || entry.id === change),
    )
    const turn = own.findLast((entry) => entry.op !== "update") ?? own.at(-1)
    return table && turn?.id === id ? [{ table, row: rowId, history, cells: cellsOf(history) }] : []
  })
}

/** What has to be done to a row, or null; what is kept is noted. */
function stepOf({ table, row, history, cells }: RowState, undo: Undo): Step | null {
  const { changeset, change, plan } = undo
  const after = new Map<string, Json | undefined>()
  const columns: { name: string; moved: Write[]; winner: Write | undefined; isChanged: boolean }[] = []
  for (const [name, cell] of cells) {
    const { cell: next, moved } = without(cell, changeset.id, change)
    after.set(name, presentOf(next))
    if (name === presence || moved.length === 0) continue
    columns.push({ name, moved, winner: next.alive.at(-1), isChanged: !isSameValue(presentOf(cell), presentOf(next)) })
  }
  const wasThere = presentOf(cells.get(presence) ?? missing) !== false
  const isThere = after.get(presence) !== false
  const by = history.at(-1)?.actor ?? ""
  const keep = (column: string | null, who: string, reason: string) => {
    plan.kept.push({ table, row, column, by: who, reason })
    return null
  }
  if (!wasThere && !isThere) return columns.length > 0 ? keep(null, by, "It was removed afterwards.") : null
  if (wasThere && !isThere) {
    const other = laterHand(history, cells, changeset.id)
    return other
      ? keep(null, other.actor, "It was made here, and changed afterwards.")
      : { do: "remove", table, row, by }
  }
  const values = columnsOf(after, customTexts(history))
  if (!wasThere) return { do: "bring back", table, row, by, values: { ...values, id: row } }
  for (const { name, moved, winner, isChanged } of columns) {
    const isLater = winner && moved.every((one) => one.change < winner.change)
    if (!isChanged && isLater && name !== "updated_at") keep(name, winner.actor, "It was changed again afterwards.")
  }
  const changed = columns
    .filter((column) => column.isChanged)
    .map(({ name }) => (name.startsWith("custom.") ? "custom" : name))
  const set = Object.fromEntries([...new Set(changed)].map((name) => [name, values[name] ?? null]))
  return changed.length > 0 ? { do: "update", table, row, by, values: set } : null
}

const missing = { base: true, alive: [], effects: new Map() }

/** Somebody else's writing in a row since a changeset made it or brought it back; in a row that it did not make, whoever did. */
function laterHand(history: Entry[], cells: Cells, changeset: number): Write | null {
  const made = history.findLast((entry) => entry.changesetId === changeset && entry.op === "insert")
  if (!made) return cells.get(presence)?.alive.at(-1) ?? null
  for (const cell of cells.values()) {
    const other = cell.alive.find((one) => one.change > made.id && one.changeset !== changeset)
    if (other) return other
  }
  return null
}

/** What other rows have against a step, or null. */
async function whyBlocked(db: Db, step: Rewriting): Promise<string | null> {
  const absent = await absentParent(db, step)
  if (absent) return absent
  return (await hasRival(db, step)) ? laterValue : null
}

const laterValue = "A later value stands."

async function takeOne(db: Db, step: Rewriting, { plan }: Undo): Promise<void> {
  const { table, row, by } = step
  const columns = Object.keys(step.values).map((column) => sql.identifier(column))
  const values = Object.values(step.values).map((value) => sql`${bound(value)}`)
  if (step.do === "update") {
    const set = columns.map((column, i) => sql`${column} = ${values[i]}`)
    await db.run(sql`UPDATE ${sql.identifier(table)} SET ${sql.join(set, sql`, `)} WHERE id = ${row}`)
    plan.restored.updated += 1
    return
  }
  const made = await db.all(
    sql`INSERT INTO ${sql.identifier(table)} (${sql.join(columns, sql`, `)}) VALUES (${sql.join(values, sql`, `)})
      ON CONFLICT DO NOTHING RETURNING id`,
  )
  if (made.length > 0) plan.restored.brought_back += 1
  else plan.kept.push({ table, row, column: null, by, reason: "Its place was taken afterwards." })
}

/** Removes rows of one table, each with what the same changeset made for it. A row stays while anything of others names it. */
async function removeAll(db: Db, table: JournalledTable, steps: Step[], undo: Undo): Promise<Blocked[]> {
  const blocked: Blocked[] = []
  const there = new Set(
    (
      await idsWhere(
        db,
        table,
        "id",
        steps.map(({ row }) => row),
        null,
      )
    ).map(({ id }) => id),
  )
  const owned = await ownedByMade(db, table, [...there], undo)
  const wanted = steps.filter(({ row }) => there.has(row) && !owned.has(row))
  const named = await namesOf(
    db,
    table,
    wanted.map(({ row }) => row),
  )
  const removed = new Map<JournalledTable, number[]>([[table, []]])
  for (const step of wanted) {
    const names = named.filter((one) => one.parent === step.row)
    const independent = names.find((one) => one.table === "leads" || one.table === "companies")
    const other = names
      .map(({ history }) => laterHand(history, cellsOf(history), undo.changeset.id))
      .find((hand) => hand !== null)
    if (other) {
      const reason = "It was made here, and added to afterwards."
      undo.plan.kept.push({ table, row: step.row, column: null, by: other.actor, reason })
    } else if (undo.change !== null && names.length > 0) {
      const reason = "It was made here, and other rows belong to it."
      undo.plan.kept.push({ table, row: step.row, column: null, by: step.by, reason })
    } else if (independent) {
      blocked.push({ step, reason: `It was made here, and ${independent.table} ${independent.id} names it.` })
    } else {
      for (const one of [...names, { table, id: step.row }]) {
        removed.set(one.table, [...(removed.get(one.table) ?? []), one.id])
      }
    }
  }
  for (const [table, ids] of [...removed].reverse()) {
    for (const some of chunks(ids))
      await db.run(sql`DELETE FROM ${sql.identifier(table)} WHERE ${inArray(sql`id`, some)}`)
    undo.plan.restored.removed += ids.length
  }
  return blocked
}

/** Which of these rows belong to a lead or company that the same changeset made and that is still there: they go or stay with it. */
async function ownedByMade(
  db: Db,
  table: JournalledTable,
  ids: number[],
  { changeset, change }: Undo,
): Promise<Set<number>> {
  const owned = new Set<number>()
  if (change !== null || isIndependent(table)) return owned
  for (const reference of references.filter((one) => one.table === table)) {
    const rows = await idsWhere(db, table, "id", ids, reference)
    const parents = [...new Set(rows.flatMap(({ parent }) => (parent === null ? [] : [parent])))]
    const there = new Set((await idsWhere(db, reference.to, "id", parents, null)).map(({ id }) => id))
    const histories = await readHistories(db, reference.to, [...there])
    for (const { id, parent } of rows) {
      const cells = cellsOf((parent !== null && histories.get(parent)) || [])
      if (without(cells.get(presence) ?? missing, changeset.id, null).moved.length > 0) owned.add(id)
    }
  }
  return owned
}

type Naming = { table: JournalledTable; id: number; parent: number; history: Entry[] }

/** Every row that names one of these leads or companies. */
async function namesOf(db: Db, table: JournalledTable, ids: number[]): Promise<Naming[]> {
  const found: Naming[] = []
  for (const reference of references.filter((one) => one.to === table)) {
    const rows = await idsWhere(db, reference.table, reference.column, ids, reference)
    const histories = isIndependent(reference.table)
      ? new Map<number, Entry[]>()
      : await readHistories(
          db,
          reference.table,
          rows.map(({ id }) => id),
        )
    for (const { id, parent } of rows) {
      if (parent !== null) found.push({ table: reference.table, id, parent, history: histories.get(id) ?? [] })
    }
  }
  return found
}

function isIndependent(table: JournalledTable): boolean {
  return table === "leads" || table === "companies"
}

/** Rows by the values of one of their columns, each with what it names by a reference. */
async function idsWhere(
  db: Db,
  table: JournalledTable,
  column: string,
  values: number[],
  reference: Reference | null,
): Promise<{ id: number; parent: number | null }[]> {
  const when = reference?.when ? sql` AND ${sql.identifier(reference.when.column)} = ${reference.when.is}` : sql``
  const rows: { id: number; parent: number | null }[] = []
  for (const some of chunks(values)) {
    rows.push(
      ...(await db.all<{ id: number; parent: number | null }>(
        sql`SELECT id, ${sql.identifier(reference?.column ?? "id")} AS parent FROM ${sql.identifier(table)}
          WHERE ${inArray(sql.identifier(column), some)}${when}`,
      )),
    )
  }
  return rows
}

/** What stood against a step to the end is reported; a fact that a later one replaced comes back as one of the past. */
async function giveUp(db: Db, { step, reason }: Blocked, undo: Undo): Promise<void> {
  const { table, row, by } = step
  const isOfPast = reason === laterValue && step.do !== "remove"
  const column = isOfPast ? "state" : step.do === "update" ? Object.keys(step.values).join(", ") : null
  undo.plan.kept.push({ table, row, column, by, reason })
  if (isOfPast) await takeOne(db, { ...step, values: { ...step.values, state: "superseded" } }, undo)
}

/** Why a row cannot name what it would name, or null. */
async function absentParent(db: Db, { table, row, values }: Rewriting): Promise<string | null> {
  for (const { column, to, when } of references.filter((one) => one.table === table)) {
    const id = values[column]
    if (typeof id !== "number") continue
    if (when && (values[when.column] ?? (await columnOf(db, table, row, when.column))) !== when.is) continue
    if ((await columnOf(db, to, id, "id")) === null) return `${to} ${id} is not there any more.`
  }
  return null
}

/** Whether a fact would be current beside another of the same field. */
async function hasRival(db: Db, { table, row, values }: Rewriting): Promise<boolean> {
  if (table !== "facts" || !["state", "entity_id"].some((name) => name in values)) return false
  const column = async (name: string) => values[name] ?? (await columnOf(db, table, row, name))
  if ((await column("state")) !== "current") return false
  const [entity, id, field] = [await column("entity"), await column("entity_id"), await column("field")]
  const rivals = await db.all(
    sql`SELECT id FROM facts WHERE entity = ${entity} AND entity_id = ${id} AND field = ${field}
      AND state = 'current' AND id <> ${row}`,
  )
  return rivals.length > 0
}

async function columnOf(db: Db, table: JournalledTable, row: number, column: string): Promise<Json> {
  const [found] = await db.all<{ value: Json }>(
    sql`SELECT ${sql.identifier(column)} AS value FROM ${sql.identifier(table)} WHERE id = ${row}`,
  )
  return found?.value ?? null
}

/** A journalled column as the database holds it. */
function bound(value: Json): Json {
  return typeof value === "boolean" ? Number(value) : value
}

function chunks<T>(values: T[]): T[][] {
  return Array.from({ length: Math.ceil(values.length / 500) }, (_, i) => values.slice(i * 500, i * 500 + 500))
}
