import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Json, JsonObject } from "../../src/db/json.ts"
import { references } from "../../src/db/references.ts"
import { openStore as openFile, type Store } from "../../src/db/store.ts"
import { openStore } from "../engine.ts"
import { everything } from "../leads/fixture.ts"
import { liveHistory } from "../soak/history.ts"

test("the same history gives the same leads, facts and journal as on SQLite", async () => {
  const options = { steps: 40, seed: 7 }
  const [here, there] = [
    await liveHistory({ ...options, open: openFile, atEnd: told }),
    await liveHistory({ ...options, open: openStore, atEnd: told }),
  ]
  expect(here.done).toEqual(there.done)
  expect(there.end).toEqual(here.end)
})

type Change = {
  changeset: number
  table_name: string
  row_id: number
  before: JsonObject | null
  after: JsonObject | null
}
type Told = { rows: Record<string, JsonObject[]>; changes: (Change & JsonObject)[] }

/** Every row of leads, facts and all that is journalled, and the journal. */
async function told(store: Store): Promise<Told> {
  const changes = await store.rows<Change & JsonObject & { before: string | null; after: string | null }>(
    sql`SELECT changesets.id AS changeset, actor, kind, table_name, row_id, op, before, after
      FROM changes JOIN changesets ON changesets.id = changeset_id ORDER BY changes.id`,
  )
  return renumbered({
    rows: await everything(store),
    changes: changes.map((change) => ({ ...change, before: parsed(change.before), after: parsed(change.after) })),
  })
}

function parsed(text: string | null): JsonObject | null {
  return text === null ? null : JSON.parse(text)
}

/** What was tried and taken back leaves a gap in the numbers of Postgres, and none in those of SQLite: so rows are counted as they came. */
function renumbered({ rows, changes }: Told): Told {
  const changesets = [...new Set(changes.map(({ changeset }) => changeset))]
  const ids = Map.groupBy(changes, ({ table_name }) => table_name)
  const order = new Map(
    [...ids].map(([table, own]) => [table, [...new Set(own.map(({ row_id }) => row_id))].sort((a, b) => a - b)]),
  )
  const numberIn = (table: string, id: Json | undefined) =>
    typeof id === "number" ? (order.get(table) ?? []).indexOf(id) : (id ?? null)
  const born = new Map(
    changes.filter(({ op }) => op === "insert").map((one) => [`${one.table_name} ${one.row_id}`, one.after]),
  )

  function numbered(table: string, row: number, values: JsonObject | null): JsonObject | null {
    if (values === null) return null
    const meant = references.filter(
      ({ table: of, when }) =>
        of === table && (!when || (values[when.column] ?? born.get(`${table} ${row}`)?.[when.column]) === when.is),
    )
    const changed = meant.flatMap(({ column, to }) =>
      column in values ? [[column, numberIn(to, values[column])]] : [],
    )
    const own = "id" in values ? { id: numberIn(table, values.id) } : {}
    return { ...values, ...own, ...Object.fromEntries(changed) }
  }

  return {
    rows: Object.fromEntries(
      Object.entries(rows).map(([table, own]) => [table, own.map((row) => numbered(table, Number(row.id), row) ?? {})]),
    ),
    // Which row of one statement comes first is the engine's own affair; the changes of a row keep their order.
    changes: changes.toSorted(byRow).map((change) => ({
      ...change,
      changeset: changesets.indexOf(change.changeset),
      row_id: Number(numberIn(change.table_name, change.row_id)),
      before: numbered(change.table_name, change.row_id, change.before),
      after: numbered(change.table_name, change.row_id, change.after),
    })),
  }
}

function byRow(one: Change, other: Change): number {
  return one.changeset - other.changeset || one.table_name.localeCompare(other.table_name) || one.row_id - other.row_id
}
