import { mkdirSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { and, eq, inArray, isNull } from "drizzle-orm"
import { type Lock, takeLock } from "../db/lock.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { endAsInterrupted, insertRun, type NewRun } from "./transcript.ts"

/** A run without a task, which no lease watches over: a lock says that its process lives, and the operating system gives
 * it back however the process ends. */
export type WatchedRun = { id: number; release(): void }

/** Begins a run and takes its lock, in one transaction, so that nobody sees the run without the lock. Whoever begins a
 * run ends it, with `endRun`, and then releases the lock. */
export async function beginWatchedRun(store: Store, run: NewRun, now: Date): Promise<WatchedRun> {
  return store.write(async (db) => {
    const id = await insertRun(db, run, now)
    const lock = lockOf(store, id)
    return { id, release: () => letGo(store, id, lock) }
  })
}

/** Ends the runs whose process is gone as interrupted, and returns their numbers. Runs of living processes stay: those
 * with a task while it is leased, those without while their lock is held, and whatever these have asked. */
export async function endLostRuns(store: Store, now: Date): Promise<number[]> {
  const { runs, tasks } = tables
  const open = await store.read((db) =>
    db
      .select({ id: runs.id, taskId: runs.taskId, parentId: runs.parentId, taskState: tasks.state })
      .from(runs)
      .leftJoin(tasks, eq(tasks.id, runs.taskId))
      .where(isNull(runs.endedAt)),
  )
  const ids = new Set(open.map((run) => run.id))
  const locks = new Map<number, Lock | null>()
  const lost = new Set<number>()
  // A run that was asked is younger than its asker, so the asker is judged first.
  for (const { id, taskId, parentId, taskState } of open.toSorted((a, b) => a.id - b.id)) {
    if (parentId !== null && ids.has(parentId)) {
      if (lost.has(parentId)) lost.add(id)
    } else if (taskId !== null) {
      if (taskState !== "leased") lost.add(id)
    } else {
      const lock = lockOf(store, id)
      locks.set(id, lock)
      if (lock) lost.add(id)
    }
  }
  await store.write(async (db) => {
    const still = await db
      .select({ id: runs.id })
      .from(runs)
      .where(and(isNull(runs.endedAt), inArray(runs.id, [...lost])))
    await endAsInterrupted(
      db,
      still.map((run) => run.id),
      now,
    )
  })
  for (const [id, lock] of locks) if (lock) letGo(store, id, lock)
  return [...lost]
}

function lockOf(store: Store, runId: number): Lock | null {
  mkdirSync(folderOf(store), { recursive: true, mode: 0o700 })
  return takeLock(lockPath(store, runId))
}

function letGo(store: Store, runId: number, lock: Lock | null): void {
  lock?.release()
  rmSync(lockPath(store, runId), { force: true })
}

function lockPath(store: Store, runId: number): string {
  return join(folderOf(store), `${runId}.lock`)
}

/** Beside the database. */
function folderOf(store: Store): string {
  return join(dirname(store.path), "running")
}
