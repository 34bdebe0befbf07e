import { DatabaseAway } from "../db/postgres/trouble.ts"
import type { Task } from "../db/tables.ts"
import type { Clock } from "./clock.ts"
import { runJob, type WorkDeps, type WorkEvent } from "./job.ts"
import type { Outcome } from "./loop.ts"
import type { Close } from "./task-close.ts"
import { type Claim, claimTasks, finishTask, releaseTask, renewLease } from "./tasks.ts"
import { endRun } from "./transcript.ts"

export type WorkOptions = {
  parallel: number
  signal: AbortSignal
  /** `idle`: ends when nothing can be done now. `forever`: waits for more. */
  until: "idle" | "forever"
  /** A lease is renewed three times before it runs out. */
  leaseSeconds?: number
  onEvent?(event: WorkEvent): void
}

export type Worked = {
  /** `stopped`: nothing more can be done until a person does something. */
  end: { kind: "idle" } | { kind: "aborted" } | { kind: "stopped"; reason: string }
  /** Counted by attempts: a task that fails and is tried again counts again. */
  done: number
  waiting: number
  failed: number
  released: number
}

/** Seconds between two looks at an empty queue. */
const pollSeconds = 1

/** Works the queue with so many agents at once, each on one task at a time. Ends cleanly when the signal aborts: runs
 * are ended, leases given back. What a job throws fails its task; only the database can make this throw, and one that
 * is away only where this does not wait for more. */
export async function workTasks(deps: WorkDeps, options: WorkOptions): Promise<Worked> {
  const { parallel, signal, until, leaseSeconds = 60, onEvent } = options
  const halt = new AbortController()
  const stop = AbortSignal.any([signal, halt.signal])
  const worked: Worked = { end: { kind: "idle" }, done: 0, waiting: 0, failed: 0, released: 0 }
  const working = new Set<Promise<void>>()
  const broken: unknown[] = []

  async function work(task: Task): Promise<void> {
    try {
      const ended = await workTask(deps, task, stop, leaseSeconds, onEvent)
      if (ended.kind !== "lost") worked[ended.kind] += 1
      if (ended.kind !== "released" || !ended.stop) return
      worked.end = { kind: "stopped", reason: ended.stop }
    } catch (error) {
      if (isWaitedFor(error)) return onEvent?.({ kind: "task-lost", task })
      broken.push(error)
    }
    halt.abort()
  }

  /** A database that is away for long ends no work that waits for more: it goes on when that is back. */
  function isWaitedFor(error: unknown): boolean {
    return until === "forever" && error instanceof DatabaseAway
  }

  function isOut(): boolean {
    return deps.reach?.().aborted ?? false
  }

  async function claimSome(claim: Claim): Promise<Task[]> {
    if (claim.count === 0 || isOut()) return []
    try {
      return await claimTasks(deps.store, claim, deps.clock.now)
    } catch (error) {
      if (isWaitedFor(error)) return []
      throw error
    }
  }

  for (let claims = 1; !stop.aborted; claims += 1) {
    const count = parallel - working.size
    const claim = { leasedBy: `${deps.worker}/${claims}`, count, leaseSeconds }
    const claimed = await claimSome(claim)
    for (const task of claimed) {
      const one = work(task).finally(() => working.delete(one))
      working.add(one)
    }
    if (claimed.length === 0 && working.size === 0 && until === "idle" && !isOut()) break
    await somethingNew(deps.clock, [...working], claimed.length < count, stop)
  }
  await Promise.all(working)
  if (broken.length > 0) throw broken[0]
  return signal.aborted ? { ...worked, end: { kind: "aborted" } } : worked
}

/** Waits until an agent is free or, where more could be taken, until it is time to look again. */
async function somethingNew(
  clock: Clock,
  working: Promise<void>[],
  hasRoom: boolean,
  stop: AbortSignal,
): Promise<void> {
  if (!hasRoom) return Promise.race(working)
  const done = new AbortController()
  await Promise.race([...working, clock.sleep(pollSeconds * 1000, AbortSignal.any([stop, done.signal]))])
  done.abort()
}

type Ended =
  | { kind: "done" | "waiting" | "failed" | "lost" }
  /** `stop`: why no other task can be done either. */
  | { kind: "released"; stop: string | null }

async function workTask(
  deps: WorkDeps,
  task: Task,
  stop: AbortSignal,
  leaseSeconds: number,
  onEvent: WorkOptions["onEvent"],
): Promise<Ended> {
  const lost = new AbortController()
  const over = new AbortController()
  // A lease that cannot be renewed is as good as lost.
  const kept = keepLease(deps, task, leaseSeconds, over.signal).then(
    (isKept) => isKept || lost.abort(),
    () => lost.abort(),
  )
  const run: { id: number | null; outcome: Outcome | null } = { id: null, outcome: null }
  try {
    const signals = deps.reach ? [stop, lost.signal, deps.reach()] : [stop, lost.signal]
    const close = await runJob(deps, task, run, AbortSignal.any(signals), onEvent)
    const isOurs = await closeTask(deps, task, run.id, close)
    return report(task, run.outcome, close, isOurs, onEvent)
  } finally {
    over.abort()
    await kept
  }
}

function report(
  task: Task,
  outcome: Outcome | null,
  close: Close,
  isOurs: boolean,
  onEvent: WorkOptions["onEvent"],
): Ended {
  if (!isOurs) {
    onEvent?.({ kind: "task-lost", task })
    return { kind: "lost" }
  }
  if (close.kind === "finish") {
    onEvent?.({ kind: "task-ended", task, result: close.result, outcome })
    return { kind: close.result.kind }
  }
  onEvent?.({ kind: "task-released", task, reason: close.run.summary })
  return { kind: "released", stop: close.stop ? close.run.summary : null }
}

async function closeTask(deps: WorkDeps, task: Task, runId: number | null, close: Close): Promise<boolean> {
  return deps.store.write(async (db) => {
    const now = deps.clock.now()
    if (runId !== null) await endRun(db, runId, close.run, now)
    return close.kind === "finish"
      ? finishTask(db, task, close.result, now)
      : releaseTask(db, task, new Date(now.getTime() + close.restSeconds * 1000), now)
  })
}

/** False as soon as the lease is lost; true when the work is over. */
async function keepLease(deps: WorkDeps, task: Task, leaseSeconds: number, over: AbortSignal): Promise<boolean> {
  for (;;) {
    await deps.clock.sleep((leaseSeconds * 1000) / 3, over)
    if (over.aborted) return true
    if (!(await renewLease(deps.store, task, leaseSeconds, deps.clock.now))) return false
  }
}
