import { existsSync, renameSync, rmSync } from "node:fs"
import type { Place } from "../db/place.ts"
import { openStore, type Store } from "../db/store.ts"
import { type Digest, digestsOf, emptyTables, setMoving, tablesInUse, transferRows } from "../db/transfer.ts"

/** What came of a move. Only `moved` is complete; after the others the home is as it was. */
export type Moved =
  | { kind: "moved"; tables: Digest[] }
  /** The target holds rows that no move put there. */
  | { kind: "in-use"; tables: string[] }
  /** The home was written to meanwhile, or the target: these tables differ. */
  | { kind: "changed"; tables: string[] }

type MoveProgress = (done: Digest) => void

/** Copies a whole home to another database, under the same ids and with its journal, and compares every row afterwards. The home is
 * left as it is. A move that was cut off is begun anew by the next one. Throws DatabaseUnusable. */
export async function moveHome(
  from: Store,
  to: Place,
  clock: () => Date,
  tell: MoveProgress = () => {},
): Promise<Moved> {
  return to.engine === "sqlite" ? moveToFile(from, to, clock, tell) : moveToServer(from, to, clock, tell)
}

/** A file has its name only when it is whole. */
async function moveToFile(
  from: Store,
  to: Place & { engine: "sqlite" },
  clock: () => Date,
  tell: MoveProgress,
): Promise<Moved> {
  if (existsSync(to.path)) return { kind: "in-use", tables: [to.path] }
  const draft = `${to.path}.moving`
  remove(draft)
  const store = openStore(draft, clock)
  let moved: Moved
  try {
    moved = await copyAll(from, store, tell)
  } finally {
    await store.close()
  }
  if (moved.kind !== "moved") remove(draft)
  else renameSync(draft, to.path)
  return moved
}

/** A database is marked until it is whole, so that nobody works in half of a home. */
async function moveToServer(
  from: Store,
  to: Place & { engine: "postgres" },
  clock: () => Date,
  tell: MoveProgress,
): Promise<Moved> {
  const store = openStore({ ...to, isMoving: true }, clock)
  try {
    await store.opened()
    const wasCutOff = await setMoving(store, true)
    if (wasCutOff) await emptyTables(store)
    const taken = await tablesInUse(store)
    if (taken.length > 0) {
      await setMoving(store, false)
      return { kind: "in-use", tables: taken }
    }
    const moved = await copyAll(from, store, tell)
    if (moved.kind === "moved") await setMoving(store, false)
    return moved
  } finally {
    await store.close()
  }
}

async function copyAll(from: Store, to: Store, tell: MoveProgress): Promise<Moved> {
  const tables: Digest[] = []
  await from.snapshot(async (rows) => {
    for await (const done of transferRows(rows, to)) {
      tables.push(done)
      tell(done)
    }
  })
  await to.load().end()
  // The home as it is now: what was written to it meanwhile would be lost.
  const [now, then] = [await digestList(from), await digestList(to)]
  const differing = tables.filter(({ sha256 }, i) => now[i]?.sha256 !== sha256 || then[i]?.sha256 !== sha256)
  if (differing.length > 0) return { kind: "changed", tables: differing.map(({ table }) => table) }
  return { kind: "moved", tables }
}

function digestList(store: Store): Promise<Digest[]> {
  return store.snapshot((rows) => Array.fromAsync(digestsOf(rows)))
}

function remove(path: string): void {
  for (const suffix of ["", "-wal", "-shm", "-loading"]) rmSync(path + suffix, { force: true })
}
