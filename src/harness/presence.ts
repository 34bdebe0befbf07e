import { existsSync, mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { and, eq, inArray, isNull } from "drizzle-orm"
import { type Lock, takeLock } from "../db/lock.ts"
import type { Db, Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"
import { endAsInterrupted, insertRun, type NewRun } from "./transcript.ts"

/** A run without a task, which no task's lease watches over. On this machine a lock says that its process lives, and the operating
 * system gives it back however the process ends; to other machines a lease says so, which is renewed while it lives. */
export type WatchedRun = { id: number; release(): void }

type Watch = Pick<Run, "id" | "watchedUntil">

/** How long a run is believed to live without a sign, and how often it gives one, in milliseconds. */
const watchedMs = 60_000
const signEveryMs = 20_000

/** Begins a run and takes its lock, in one transaction, so that nobody sees the run without the lock. Whoever begins a
 * run ends it, with `endRun`, and then releases the lock. */
export async function beginWatchedRun(store: Store, run: NewRun, now: Date): Promise<WatchedRun> {
  return store.write(async (db) => {
    return watched(store, await insertRun(db, { ...run, watchedUntil: after(now) }, now))
  })
}

/** Watches a run again: it has ended, and what it left to a person's answer goes on. */
export async function watchRun(store: Store, id: number, now: Date): Promise<WatchedRun> {
  await store.write((db) => setWatched(db, id, now))
  return watched(store, id)
}

/** Whether the process that watches a run lives, as far as this machine can tell. */
export function isWatched(store: Store, { id, watchedUntil }: Watch, now: Date): boolean {
  if (!existsSync(lockPath(store, id))) return watchedUntil !== null && watchedUntil > now.toISOString()
  const lock = lockOf(store, id)
  if (lock) letGo(store, id, lock)
  return lock === null
}

/** Ends the runs whose process is gone as interrupted, and returns their numbers. Runs of living processes stay: those
 * with a task while it is leased, those without while their lock is held or, on another machine, their lease holds; and
 * whatever these have asked. */
export async function endLostRuns(store: Store, now: Date): Promise<number[]> {
  const { runs, tasks } = tables
  const open = await store.read((db) =>
    db
      .select({
        ...{ id: runs.id, taskId: runs.taskId, parentId: runs.parentId, watchedUntil: runs.watchedUntil },
        taskState: tasks.state,
      })
      .from(runs)
      .leftJoin(tasks, eq(tasks.id, runs.taskId))
      .where(isNull(runs.endedAt)),
  )
  const ids = new Set(open.map((run) => run.id))
  const locks = new Map<number, Lock | null>()
  const lost = new Set<number>()
  // A run that was asked is younger than its asker, so the asker is judged first.
  for (const { id, taskId, parentId, taskState, watchedUntil } of open.toSorted((a, b) => a.id - b.id)) {
    if (parentId !== null && ids.has(parentId)) {
      if (lost.has(parentId)) lost.add(id)
    } else if (taskId !== null) {
      if (taskState !== "leased") lost.add(id)
    } else if (existsSync(lockPath(store, id))) {
      const lock = lockOf(store, id)
      locks.set(id, lock)
      if (lock) lost.add(id)
    } else if (watchedUntil === null || watchedUntil <= now.toISOString()) lost.add(id)
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

function watched(store: Store, id: number): WatchedRun {
  const lock = lockOf(store, id)
  const signs = setInterval(() => void giveSign(store, id), signEveryMs).unref()
  return {
    id,
    release() {
      clearInterval(signs)
      letGo(store, id, lock)
    },
  }
}

/** What the database cannot take now is said again the next time. */
async function giveSign(store: Store, id: number): Promise<void> {
  await store.jot((db) => setWatched(db, id, store.now())).catch(() => {})
}

async function setWatched(db: Db, id: number, now: Date): Promise<void> {
  const { runs } = tables
  await db
    .update(runs)
    .set({ watchedUntil: after(now) })
    .where(eq(runs.id, id))
}

function after(now: Date): string {
  return new Date(now.getTime() + watchedMs).toISOString()
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

/** Of this machine alone. */
function folderOf(store: Store): string {
  return join(store.home, "running")
}
