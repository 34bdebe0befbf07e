import type Database from "better-sqlite3"
import { type Column, getTableColumns } from "drizzle-orm"
import { journalInserted } from "./journal.ts"
import { type JournalledTable, type Tables, tables } from "./tables.ts"

/** What is done to many rows at once, at a fraction of what it costs one by one. */
export type Bulk = {
  /** Inserts rows of one table within a change, journalled as ever, and returns their ids in the same order. */
  insert<Name extends JournalledTable>(name: Name, rows: NewRow<Name>[]): Promise<number[]>
}

type NewRow<Name extends JournalledTable> = Omit<Tables[Name]["$inferInsert"], "id">
type Inserter = (rows: Record<string, unknown>[]) => number[]

/** How many values one statement inserts; a statement has costs of its own, whatever the number of its rows. */
const valuesAtOnce = 800

export function openBulk(connection: Database.Database): Bulk {
  const inserters = new Map<JournalledTable, Inserter>()
  return {
    insert: async (name, rows) => {
      const inserter = inserters.get(name) ?? openInserter(connection, name)
      inserters.set(name, inserter)
      return inserter(rows)
    },
  }
}

function openInserter(connection: Database.Database, name: JournalledTable): Inserter {
  const { id: _, ...others } = getTableColumns(tables[name])
  const columns = Object.entries<Column>(others)
  const rowsAtOnce = Math.max(1, Math.floor(valuesAtOnce / columns.length))
  const [one, many] = [1, rowsAtOnce].map((count) => connection.prepare(insertText(name, columns, count)))
  const lastId = connection.prepare("SELECT seq FROM sqlite_sequence WHERE name = ?").pluck()
  const setBulk = connection.prepare("UPDATE journal_context SET is_bulk = ?")
  const journal = connection.prepare(journalInserted(name))

  return (rows) => {
    if (rows.length === 0 || !one || !many) return []
    const first = Number(lastId.get(name) ?? 0) + 1
    setBulk.run(1)
    for (let at = 0; at < rows.length; ) {
      const count = rows.length - at < rowsAtOnce ? 1 : rowsAtOnce
      const values: unknown[] = []
      for (const row of rows.slice(at, at + count)) {
        values.push(first + at)
        for (const [key, column] of columns) values.push(driverValue(column, row[key]))
        at += 1
      }
      ;(count === 1 ? one : many).run(values)
    }
    setBulk.run(0)
    journal.run(first, first + rows.length - 1)
    return rows.map((_, i) => first + i)
  }
}

function insertText(name: JournalledTable, columns: [string, Column][], rows: number): string {
  const names = ["id", ...columns.map(([, column]) => column.name)]
  const row = `(${names.map(() => "?").join(", ")})`
  return `INSERT INTO ${name} (${names.join(", ")}) VALUES ${Array(rows).fill(row).join(", ")}`
}

function driverValue(column: Column, value: unknown): unknown {
  const given = value ?? column.default ?? null
  return given === null ? null : column.mapToDriverValue(given)
}
