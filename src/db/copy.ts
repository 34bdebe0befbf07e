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

export class NoPlaceForCopy extends Error {
  readonly code = "no_place"
  readonly hint = "Name a file in a folder that is there and in which you may write."
  constructor(path: string) {
    super(`${path} cannot be written.`)
  }
}

/** Writes a copy of a home's database as it is at this moment to a new file of SQLite, whichever engine it is on. Throws CopyExists and
 * NoPlaceForCopy. */
export async function copyStore(store: Store, to: string): Promise<void> {
  makeFile(to)
  if (store.place.engine === "sqlite") return copyDatabase(store.place.path, to)
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

/** Made first, for its owner alone, so that nobody else can read the copy while it is filled. */
function makeFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", 0o600))
  } catch {
    throw existsSync(path) ? new CopyExists(path) : new NoPlaceForCopy(path)
  }
}

/** Writes a copy of the database as it is at this moment, while others go on writing. */
function copyDatabase(path: string, to: string): void {
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
