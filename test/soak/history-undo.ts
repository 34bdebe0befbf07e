import { isDeepStrictEqual } from "node:util"
import { sql } from "drizzle-orm"
import type { Json, JsonObject } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import type { Change } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { rowsOf, same, type World } from "./history-world.ts"

export async function undoSome(world: World): Promise<void> {
  const found = await world.store.rows<{ id: number }>(sql`SELECT id FROM changesets ORDER BY id DESC LIMIT 40`)
  if (found.length > 0) await undoAndCheck(world, world.random.pick(found).id, null)
}

export async function undoOneChange(world: World): Promise<void> {
  const found = await world.store.rows<{ id: number; changeset: number }>(
    sql`SELECT id, changeset_id AS changeset FROM changes ORDER BY id DESC LIMIT 60`,
  )
  if (found.length === 0) return
  const { id, changeset } = world.random.pick(found)
  await undoAndCheck(world, changeset, id)
}

/** Undoes, and compares with what the journal says was there: every value of the changeset is put back or reported, and nothing
 * else moves. Returns the changeset of the undo. */
export async function undoAndCheck(world: World, changeset: number, change: number | null): Promise<number | null> {
  const { store, broken } = world
  const only = change === null ? sql`` : sql` AND id = ${change}`
  const own = (
    await store.rows<{ [name: string]: Json }>(
      sql`SELECT * FROM changes WHERE changeset_id = ${changeset}${only} ORDER BY id`,
    )
  ).map(readChange)
  const before = await rowsOf(store)
  const options = change === null ? {} : { change }
  const preview = await undoChangeset(store, { actor: "human:ada" }, changeset, { preview: true, ...options })
  same(world, before, await rowsOf(store), "a preview")
  const result = await undoChangeset(store, { actor: "human:ada" }, changeset, { preview: false, ...options })
  if (result.kind === "refused") {
    if (preview.kind !== "refused") throw broken(`a preview promised what was refused: ${result.reason}`)
    return null
  }
  const { plan } = result
  if (!isDeepStrictEqual(preview, { ...result, plan: { ...plan, undoneBy: null } }))
    throw broken("a preview said something else")
  const after = await rowsOf(store)
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (checkLasting(world, key, before.get(key), after.get(key))) continue
    const changes = own.filter((one) => `${one.tableName} ${one.rowId}` === key)
    const ofRow = plan.kept.filter(({ table, row }) => `${table} ${row}` === key)
    const followed = ofRow.filter(({ reason }) => / is merged into \d+\.$/.test(reason))
    const kept = ofRow.filter((one) => !followed.includes(one))
    // Who told two apart that are one now has told nothing.
    if (followed.length > 0 && !after.has(key) && key.startsWith("distinctions ")) continue
    checkRow(
      world,
      key,
      changes,
      isDeepStrictEqual(before.get(key), after.get(key)) ? [] : await historyOf(store, key),
      kept.map(({ column }) => column),
      before.get(key),
      unfollowed(
        before.get(key),
        after.get(key),
        followed.map(({ column }) => column),
      ),
    )
  }
  return plan.undoneBy
}

/** A row as it would be had it not gone to the lead or company that another is merged into. */
function unfollowed(
  before: JsonObject | undefined,
  after: JsonObject | undefined,
  columns: (string | null)[],
): JsonObject | undefined {
  if (!before || !after) return after
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, columns.includes(name) ? (before[name] ?? null) : value]),
  )
}

/** An undo makes approvals void, and nothing else of them or of what was sent moves but whose it is. Returns whether the row is one of
 * these. */
function checkLasting(
  { broken }: World,
  key: string,
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): boolean {
  if (!/^(approvals|sends) /.test(key)) return false
  const moved = Object.keys({ ...before, ...after }).filter((name) => !isDeepStrictEqual(before?.[name], after?.[name]))
  const may =
    before?.used_at === null && before.voided_at === null ? ["lead_id", "voided_at", "void_reason"] : ["lead_id"]
  if (!before || !after || moved.some((name) => !may.includes(name)))
    throw broken(`an undo moved ${moved.join(", ")} of ${key}`)
  return true
}

function checkRow(
  { broken }: World,
  key: string,
  changes: OwnChange[],
  history: OwnChange[],
  kept: (string | null)[],
  before: JsonObject | undefined,
  after: JsonObject | undefined,
): void {
  if (isDeepStrictEqual(before, after)) return
  if (changes.length === 0) throw broken(`${key} moved, but the changeset never touched it`)
  if (kept.includes(null)) throw broken(`${key} moved, but was reported as kept`)
  const structural = changes.filter(({ op }) => op !== "update")
  if ((before === undefined) !== (after === undefined)) {
    if (structural.length === 0) throw broken(`${key} came or went, but the changeset only updated it`)
    return
  }
  for (const column of Object.keys({ ...before, ...after })) {
    if (isDeepStrictEqual(before?.[column], after?.[column]) || kept.includes(column) || column === "custom") continue
    // What stood before the changeset may itself have been undone since; then it is what stood before that.
    const olds = history.flatMap((one) => [one.before?.[column], one.after?.[column]])
    if (!changes.some((one) => one.before !== null && column in one.before))
      throw broken(`${key} ${column} moved, untouched`)
    if (!olds.some((old) => isDeepStrictEqual(old, after?.[column]))) {
      throw broken(`${key} ${column} became ${JSON.stringify(after?.[column])}, which it never was`)
    }
  }
}

type OwnChange = Pick<Change, "tableName" | "rowId" | "op" | "before" | "after">

async function historyOf(store: Store, key: string): Promise<OwnChange[]> {
  const [table, row] = key.split(" ")
  const rows = await store.rows<{ [name: string]: Json }>(
    sql`SELECT * FROM changes WHERE table_name = ${table} AND row_id = ${Number(row)} ORDER BY id`,
  )
  return rows.map(readChange)
}

function readChange(row: { [name: string]: Json }): OwnChange {
  const [before, after] = [row.before, row.after].map((text) => (typeof text === "string" ? JSON.parse(text) : null))
  const op = row.op === "insert" ? "insert" : row.op === "delete" ? "delete" : "update"
  return { tableName: String(row.table_name), rowId: Number(row.row_id), op, before, after }
}
