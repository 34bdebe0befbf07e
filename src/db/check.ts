import Database from "better-sqlite3"
import type { EngineCheck } from "./upkeep.ts"

/** Looks at every page, index and word of the search index. Takes seconds for a gigabyte. */
export function checkDatabase(path: string): EngineCheck {
  const connection = new Database(path, { timeout: 10_000 })
  try {
    const found = connection.prepare<[], { integrity_check: string }>("PRAGMA integrity_check(20)").all()
    const problems = found.map((row) => row.integrity_check).filter((text) => text !== "ok")
    const version = connection.prepare("SELECT sqlite_version()").pluck().get()
    const mode = connection.pragma("journal_mode", { simple: true })
    return {
      engine: `SQLite ${version}, journal mode ${mode}`,
      problems: [...problems, ...searchProblems(connection)],
      restore: "Restore a backup: put it in the place of giant.db while nothing runs. Keep the damaged file.",
    }
  } finally {
    connection.close()
  }
}

function searchProblems(connection: Database.Database): string[] {
  try {
    connection.exec("INSERT INTO lead_search (lead_search) VALUES ('integrity-check')")
    return []
  } catch (error) {
    return [`The search index is damaged (${error instanceof Error ? error.message : String(error)}).`]
  }
}
