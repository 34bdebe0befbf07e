import { setImmediate as nextTurn } from "node:timers/promises"
import type Database from "better-sqlite3"
import { getTableColumns, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import { journalInserted } from "./journal.ts"
import { listed } from "./json.ts"
import { searchInserted } from "./search.ts"
import { type JournalledTable, type Tables, tables } from "./tables.ts"

/** What is done to many rows at once, at a fraction of what it costs one by one. */
export type Bulk = {
  /** Inserts rows of one table within a change, journalled as ever, and returns their ids in the same order. A row is the list of its
   * values as the database keeps them (JSON as text), in the order of `columns`; what is in no column has its default. */
  insert<Name extends JournalledTable>(
    name: Name,
    columns: readonly ColumnOf<Name>[],
    rows: Value[][],
  ): Promise<number[]>
  /** As `insert`, of rows that nobody need look into. */
  insertPacked<Name extends JournalledTable>(name: Name, packed: PackedRows<ColumnOf<Name>>): Promise<FirstId>
}

export type Value = string | number | null

/** Rows as the bytes of a JSON list. Each is a list again: a number that is its place, its values in the order of `columns`, and last what
 * is `listed`. */
type PackedRows<Column extends string> = {
  rows: Uint8Array
  columns: readonly Column[]
  /** Places whose rows are left out. */
  without: readonly number[]
  /** What all rows have in common. */
  same: { [Name in Column]?: Value }
  /** A column of which the rows hold a place in this list. */
  listed?: { column: Column; values: readonly Value[] }
  /** A column that names the row which was inserted from the same place. */
  refers?: { column: Column; first: FirstId }
}

/** The id of the row at the first place. Those of the others follow, with gaps where a row was left out. */
type FirstId = number

type ColumnOf<Name extends JournalledTable> = Exclude<keyof Tables[Name]["$inferInsert"] & string, "id">

/** After how many rows timers and sockets get their turn. */
const rowsInOneTurn = 1_000

/** Whether a column has one of any number of values: the list is one parameter, so that the query is compiled once. */
export function isOneOf(column: SQLWrapper, values: Iterable<string | number>): SQL {
  const list = [...values]
  return list.length === 0 ? sql`1 = 0` : sql`${column} IN (SELECT value FROM ${listed(list)} AS listed)`
}

/** Packed rows as lists, each with its place, for an engine that takes no bytes. */
export function listsOf({ rows, columns, without, same, listed, refers }: PackedRows<string>) {
  const all: [place: number, ...values: Value[]][] = JSON.parse(new TextDecoder().decode(rows))
  const left = all.filter(([place]) => !without.includes(place))
  return {
    size: all.length,
    columns: [...columns, ...Object.keys(same), ...(listed ? [listed.column] : []), ...(refers ? [refers.column] : [])],
    places: all.flatMap(([place], i) => (without.includes(place) ? [] : [i])),
    rows: left.map(([place, ...values]) => [
      ...[...values.slice(0, columns.length), ...Object.values<Value | undefined>(same)].map((value) => value ?? null),
      ...(listed ? [listed.values[Number(values[columns.length])] ?? null] : []),
      ...(refers ? [refers.first + place] : []),
    ]),
  }
}

export function openBulk(connection: Database.Database): Bulk {
  const inserts = new Map<string, Insert>()
  const openInsert = openInserts(connection)

  function insertOf(name: JournalledTable, select: () => Select): Insert {
    const { columns, from } = select()
    const text = `INSERT INTO ${name} (${columns.join(", ")}) ${from}`
    const insert = inserts.get(text) ?? openInsert(name, text)
    inserts.set(text, insert)
    return insert
  }

  return {
    insert: async (name, columns, rows) => {
      const ids: number[] = []
      for (let at = 0; at < rows.length; at += rowsInOneTurn) {
        const some = rows.slice(at, at + rowsInOneTurn)
        const first = insertOf(name, () => ofLists(name, columns))({ rows: JSON.stringify(some) })
        for (let i = 0; i < some.length; i++) ids.push(first + i)
        await nextTurn()
      }
      return ids
    },
    insertPacked: async (name, packed) => {
      const { rows, without, same, listed, refers } = packed
      const first = insertOf(name, () => ofPacked(name, packed))({
        ...{ rows, without: JSON.stringify(without), listed: JSON.stringify(listed?.values ?? []) },
        ...{ ...same, refers: refers?.first ?? null },
      })
      await nextTurn()
      return first
    },
  }
}

type Insert = (values: Record<string, unknown>) => FirstId

function openInserts(connection: Database.Database): (name: JournalledTable, text: string) => Insert {
  const lastId = connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck()
  const setBulk = connection.prepare("UPDATE journal_context SET is_bulk = ?")

  return (name, text) => {
    const insert = connection.prepare(text)
    const journal = connection.prepare(journalInserted(name))
    const search = name === "leads" ? connection.prepare(searchInserted) : null
    return (values) => {
      const first = Number(lastId.get(name) ?? 0) + 1
      setBulk.run(1)
      try {
        insert.run({ ...values, first })
      } finally {
        // Whoever catches an error goes on in the same transaction, without these rows.
        if (connection.inTransaction) setBulk.run(0)
      }
      const last = Number(lastId.get(name) ?? 0)
      if (last < first) return first
      journal.run(first, last)
      search?.run(first, last)
      return first
    }
  }
}

type Select = { columns: string[]; from: string }

/** The rows are one parameter, a list of lists: binding each value by itself costs twice as much. */
function ofLists(name: JournalledTable, keys: readonly string[]): Select {
  const values = keys.map((_, i) => `value ->> ${i}`)
  return {
    columns: ["id", ...keys.map((key) => columnName(name, key))],
    from: `SELECT @first + key, ${values.join(", ")} FROM jsonb_each(@rows)`,
  }
}

function ofPacked(name: JournalledTable, { columns, same, listed, refers }: PackedRows<string>): Select {
  const place = "packed.value ->> 0"
  const values: [key: string, value: string][] = [
    ...columns.map((key, i): [string, string] => [key, `packed.value ->> ${i + 1}`]),
    ...Object.keys(same).map((key): [string, string] => [key, `@${key}`]),
    ...(listed ? [[listed.column, "list.value"] satisfies [string, string]] : []),
    ...(refers ? [[refers.column, `@refers + (${place})`] satisfies [string, string]] : []),
  ]
  // Materialised, the list has an index for as long as the statement runs.
  return {
    columns: ["id", ...values.map(([key]) => columnName(name, key))],
    from: `
WITH list AS MATERIALIZED (SELECT key, value FROM json_each(@listed))
SELECT @first + packed.key, ${values.map(([, value]) => value).join(", ")}
FROM jsonb_each(CAST(@rows AS TEXT)) AS packed
${listed ? `LEFT JOIN list ON list.key = packed.value ->> ${columns.length + 1}` : ""}
WHERE ${place} NOT IN (SELECT value FROM json_each(@without))`,
  }
}

function columnName(name: JournalledTable, key: string): string {
  const found = Object.entries(getTableColumns(tables[name])).find(([one]) => one === key)
  if (!found) throw new Error(`There is no column ${key} in ${name}.`)
  return found[1].name
}
