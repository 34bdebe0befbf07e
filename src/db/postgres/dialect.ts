import { is, type Query, type QueryWithTypings, type SQL, sql } from "drizzle-orm"
import { SQLiteD1Session } from "drizzle-orm/d1"
import {
  BaseSQLiteDatabase,
  SQLiteAsyncDialect,
  SQLiteColumn,
  type SQLiteInsertConfig,
  type SQLiteSelectConfig,
  SQLiteTable,
} from "drizzle-orm/sqlite-core"
import type { Bulk } from "../bulk.ts"
import { inWordsOf } from "../engine.ts"
import type { Db } from "../store.ts"
import type { Wire } from "./wire.ts"

/** Drizzle's queries as they are made for SQLite, in the words of Postgres: numbered parameters, each engine's own pieces, and ids that
 * the database counts. */
class PostgresDialect extends SQLiteAsyncDialect {
  override escapeParam(number: number): string {
    return `$${number + 1}`
  }

  override sqlToQuery(query: SQL, source?: "indexes"): QueryWithTypings {
    return inWordsOf("postgres", () => super.sqlToQuery(query, source))
  }

  /** SQLite reads a table in the order of its ids where nobody asks for another. */
  override buildSelectQuery(config: SQLiteSelectConfig): SQL {
    const { table, fields, orderBy, groupBy, distinct, limit, setOperators } = config
    const isFree = !orderBy?.length && !groupBy?.length && !distinct && limit === undefined && !setOperators.length
    if (!isFree || !is(table, SQLiteTable) || !("id" in table) || !areColumns(fields))
      return super.buildSelectQuery(config)
    return super.buildSelectQuery({ ...config, orderBy: [sql`${table}.id`] })
  }

  override buildInsertQuery(config: SQLiteInsertConfig): SQL {
    if (config.select || !Array.isArray(config.values)) return super.buildInsertQuery(config)
    const values = config.values.map((row) => (row.id === undefined ? { ...row, id: sql.raw("DEFAULT") } : row))
    return super.buildInsertQuery({ ...config, values })
  }
}

/** Whether columns alone are selected, and nothing that is counted or computed. */
function areColumns(fields: Record<string, unknown>): boolean {
  return Object.values(fields).every(
    (field) => is(field, SQLiteColumn) || (isPlain(field) && areColumns(field as Record<string, unknown>)),
  )
}

function isPlain(field: unknown): boolean {
  return typeof field === "object" && field !== null && Object.getPrototypeOf(field) === Object.prototype
}

const dialect = new PostgresDialect()

/** A query as Postgres takes it. */
export function written(query: SQL): Query {
  return dialect.sqlToQuery(query)
}

/** Drizzle over a connection. Its driver for D1 is SQLite's with a connection that is waited for, which is what is needed here; this is
 * the one place where a connection takes that shape. */
export function asDb(wire: Wire, bulk: Bulk): Db {
  const client = {
    prepare: (text: string) => ({
      bind: (...values: unknown[]) => ({
        all: async () => ({ results: await wire.ask(text, values, "objects") }),
        raw: () => wire.ask(text, values, "lists"),
        run: () => wire.ask(text, values, "objects"),
      }),
    }),
  }
  const session = new SQLiteD1Session(client as never, dialect, undefined)
  const db = new BaseSQLiteDatabase("async", dialect, session as never, undefined)
  return Object.assign(db, { bulk }) as unknown as Db
}
