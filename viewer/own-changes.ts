import { type SQL, sql } from "drizzle-orm"
import { jsonText } from "../src/db/json.ts"
import { tables } from "../src/db/tables.ts"
import { team } from "../src/memory/memory.ts"

const { changes, bookmarks, views } = tables
const isOf = (table: "bookmarks" | "views", id: SQL) =>
  sql`(${changes.tableName} = ${table} AND ${changes.rowId} IN (${id}))`

/** That a change is one for who looks: what people keep for themselves is theirs alone, admins' too, until they share it. Whose a row is
 * stands in the change that made it or took it away. */
export const isChangeSeen: SQL = sql`(${changes.tableName} NOT IN ('memories', 'bookmarks', 'views')
  OR EXISTS (SELECT 1 FROM ${changes} AS made
    WHERE made.table_name = ${changes.tableName} AND made.row_id = ${changes.rowId} AND made.op <> 'update'
      AND ${jsonText(sql`coalesce(made.after, made.before)`, "owner")} IN (${team}, ${sql.placeholder("seenBy")}))
  OR ${isOf("bookmarks", sql`SELECT ${bookmarks.id} FROM ${bookmarks} WHERE ${bookmarks.isShared} = 1`)}
  OR ${isOf("views", sql`SELECT ${views.id} FROM ${views} WHERE ${views.sharedVersion} IS NOT NULL AND ${views.removedAt} IS NULL`)})`
