import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises"
import { DatabaseBusy } from "../queue.ts"
import { bare, codeOf, DatabaseAway, isGone, isInTheWay } from "./trouble.ts"
import type { Server, Wire } from "./wire.ts"

/** Writes that wait for their turn. */
export type Queue = {
  /** Resolves when what `work` wrote is committed. An error thrown by `work` takes back what it wrote, and nothing else. Where the
   * connection is lost before that, `work` is done again. */
  add<T>(work: (wire: Wire) => Promise<T>, options?: Options): Promise<T>
  /** Resolves when nothing waits any more. */
  drained(): Promise<void>
}

/** `alone`: a transaction of its own, which is not done again. `isRelaxed`: its commit need not wait for the server's disk. `isBeside`:
 * it takes no turn among the machines that write, for the rows that it locks are enough. */
type Options = { alone?: boolean; isRelaxed?: boolean; isBeside?: boolean }

type Job = Options & {
  run: (wire: Wire) => Promise<void>
  committed: () => void
  failed: (error: unknown) => void
}

/** One machine at a time writes, as one process at a time does with SQLite: what a change has read still holds when it is committed, and
 * rows come to be seen in the order of their ids. */
export const turnLock = 0x67_69_61_31
/** For how long a write waits for the server to be there again, in milliseconds. */
const patience = 90_000
const groupSize = 64

/** One writer with group commit: whatever waits is written in one transaction, each job in a savepoint of its own, and is acknowledged
 * after the commit. */
export function openQueue(server: Server, channel: string): Queue {
  const waiting: Job[] = []
  let working: Promise<void> | null = null

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
    let taken: Awaited<ReturnType<Server["takeWriter"]>> | null = null
    let transaction: string | null = null
    let isBroken = false
    try {
      taken = await server.takeWriter()
      const { wire } = taken
      const [first] = group
      await wire.run(
        `BEGIN READ WRITE;${first?.isRelaxed ? "SET LOCAL synchronous_commit TO off;" : ""}${
          first?.isBeside ? "" : `SELECT pg_advisory_xact_lock(${turnLock})`
        }`,
      )
      const isShared = group.length > 1
      for (const job of group) {
        if (isShared) await wire.run("SAVEPOINT job")
        try {
          await job.run(wire)
          if (isShared) await wire.run("RELEASE job")
        } catch (error) {
          if (!isShared || isGone(error) || isInTheWay(error)) throw error
          await wire.run("ROLLBACK TO job; RELEASE job")
          fail(job, error)
        }
      }
      const [written] = await wire.ask<{ id: string | null }>(
        `SELECT pg_current_xact_id_if_assigned()::text AS id, pg_notify($1, '')`,
        [channel],
        "objects",
      )
      transaction = written?.id ?? null
      await wire.run("COMMIT")
    } catch (error) {
      isBroken = isGone(error)
      if (!isBroken) await taken?.wire.run("ROLLBACK").catch(() => (isBroken = true))
      const fate = isBroken && transaction !== null ? await fateOf(transaction) : "aborted"
      if (fate === "committed") for (const job of left) job.committed()
      if (fate === "unknown") for (const job of left) job.failed(new DatabaseAway(server.label, patience / 1_000))
      if (fate !== "aborted") return { kind: "done" }
      const again = isBroken || isInTheWay(error)
      for (const job of left) if (!again || (job.alone && taken !== null)) fail(job, error)
      return left.size === 0 ? { kind: "done" } : { kind: "again", left: [...left], error }
    } finally {
      taken?.release(isBroken)
    }
    for (const job of left) job.committed()
    return { kind: "done" }
  }

  /** What became of a transaction whose commit nobody could acknowledge. */
  async function fateOf(transaction: string): Promise<"committed" | "aborted" | "unknown"> {
    const deadline = performance.now() + patience
    while (performance.now() < deadline) {
      try {
        const [found] = await server.reading.ask<{ status: string | null }>(
          "SELECT pg_xact_status($1::text::xid8) AS status",
          [transaction],
          "objects",
        )
        if (found?.status === "committed") return "committed"
        if (found?.status === "aborted") return "aborted"
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
          run: async (wire) => {
            const value = await work(wire)
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

/** An error of a write, as people can read it. */
function writeError(error: unknown): unknown {
  return codeOf(error) === "55P03" ? new DatabaseBusy(patience / 1_000) : bare(error)
}
