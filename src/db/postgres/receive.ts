import { tableColumns } from "../tables.ts"
import { copiedSetting } from "./journal.ts"
import type { Wire } from "./wire.ts"

/** Inserts rows of another home as they are, within a transaction: under their ids, and without a trace in the journal. */
export async function receiveRows(wire: Wire, name: string, columns: string[], rows: unknown[][]): Promise<void> {
  const types = typesOf(name)
  const lists = columns.map((column, i) => `$${i + 1}::${types.get(column) ?? "text"}[]`)
  await wire.run(copiedSetting)
  await wire.ask(
    `INSERT INTO "${name}" (${columns.map((column) => `"${column}"`).join(", ")}) SELECT * FROM unnest(${lists.join(", ")})`,
    columns.map((_, i) => rows.map((row) => row[i] ?? null)),
    "lists",
  )
}

function typesOf(name: string): Map<string, string> {
  const columns = tableColumns.get(name) ?? []
  return new Map(columns.map((column) => [column.name, typeOf(column.columnType)]))
}

/** How Postgres holds a column that is described for SQLite. */
export function typeOf(columnType: string): string {
  const types: Record<string, string> = {
    SQLiteInteger: "bigint",
    SQLiteBoolean: "bigint",
    SQLiteReal: "float8",
    SQLiteBlobBuffer: "bytea",
  }
  return types[columnType] ?? "text"
}
