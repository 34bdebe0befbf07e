import { setImmediate as nextTurn } from "node:timers/promises"
import type Database from "better-sqlite3"
import { type Column, getTableColumns, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import { journalInserted } from "./journal.ts"
import { type JournalledTable, type Tables, tables } from "./tables.ts"

/** What is done to many rows at once, at a fraction of what it costs one by one. */
export type Bulk = {
  /** Inserts rows of one table within a change, journalled as ever, and returns their ids in the same order. */
  insert<Name extends JournalledTable>(name: Name, rows: NewRow<Name>[]): Promise<number[]>
}

type NewRow<Name extends JournalledTable> = Omit<Tables[Name]["$inferInsert"], "id">
type Inserter = (rows: Record<string, unknown>[]) => number[]

/** How many values one statement takes; a statement has costs of its own, whatever the number of its rows. */
const valuesAtOnce = 800
/** After how many rows timers and sockets get their turn. */
const rowsInOneTurn = 1_000

/** Whether a column has one of any number of values: the list is one parameter, so that the query is compiled once. */
export function isOneOf(column: SQLWrapper, values: Iterable<string | number>): SQL {
  return sql`${column} IN (SELECT value FROM json_each(${JSON.stringify([...values])}))`
}

export function openBulk(connection: Database.Database): Bulk {
  const inserters = new Map<JournalledTable, Inserter>()
  return {
    insert: async (name, rows) => {
      const inserter = inserters.get(name) ?? openInserter(connection, name)
      inserters.set(name, inserter)
      const ids: number[][] = []
      for (let at = 0; at < rows.length; at += rowsInOneTurn) {
        ids.push(inserter(rows.slice(at, at + rowsInOneTurn)))
        await nextTurn()
      }
      return ids.flat()
    },
  }
}

function openInserter(connection: Database.Database, name: JournalledTable): Inserter {
  const { id: _, ...others } = getTableColumns(tables[name])
  const columns = Object.entries<Column>(others)
  const width = columns.length + 1
  const rowsAtOnce = Math.max(1, Math.floor(valuesAtOnce / width))
  const [one, many] = [1, rowsAtOnce].map((count) => connection.prepare(insertText(name, columns, count)))
  const lastId = connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck()
  const setBulk = connection.prepare("UPDATE journal_context SET is_bulk = ?")
  const journal = connection.prepare(journalInserted(name))

  return (rows) => {
    if (rows.length === 0 || !one || !many) return []
    const first = Number(lastId.get(name) ?? 0) + 1
    setBulk.run(1)
    try {
      for (let at = 0; at < rows.length; ) {
        const some = rows.slice(at, at + (rows.length - at < rowsAtOnce ? 1 : rowsAtOnce))
        const values: unknown[] = []
        for (const row of some) {
          values.push(first + at + values.length / width)
          for (const [key, column] of columns) values.push(driverValue(column, row[key]))
        }
        ;(some.length === 1 ? one : many).run(values)
        at += some.length
      }
    } finally {
      // Whoever catches an error goes on in the same transaction, with what was inserted before it.
      if (connection.inTransaction) {
        setBulk.run(0)
        journal.run(first, first + rows.length - 1)
      }
    }
    return rows.map((_, i) => first + i)
  }
}

function insertText(name: JournalledTable, columns: [string, Column][], rows: number): string {
  const names = ["id", ...columns.map(([, column]) => column.name)]
  const row = `(${names.map(() => "?").join(", ")})`
  return `INSERT INTO ${name} (${names.join(", ")}) VALUES ${Array(rows).fill(row).join(", ")}`
}

function driverValue(column: Column, value: unknown): unknown {
  const given = value === undefined ? (column.default ?? null) : value
  return given === null ? null : column.mapToDriverValue(given)
}
