import Database from "better-sqlite3"
import { openWriter, writeError } from "./sqlite.ts"
import type { Erased } from "./upkeep.ts"

/** Writes the whole database anew, without what deleted rows left in it: words in the search index, which keeps them until it is
 * rewritten, and gaps of pages, where `secure_delete` overwrites only what it frees itself. Takes as long as copying the file, and as
 * much room. Throws DatabaseUnusable and DiskFull. */
export function eraseFile(path: string): Erased {
  const connection = openWriter(path)
  try {
    connection.pragma("busy_timeout = 10000")
    connection.exec("INSERT INTO lead_search (lead_search) VALUES ('optimize')")
    connection.exec("VACUUM")
    const [checkpoint] = connection.prepare<[], { busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)").all()
    return { kind: checkpoint?.busy === 0 ? "erased" : "busy" }
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return { kind: "busy" }
    throw writeError(error, path)
  } finally {
    connection.close()
  }
}
