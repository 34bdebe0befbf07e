import { getTableColumns } from "drizzle-orm"
import { type Bulk, listsOf, type Value } from "../bulk.ts"
import { type JournalledTable, tables } from "../tables.ts"
import { typeOf } from "./receive.ts"
import type { Wire } from "./wire.ts"

const rowsAtOnce = 2_000

/** Inserts many rows with one statement, each column as one list. */
export function openBulk(wire: Wire): Bulk {
  async function newIds(name: JournalledTable, count: number): Promise<number[]> {
    const [first] = await wire.ask<[number]>(
      `SELECT min(id) FROM (SELECT nextval(pg_get_serial_sequence('${name}', 'id')) AS id FROM generate_series(1, $1::bigint)) AS new`,
      [count],
      "lists",
    )
    return Array.from({ length: count }, (_, i) => (first?.[0] ?? 0) + i)
  }

  async function insert(name: JournalledTable, keys: readonly string[], ids: number[], rows: Value[][]): Promise<void> {
    const columns = keys.map((key) => columnOf(name, key))
    const names = columns.map((column) => `"${column.name}"`).join(", ")
    const lists = columns.map(({ columnType }, i) => `$${i + 2}::${typeOf(columnType)}[]`).join(", ")
    for (let at = 0; at < rows.length; at += rowsAtOnce) {
      const some = rows.slice(at, at + rowsAtOnce)
      await wire.ask(
        `INSERT INTO "${name}" (id, ${names}) SELECT * FROM unnest($1::bigint[], ${lists})`,
        [ids.slice(at, at + rowsAtOnce), ...columns.map((_, i) => some.map((row) => row[i] ?? null))],
        "lists",
      )
    }
  }

  return {
    async insert(name, keys, rows) {
      const ids = await newIds(name, rows.length)
      await insert(name, keys, ids, rows)
      return ids
    },
    async insertPacked(name, packed) {
      const { size, columns, places, rows } = listsOf(packed)
      const ids = await newIds(name, size)
      await insert(
        name,
        columns,
        places.flatMap((place) => ids[place] ?? []),
        rows,
      )
      return ids[0] ?? 0
    },
  }
}

function columnOf(name: JournalledTable, key: string) {
  const column = Object.entries(getTableColumns(tables[name])).find(([one]) => one === key)?.[1]
  if (!column) throw new Error(`There is no column ${key} in ${name}.`)
  return column
}
