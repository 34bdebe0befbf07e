import { sql } from "drizzle-orm"
import { bigint, customType, doublePrecision, index, pgTable, uniqueIndex } from "drizzle-orm/pg-core"
import type { Columns } from "../columns.ts"

/** Texts compare and sort byte by byte, as in SQLite, whatever the server's locale. */
const text = customType<{ data: string }>({ dataType: () => 'text COLLATE "C"' })
const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" })

/** The same makers for Postgres, which holds every value as SQLite does: times and JSON as text, flags as 0 and 1. So one query, and one
 * way to read its rows, serves both. Tables made by them are only migrated, never queried. */
const makers = {
  table: pgTable,
  index,
  uniqueIndex,
  id: () => bigint("id", { mode: "number" }).primaryKey().generatedByDefaultAsIdentity(),
  integer: (name: string) => bigint(name, { mode: "number" }),
  real: (name: string) => doublePrecision(name),
  text: (name: string) => text(name),
  choice: (name: string) => text(name),
  flag: (name: string) => withDefault(bigint(name, { mode: "number" }), Number),
  time: (name: string) => text(name),
  bytes: (name: string) => bytes(name),
  json: (name: string) => withDefault(text(name), JSON.stringify),
}

// A description is written in SQLite's types; what it makes of these columns is given to drizzle-kit alone.
export const postgresColumns = makers as unknown as Columns

type Described = { default(value: unknown): unknown }

/** A column whose default is written as Postgres holds it. */
function withDefault<Column extends Described>(column: Column, held: (value: unknown) => unknown): Column {
  const give = column.default.bind(column)
  return Object.assign(column, {
    default: (value: unknown) => {
      const stored = held(value)
      return give(typeof stored === "string" ? sql.raw(`'${stored.replaceAll("'", "''")}'`) : stored)
    },
  })
}
