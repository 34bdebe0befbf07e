import Database from "better-sqlite3"

/** A lock that the operating system gives back when its process ends, however it ends. */
export type Lock = { release(): void }

/** Takes the lock that is a file of its own, or returns null while another process has it. */
export function takeLock(path: string): Lock | null {
  const database = new Database(path, { timeout: 0 })
  try {
    database.pragma("locking_mode = EXCLUSIVE")
    database.exec("BEGIN EXCLUSIVE")
    return { release: () => database.close() }
  } catch (error) {
    database.close()
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return null
    throw error
  }
}
