import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises"
import { DatabaseBusy } from "../queue.ts"
import { flush, openMarks } from "./marks.ts"
import { bare, codeOf, DatabaseAway, isGone, isInTheWay } from "./trouble.ts"
import type { Server, Wire } from "./wire.ts"

/** Writes that wait for their turn. */
export type Queue = {
  /** Resolves when what `work` wrote is committed. An error thrown by `work` takes back what it wrote, and nothing else. Where the
   * connection is lost before that, `work` is done again. */
  add<T>(work: (wire: Wire, begun: Begun) => Promise<T>, options?: Options): Promise<T>
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
}

/** The row of the statement that the work began with. */
type Begun = { id: number; is_new: number }

/** `alone`: a transaction of its own, which is not done again. `isRelaxed`: its commit need not wait for the server's disk. `isBeside`:
 * it takes no turn among the machines that write, for the rows that it locks are enough. `begin` and `end` are statements round the
 * work, which save it ways to the server and back. */
type Options = {
  alone?: boolean
  isRelaxed?: boolean
  isBeside?: boolean
  begin?: () => string
  end?: (begun: Begun) => string
}

type Job = Options & {
  run: (wire: Wire, begun: Begun) => Promise<void>
  committed: () => void
  failed: (error: unknown) => void
}

/** One machine at a time writes, as one process at a time does with SQLite: what a change has read still holds when it is committed, and
 * rows come to be seen in the order of their ids. */
export const turnLock = 0x67_69_61_31
/** For how long a write waits for the server to be there again, in milliseconds. */
const patience = 90_000
const groupSize = 64
const nothingBegun: Begun = { id: 0, is_new: 0 }

type Progress = { isTaken: boolean; transaction: string | null; isEnding: boolean }

/** One writer with group commit: whatever waits is written in one transaction, each job in a savepoint of its own, and is acknowledged
 * after the commit. */
export function openQueue(server: Server, channel: string): Queue {
  const waiting: Job[] = []
  const marks = openMarks(server, channel)
  let working: Promise<void> | null = null
  let number = 0

  async function workOff(): Promise<void> {
    while (waiting.length > 0) {
      // Whoever was acknowledged may add to the next group, and timers and sockets get their turn.
      await nextTurn()
      await commitGroup(nextGroup())
    }
    working = null
  }

  function nextGroup(): Job[] {
    const [first] = waiting
    const end = waiting.findIndex(
      (job) => job.alone || job.isRelaxed !== first?.isRelaxed || job.isBeside !== first?.isBeside,
    )
    return waiting.splice(0, end < 0 ? groupSize : Math.max(1, Math.min(end, groupSize)))
  }

  /** Tries until it is known what came of the group, or the server is away for too long. */
  async function commitGroup(group: Job[]): Promise<void> {
    const deadline = performance.now() + patience
    let left = group
    for (let pause = 20; left.length > 0; pause = Math.min(pause * 2, 1_000)) {
      const tried = await tryGroup(left)
      if (tried.kind === "done") return
      left = tried.left
      if (performance.now() > deadline) {
        const error = isGone(tried.error) ? new DatabaseAway(server.label, patience / 1_000) : writeError(tried.error)
        for (const job of left) job.failed(error)
        return
      }
      await sleep(pause * (0.5 + Math.random() / 2))
    }
  }

  async function tryGroup(group: Job[]): Promise<{ kind: "done" } | { kind: "again"; left: Job[]; error: unknown }> {
    const left = new Set(group)
    const fail = (job: Job, error: unknown) => {
      left.delete(job)
      job.failed(isGone(error) ? new DatabaseAway(server.label, null) : writeError(error))
    }
    const begun: Progress = { isTaken: false, transaction: null, isEnding: false }
    number += 1
    try {
      await commit(group, begun, fail)
    } catch (error) {
      const isLost = isGone(error)
      const { isTaken, transaction, isEnding } = begun
      const fate = transaction !== null && (isLost || isEnding) ? await fateOf(transaction, number) : "aborted"
      if (fate === "committed") for (const job of left) job.committed()
      if (fate === "unknown") for (const job of left) job.failed(new DatabaseAway(server.label, patience / 1_000))
      if (fate !== "aborted") return { kind: "done" }
      const again = isLost || isInTheWay(error)
      for (const job of left) if (!again || (job.alone && isTaken)) fail(job, error)
      return left.size === 0 ? { kind: "done" } : { kind: "again", left: [...left], error }
    }
    for (const job of left) job.committed()
    return { kind: "done" }
  }

  /** `begun` tells how far it came, also where it fails. */
  async function commit(group: Job[], begun: Progress, fail: (job: Job, error: unknown) => void): Promise<void> {
    const { wire, release } = await server.takeWriter()
    begun.isTaken = true
    const [first] = group
    const only = group.length === 1 ? first : undefined
    let isBroken = false
    try {
      const answers = await wire.run<Begun & { transaction: string }>(
        sequence(beginning(first?.isBeside ?? false), only?.begin?.()),
      )
      const own = (only?.begin && answers.pop()?.[0]) ?? nothingBegun
      begun.transaction = answers.pop()?.[0]?.transaction ?? null
      await only?.run(wire, own)
      if (!only) for (const job of group) await runInSavepoint(wire, job, fail)
      begun.isEnding = true
      const end = sequence(only?.end?.(own), marks.mark(number), "COMMIT")
      await wire.run(first?.isRelaxed ? end : sequence(end, flush))
    } catch (error) {
      isBroken = isGone(error)
      if (!isBroken) await wire.run("ROLLBACK").catch(() => (isBroken = true))
      throw error
    } finally {
      release(isBroken)
    }
  }

  /** Tries until it is known what became of a transaction whose commit nobody acknowledged. */
  async function fateOf(transaction: string, number: number): Promise<"committed" | "aborted" | "unknown"> {
    const deadline = performance.now() + patience
    while (performance.now() < deadline) {
      try {
        const fate = await marks.fateOf(transaction, number)
        if (fate !== "pending") return fate
      } catch (error) {
        if (!isGone(error)) return "unknown"
      }
      await sleep(250)
    }
    return "unknown"
  }

  return {
    add: (work, options) =>
      new Promise((resolve, reject) => {
        let acknowledge = () => {}
        waiting.push({
          ...options,
          run: async (wire, begun) => {
            const value = await work(wire, begun)
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

/** Nobody waits for the disk within the transaction, so that the next machine's turn comes sooner; that is waited for after the commit,
 * together with whoever else waits for it. */
function beginning(isBeside: boolean): string {
  return sequence(
    "BEGIN READ WRITE; SET LOCAL synchronous_commit TO off",
    isBeside ? undefined : `SELECT pg_advisory_xact_lock(${turnLock})`,
    "SELECT pg_current_xact_id()::text AS transaction",
  )
}

async function runInSavepoint(wire: Wire, job: Job, fail: (job: Job, error: unknown) => void): Promise<void> {
  try {
    const answers = await wire.run<Begun>(sequence("SAVEPOINT job", job.begin?.()))
    const own = (job.begin && answers.at(-1)?.[0]) ?? nothingBegun
    await job.run(wire, own)
    await wire.run(sequence(job.end?.(own), "RELEASE job"))
  } catch (error) {
    if (isGone(error) || isInTheWay(error)) throw error
    await wire.run("ROLLBACK TO job; RELEASE job")
    fail(job, error)
  }
}

function sequence(...statements: (string | undefined)[]): string {
  return statements.filter((statement) => statement !== undefined).join("; ")
}

/** An error of a write, as people can read it. */
function writeError(error: unknown): unknown {
  return codeOf(error) === "55P03" ? new DatabaseBusy(patience / 1_000) : bare(error)
}
