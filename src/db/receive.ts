import type Database from "better-sqlite3"

/** Inserts rows of another home as they are, within a transaction: under their ids, and without a trace in the journal. */
export function receiveRows(connection: Database.Database, name: string, columns: string[], rows: unknown[][]): void {
  const setBulk = connection.prepare("UPDATE journal_context SET is_bulk = ?")
  const insert = connection.prepare(
    `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
  )
  setBulk.run(1)
  for (const row of rows) insert.run(row)
  setBulk.run(0)
}
