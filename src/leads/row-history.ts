import { and, asc, eq, inArray } from "drizzle-orm"
import type { Json, JsonObject } from "../db/json.ts"
import type { Db } from "../db/store.ts"
import { type Change, type JournalledTable, tables } from "../db/tables.ts"

/** A change of one row, with the changeset that it belongs to. */
export type Entry = Change & { actor: string; kind: string; undoes: number | null; undoesChange: number | null }

/** One writing of one cell: a column, a key of `custom`, or whether the row is there. */
export type Write = { change: number; changeset: number; actor: string; kind: string; value: Json | undefined }

/** A cell as its history made it. `alive` are the writings that no undo took back, in the order in which they were made: the last of
 * them is the present value, `base` the value before all. */
type Cell = { base: Json | undefined; alive: Write[]; effects: Map<number, Effect> }

/** What a changeset did to a cell: an undo lets go what another added, and brings back what it had let go. */
type Effect = { added: Write[]; removed: Write[] }

/** Cells by name; `presence` says whether the row is there, `custom.KEY` stands for one key of `custom`. */
export type Cells = Map<string, Cell>

export const presence = "presence"
const customPrefix = "custom."

/** The whole history of rows, oldest first, by row id. */
export async function readHistories(db: Db, table: JournalledTable, ids: number[]): Promise<Map<number, Entry[]>> {
  const { changes, changesets } = tables
  const histories = new Map<number, Entry[]>(ids.map((id) => [id, []]))
  for (let i = 0; i < ids.length; i += 500) {
    const found = await db
      .select({
        change: changes,
        actor: changesets.actor,
        kind: changesets.kind,
        undoes: changesets.undoes,
        undoesChange: changesets.undoesChange,
      })
      .from(changes)
      .innerJoin(changesets, eq(changesets.id, changes.changesetId))
      .where(and(eq(changes.tableName, table), inArray(changes.rowId, ids.slice(i, i + 500))))
      .orderBy(asc(changes.id))
    for (const { change, ...changeset } of found) histories.get(change.rowId)?.push({ ...change, ...changeset })
  }
  return histories
}

/** The cells of a row, out of its history. */
export function cellsOf(history: Entry[]): Cells {
  const cells: Cells = new Map()
  for (const entry of history) {
    for (const { name, before, after } of writingsOf(entry)) {
      const cell = cells.get(name) ?? { base: before, alive: [], effects: new Map() }
      cells.set(name, cell)
      write(cell, entry, after)
    }
  }
  return cells
}

export function presentOf(cell: Cell): Json | undefined {
  return cell.alive.length > 0 ? cell.alive.at(-1)?.value : cell.base
}

/** The cell as it would be without a changeset, or without one change of it; `moved` are the writings that this takes or gives. */
export function without(cell: Cell, changeset: number, change: number | null): { cell: Cell; moved: Write[] } {
  const effect = cell.effects.get(changeset)
  const isMeant = (one: Write) => change === null || one.change === change
  const removed = (effect?.added ?? []).filter((one) => isMeant(one) && cell.alive.includes(one))
  const added = (effect?.removed ?? []).filter((one) => isMeant(one) && !cell.alive.includes(one))
  const alive = [...cell.alive.filter((one) => !removed.includes(one)), ...added].sort((a, b) => a.change - b.change)
  return { cell: { ...cell, alive }, moved: [...removed, ...added] }
}

/** A row's columns out of its cells, as the database holds them. JSON columns are text there. */
export function columnsOf(values: Map<string, Json | undefined>, texts: string[]): JsonObject {
  const row: JsonObject = {}
  const custom = new Map<string, Json>()
  for (const [name, value] of values) {
    if (value === undefined || name === presence) continue
    if (name.startsWith(customPrefix)) custom.set(name.slice(customPrefix.length), value)
    else row[name] = value
  }
  if (texts.length > 0) row.custom = asItWas(Object.fromEntries(custom), texts)
  return row
}

/** Every text that `custom` ever was in a history, the newest first. */
export function customTexts(history: Entry[]): string[] {
  return history
    .flatMap(({ before, after }) => [before?.custom, after?.custom])
    .filter((text) => typeof text === "string")
    .reverse()
}

export function isSameValue(one: Json | undefined, other: Json | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function write(cell: Cell, entry: Entry, value: Json | undefined): void {
  if (entry.undoes !== null) {
    const undone = without(cell, entry.undoes, entry.undoesChange)
    if (isSameValue(presentOf(undone.cell), value)) {
      const isAdded = (one: Write) => undone.cell.alive.includes(one)
      cell.effects.set(entry.changesetId, {
        added: undone.moved.filter(isAdded),
        removed: undone.moved.filter((one) => !isAdded(one)),
      })
      cell.alive = undone.cell.alive
      return
    }
  }
  const made = { change: entry.id, changeset: entry.changesetId, actor: entry.actor, kind: entry.kind, value }
  const effect = cell.effects.get(entry.changesetId) ?? { added: [], removed: [] }
  cell.effects.set(entry.changesetId, { ...effect, added: [...effect.added, made] })
  cell.alive.push(made)
}

/** The cells that a change wrote. A removed row keeps what stood in it, for its return. */
function writingsOf({
  op,
  before,
  after,
}: Entry): { name: string; before: Json | undefined; after: Json | undefined }[] {
  if (op === "delete") return [{ name: presence, before: true, after: false }]
  const [old, now] = [cellValues(before ?? {}), cellValues(after ?? {})]
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  const columns = names
    .filter((name) => op === "insert" || !isSameValue(old[name], now[name]))
    .map((name) => ({ name, before: old[name], after: now[name] }))
  return op === "insert" ? [{ name: presence, before: false, after: true }, ...columns] : columns
}

function cellValues({ custom, ...columns }: JsonObject): { [name: string]: Json | undefined } {
  if (typeof custom !== "string") return columns
  const keys = Object.entries(parseObject(custom)).map(([key, value]) => [customPrefix + key, value])
  return { ...columns, ...Object.fromEntries(keys) }
}

function parseObject(text: string): JsonObject {
  const value: Json = JSON.parse(text)
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {}
}

/** An object in the very text in which the row had it before, if it had it. */
function asItWas(object: JsonObject, texts: string[]): string {
  const sorted = (one: JsonObject) => JSON.stringify(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
  const wanted = sorted(object)
  return texts.find((text) => sorted(parseObject(text)) === wanted) ?? JSON.stringify(object)
}
