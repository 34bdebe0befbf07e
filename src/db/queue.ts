import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises"
import Database from "better-sqlite3"
import { writeError } from "./sqlite.ts"

/** Writes that wait for their turn. */
type Queue = {
  /** Resolves when what `work` wrote is on disk. An error thrown by `work` takes back what it wrote, and nothing else. What writes
   * very many rows has a transaction of its own (`alone`); where its end is what counts, a transaction need not wait for the disk
   * (`isRelaxed`): it survives its process all the same, and a loss of power only together with what came before. */
  add<T>(work: () => Promise<T>, options?: { alone?: boolean; isRelaxed?: boolean }): Promise<T>
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
}

export class DatabaseBusy extends Error {
  readonly code = "database_busy"
  readonly hint = "Wait for the other program that writes to this database, then try again."
  constructor(seconds: number) {
    super(`Another program has kept the database locked for ${seconds} s.`)
  }
}

type Job = {
  alone: boolean
  isRelaxed: boolean
  run: () => Promise<void>
  committed: () => void
  failed: (error: unknown) => void
}

/** How long a write waits for other processes, in milliseconds, and how often it tries at least: on a machine that is short of
 * processors a long time may be few tries. */
const patience = 10_000
const fewestTries = 1_000
/** How many waiting writes share one commit. */
const groupSize = 64
/** For how long, in milliseconds, a process that met another at the lock steps back after each commit of its own. */
const politeness = 500
/** The longest pause between two tries, in milliseconds. A commit takes about one. */
const longestPause = 4
/** How many times as long as it had the lock a process at most steps back: where commits are slow, short pauses leave it to chance
 * whether another one is trying just then. */
const stepBack = 3
const longestHeld = 100

/** One writer with group commit: whatever waits is written in one transaction, each job in a savepoint of its own, and is
 * acknowledged after the commit. `beforeCommit` is what every transaction ends with. A savepoint keeps a copy of every page that its
 * job touches, so what writes very many rows goes without. */
export function openQueue(writer: Database.Database, beforeCommit: () => void, random: () => number): Queue {
  const waiting: Job[] = []
  const begin = writer.prepare("BEGIN IMMEDIATE")
  const commit = writer.prepare("COMMIT")
  const save = writer.prepare("SAVEPOINT job")
  const keep = writer.prepare("RELEASE job")
  let working: Promise<void> | null = null
  let isRelaxed = false
  let metOthers = Number.NEGATIVE_INFINITY
  let held = 0

  async function workOff(): Promise<void> {
    while (waiting.length > 0) {
      // Whoever was acknowledged may add to the next group, and timers and sockets get their turn.
      await (performance.now() - metOthers < politeness ? pause(Math.max(longestPause, stepBack * held)) : nextTurn())
      relax(waiting.slice(0, groupSize).every((job) => job.isRelaxed))
      try {
        await beginPatiently()
      } catch (error) {
        for (const job of waiting.splice(0)) job.failed(error)
        continue
      }
      const began = performance.now()
      await commitGroup(nextGroup())
      held = Math.min(performance.now() - began, longestHeld)
    }
    working = null
  }

  function relax(wanted: boolean): void {
    if (wanted === isRelaxed) return
    writer.pragma(`synchronous = ${wanted ? "NORMAL" : "FULL"}`)
    isRelaxed = wanted
  }

  async function beginPatiently(): Promise<void> {
    const deadline = performance.now() + patience
    for (let tries = 1; ; tries++) {
      try {
        begin.run()
        return
      } catch (error) {
        if (!isBusy(error)) throw writeError(error, writer.name)
        metOthers = performance.now()
        if (metOthers > deadline && tries >= fewestTries) throw new DatabaseBusy(patience / 1000)
        await pause(longestPause)
      }
    }
  }

  function pause(longest: number): Promise<void> {
    return sleep(random() * longest)
  }

  function nextGroup(): Job[] {
    // What came meanwhile and waits for the disk is not in a transaction that does not.
    const end = waiting.findIndex((job) => job.alone || (isRelaxed && !job.isRelaxed))
    return waiting.splice(0, end < 0 ? groupSize : Math.max(1, Math.min(end, groupSize)))
  }

  async function commitGroup(group: Job[]): Promise<void> {
    const isShared = group.length > 1
    const done: Job[] = []
    try {
      for (const job of group) {
        if (isShared) save.run()
        try {
          await job.run()
          if (isShared) keep.run()
          done.push(job)
        } catch (error) {
          if (!isShared || !writer.inTransaction) throw error
          writer.exec("ROLLBACK TO job; RELEASE job")
          job.failed(writeError(error, writer.name))
        }
      }
      beforeCommit()
      commit.run()
    } catch (error) {
      if (writer.inTransaction) writer.exec("ROLLBACK")
      for (const job of group) job.failed(writeError(error, writer.name))
      return
    }
    for (const job of done) job.committed()
  }

  return {
    add: (work, options) =>
      new Promise((resolve, reject) => {
        let acknowledge = () => {}
        waiting.push({
          alone: options?.alone ?? false,
          isRelaxed: options?.isRelaxed ?? false,
          run: async () => {
            const value = await work()
            acknowledge = () => resolve(value)
          },
          committed: () => acknowledge(),
          failed: reject,
        })
        working ??= workOff()
      }),
    async drained() {
      while (working) await working
    },
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")
}
