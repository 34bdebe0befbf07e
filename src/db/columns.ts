import { blob, index, integer, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"

/** What a table's description may be made of. An engine is a record of these makers; descriptions are typed as SQLite's. */
export type Columns = typeof sqliteColumns

export const sqliteColumns = {
  table: sqliteTable,
  index,
  uniqueIndex,
  /** Ascending, never used twice, so the newest row has the highest. */
  id: () => integer("id").primaryKey({ autoIncrement: true }),
  integer: (name: string) => integer(name),
  real: (name: string) => real(name),
  text: (name: string) => text(name),
  choice: <const T extends readonly [string, ...string[]]>(name: string, values: T) => text(name, { enum: values }),
  flag: (name: string) => integer(name, { mode: "boolean" }),
  /** ISO 8601 in UTC with milliseconds, so that text order is time order. */
  time: (name: string) => text(name),
  bytes: (name: string) => blob(name, { mode: "buffer" }),
  json: <T>(name: string) => text(name, { mode: "json" }).$type<T>(),
}
