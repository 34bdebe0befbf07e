import { and, eq, inArray, type SQL, sql } from "drizzle-orm"
import { jsonText } from "../db/json.ts"
import { references } from "../db/references.ts"
import type { Db } from "../db/store.ts"
import { type JournalledTable, tables } from "../db/tables.ts"

const { changes } = tables

/** Removes what the journal tells of these leads, and of every row that is gone and ever named one of them, whoever removed it and when:
 * what is not told cannot be brought back. */
export async function eraseHistory(db: Db, ids: number[]): Promise<void> {
  await eraseHistoryOf(db, "leads", ids)
  for (const { table, column, to, when } of references) {
    if (to !== "leads" || table === "leads") continue
    const isMeant = when
      ? sql` AND row_id IN (SELECT row_id FROM changes WHERE ${isGone(table)} AND ${told(when.column, (value) => sql`${value} = ${when.is}`)})`
      : sql``
    const rows = await goneRows(db, table, sql`${naming(column, ids)}${isMeant}`)
    if (table === "facts") await eraseHistoryOf(db, "checks", await goneRows(db, "checks", naming("fact_id", rows)))
    await eraseHistoryOf(db, table, rows)
  }
}

export async function eraseHistoryOf(db: Db, table: string, ids: number[]): Promise<void> {
  for (let i = 0; i < ids.length; i += 500) {
    await db.delete(changes).where(and(eq(changes.tableName, table), inArray(changes.rowId, ids.slice(i, i + 500))))
  }
}

/** That a change is one of a row of this table that only the journal has any more. */
export function isGone(table: JournalledTable): SQL {
  return sql`${changes.tableName} = ${table}
    AND ${changes.rowId} IN (SELECT row_id FROM changes WHERE table_name = ${table} EXCEPT SELECT id FROM ${sql.identifier(table)})`
}

async function goneRows(db: Db, table: JournalledTable, isSo: SQL): Promise<number[]> {
  const rows = await db.all<{ id: number }>(
    sql`SELECT DISTINCT row_id AS id FROM changes WHERE ${isGone(table)} AND ${isSo}`,
  )
  return rows.map(({ id }) => id)
}

function naming(column: string, ids: number[]): SQL {
  return ids.length === 0 ? sql`1 = 0` : told(column, (value) => sql`cast(${value} as bigint) IN ${ids}`)
}

/** That a column, before or after a change, is so. */
function told(column: string, isSo: (value: SQL) => SQL): SQL {
  return sql`(${isSo(jsonText(changes.before, column))} OR ${isSo(jsonText(changes.after, column))})`
}
