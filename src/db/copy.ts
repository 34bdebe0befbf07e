import { chmodSync, closeSync, existsSync, openSync, rmSync } from "node:fs"
import Database from "better-sqlite3"
import { openStore, type Store } from "./store.ts"
import { transferRows } from "./transfer.ts"

export class CopyExists extends Error {
  readonly code = "file_exists"
  readonly hint = "Name another file, or move this one away."
  constructor(path: string) {
    super(`${path} is there already.`)
  }
}

/** Writes a copy of a home's database as it is at this moment to a new file of SQLite, whichever engine it is on. Throws CopyExists. */
export async function copyStore(store: Store, to: string): Promise<void> {
  if (store.place.engine === "sqlite") return copyDatabase(store.place.path, to)
  if (existsSync(to)) throw new CopyExists(to)
  closeSync(openSync(to, "wx", 0o600))
  const copy = openStore(to)
  try {
    await store.snapshot(async (from) => void (await Array.fromAsync(transferRows(from, copy))))
    await copy.close()
  } catch (error) {
    await copy.close()
    for (const suffix of ["", "-wal", "-shm"]) rmSync(to + suffix, { force: true })
    throw error
  }
}

/** Writes a copy of the database as it is at this moment to a new file, for its owner alone, while others go on writing. Throws
 * CopyExists. */
function copyDatabase(path: string, to: string): void {
  if (existsSync(to)) throw new CopyExists(to)
  // Made first, so that nobody else can read it while it is filled.
  closeSync(openSync(to, "wx", 0o600))
  const connection = new Database(path, { timeout: 10_000 })
  try {
    connection.prepare("VACUUM INTO ?").run(to)
    chmodSync(to, 0o600)
  } catch (error) {
    rmSync(to, { force: true })
    throw error
  } finally {
    connection.close()
  }
}
