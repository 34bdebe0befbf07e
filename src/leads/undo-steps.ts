import type { Json, JsonObject } from "../db/json.ts"
import type { Db } from "../db/store.ts"
import { type Change, type Changeset, type JournalledTable, journalled } from "../db/tables.ts"
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
import type { UndoPlan } from "./undo.ts"

/** An undo under way. `drafts` are those whose words or state it changed, `moved` those that it gave to another lead; `followers` are what
 * was approved or sent, and whose it would be. `named` are the leads and companies that it gave rows to or merged, `taken` the leads that
 * it took apart. */
export type Undo = {
  changeset: Changeset
  change: number | null
  plan: UndoPlan
  drafts: Set<number>
  moved: Set<number>
  followers: { table: "approvals" | "sends"; row: number; lead: Json; by: string }[]
  named: Record<"leads" | "companies", Set<number>>
  taken: Set<number>
}
type RowState = { table: JournalledTable; row: number; history: Entry[]; cells: Cells }
type Removal = { do: "remove"; table: JournalledTable; row: number; by: string }
/** `values` by column, as the database holds them. */
export type Rewriting = {
  do: "update" | "bring back"
  table: JournalledTable
  row: number
  by: string
  values: JsonObject
}
export type Step = Removal | Rewriting
/** A step that other rows stand against. */
export type Blocked = { step: Step; reason: string }

/** The rows whose turn comes with these changes: a row comes once, where it was made or removed, or else where it was last changed. */
export async function rowsOf(db: Db, { changeset, change }: Undo, changes: Change[]): Promise<RowState[]> {
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
export function stepOf({ table, row, history, cells }: RowState, undo: Undo): Step | null {
  const { changeset, change, plan } = undo
  const after = new Map<string, Json | undefined>()
  const columns: { name: string; moved: Write[]; winner: Write | undefined; isChanged: boolean }[] = []
  for (const [name, cell] of cells) {
    const { cell: next, moved } = without(cell, changeset.id, change)
    after.set(name, presentOf(next))
    if (name === presence || moved.length === 0) continue
    const decision = table === "facts" && name === "entity_id" ? acceptedSince(cells, moved, changeset.id) : null
    const isChanged = decision === null && !isSameValue(presentOf(cell), presentOf(next))
    columns.push({ name, moved, winner: decision ?? next.alive.at(-1), isChanged })
  }
  const wasThere = presentOf(cells.get(presence) ?? missing) !== false
  const isThere = after.get(presence) !== false
  const by = history.at(-1)?.actor ?? ""
  const keep = (column: string | null, who: string, reason: string) => {
    plan.kept.push({ table, row, column, by: who, reason })
    return null
  }
  if (table === "approvals" || table === "sends") {
    noteLasting(undo, { table, row, by }, columns, after, wasThere !== isThere)
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

/** The decision by which a suggestion became a fact of the lead that had it by then: it says what stands there, and stays. */
function acceptedSince(cells: Cells, moved: Write[], changeset: number): Write | null {
  const decision = cells.get("state")?.alive.at(-1)
  if (decision?.value !== "current" || decision.changeset === changeset) return null
  return moved.every((one) => one.change < decision.change) ? decision : null
}

type MovedColumn = { name: string; isChanged: boolean }

/** What a person approved and what was sent stays so: it is neither brought back nor taken away. But it goes with its draft where two
 * leads are taken apart. */
function noteLasting(
  { plan, followers }: Undo,
  { table, row, by }: { table: "approvals" | "sends"; row: number; by: string },
  columns: MovedColumn[],
  after: Map<string, Json | undefined>,
  isOtherwiseThere: boolean,
): void {
  const changed = columns.filter(({ isChanged }) => isChanged).map(({ name }) => name)
  const others = changed.filter((name) => name !== "lead_id")
  if (isOtherwiseThere || others.length > 0) {
    const column = isOtherwiseThere ? null : others.join(", ")
    plan.kept.push({ table, row, column, by, reason: "What was approved or sent is not undone." })
  }
  if (!isOtherwiseThere && changed.includes("lead_id"))
    followers.push({ table, row, by, lead: after.get("lead_id") ?? null })
}

export const missing = { base: true, alive: [], effects: new Map() }

/** Somebody else's writing in a row since a changeset made it or brought it back; in a row that it did not make, whoever did. */
export function laterHand(history: Entry[], cells: Cells, changeset: number): Write | null {
  const made = history.findLast((entry) => entry.changesetId === changeset && entry.op === "insert")
  if (!made) return cells.get(presence)?.alive.at(-1) ?? null
  for (const cell of cells.values()) {
    const other = cell.alive.find((one) => one.change > made.id && one.changeset !== changeset)
    if (other) return other
  }
  return null
}
