import { fillPlaceholders, type Query, type SQL } from "drizzle-orm"
import { SQLiteSyncDialect } from "drizzle-orm/sqlite-core"
import type { Statements } from "./statements.ts"

/** The values of a query's `sql.placeholder(name)`. */
export type Values = Record<string, unknown>

/** Asks raw SQL. A query that its asker keeps is put together only once: what differs from one time to the next stands in
 * placeholders. */
export type Rows = {
  /** Each row as an object. */
  rows<Row>(query: SQL, values?: Values): Promise<Row[]>
  /** Each row as a list of its values, for very many rows. */
  lists<Row extends unknown[]>(query: SQL, values?: Values): Promise<Row[]>
}

export function openRows(statements: Statements): Rows {
  const dialect = new SQLiteSyncDialect()
  const known = new WeakMap<SQL, Query>()

  function ask(query: SQL, values: Values, isList: boolean): unknown[] {
    const { sql, params } = known.get(query) ?? keep(query)
    return statements
      .prepare(sql)
      .raw(isList)
      .all(...fillPlaceholders(params, values))
  }

  function keep(query: SQL): Query {
    const built = dialect.sqlToQuery(query)
    known.set(query, built)
    return built
  }

  return {
    // What the columns are, only the query's author knows.
    rows: async <Row>(query: SQL, values: Values = {}) => ask(query, values, false) as Row[],
    lists: async <Row>(query: SQL, values: Values = {}) => ask(query, values, true) as Row[],
  }
}
