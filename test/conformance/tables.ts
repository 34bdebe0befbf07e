import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Column, getTableColumns, getTableName, sql } from "drizzle-orm"
import { getTableConfig } from "drizzle-orm/sqlite-core"
import { expect, test } from "vitest"
import { typeOf } from "../../src/db/postgres/receive.ts"
import { tables } from "../../src/db/tables.ts"
import { openStore } from "../engine.ts"

const typeNames: Record<string, string> = { bigint: "bigint", float8: "double precision", bytea: "bytea", text: "text" }

test("the migrations of Postgres make every table, column and index of the description (npm run generate)", async () => {
  const store = openStore(join(mkdtempSync(join(tmpdir(), "giant-tables-")), "giant.db"))
  const columns = await store.rows(
    sql`SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns
      WHERE table_schema = current_schema() AND table_name NOT LIKE 'small_giant%' ORDER BY table_name, column_name`,
  )
  const described = Object.values(tables).flatMap((table) =>
    Object.values<Column>(getTableColumns(table)).map((column) => ({
      table_name: getTableName(table),
      column_name: column.name,
      data_type: typeNames[typeOf(column.columnType)],
      is_nullable: column.notNull ? "NO" : "YES",
    })),
  )
  const inOrder = (list: unknown[]) => list.map((one) => JSON.stringify(one)).toSorted()
  expect(inOrder(columns)).toEqual(inOrder(described))

  const indexes = await store.rows<{ name: string }>(
    sql`SELECT indexname AS name FROM pg_indexes WHERE schemaname = current_schema()`,
  )
  const wanted = Object.values(tables).flatMap((table) =>
    getTableConfig(table).indexes.map(({ config }) => config.name),
  )
  expect(wanted.filter((name) => !indexes.some((index) => index.name === name))).toEqual([])
  await store.close()
})
