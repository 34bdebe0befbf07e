import Database from "better-sqlite3"

/** What the database engine itself says of a file. `problems` is empty where it is whole. */
export type EngineCheck = { sqlite: string; problems: string[]; journalMode: string }

/** Looks at every page, index and word of the search index. Takes seconds for a gigabyte. */
export function checkDatabase(path: string): EngineCheck {
  const connection = new Database(path, { timeout: 10_000 })
  try {
    const found = connection.prepare<[], { integrity_check: string }>("PRAGMA integrity_check(20)").all()
    const problems = found.map((row) => row.integrity_check).filter((text) => text !== "ok")
    return {
      sqlite: String(connection.prepare("SELECT sqlite_version()").pluck().get()),
      problems: [...problems, ...searchProblems(connection)],
      journalMode: String(connection.pragma("journal_mode", { simple: true })),
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
