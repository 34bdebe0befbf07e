import { eq } from "drizzle-orm"
import { DatabaseAway } from "../db/postgres/trouble.ts"
import type { Store } from "../db/store.ts"
import { type Task, tables } from "../db/tables.ts"
import type { Limits } from "./budget.ts"
import type { Clock } from "./clock.ts"
import { type Event, type Outcome, runAgent } from "./loop.ts"
import type { Effort, Model } from "./model.ts"
import type { RateGate } from "./rate-gate.ts"
import { type Close, closeAfterError, endOfDone, type RunEnd, releaseAfter, wordsOf } from "./task-close.ts"
import { type Claim, claimTasks, finishTask, releaseTask, renewLease, setTaskRun, type TaskResult } from "./tasks.ts"
import type { Tool } from "./tool.ts"
import { type Conversation, endRun, insertRun, readConversation } from "./transcript.ts"

export type WorkDeps = {
  store: Store
  gate: RateGate
  clock: Clock
  random: () => number
  /** USD that all runs together may cost on one day. */
  dayUsd: number
  /** Names this process among all that work on the queue. */
  worker: string
  /** On whose behalf the agents work. */
  person: string
  /** Aborts when the database was not heard of for so long that others may soon take over what is leased here. */
  reach?(): AbortSignal
  /** What a task needs done, or what came of it already. `stopped`: the signal ended it, so that it is given back. */
  prepare(task: Task, signal: AbortSignal): Promise<Job | TaskResult | { kind: "stopped" }>
}

/** One task's work. */
export type Job = {
  kind: "job"
  agent: { name: string; system: string; effort?: Effort; budget: Limits }
  model: Model
  prompt: string
  /** Whether it goes on where a killed or stopped run of the task broke off. Otherwise it begins anew. */
  goesOn?: boolean
  /** Made for the run that begins. */
  tools(run: { runId: number; signal: AbortSignal }): Tool[]
  /** What the outcome means for the task. */
  judge(outcome: Outcome): Promise<TaskResult>
}

export type WorkOptions = {
  parallel: number
  signal: AbortSignal
  /** `idle`: ends when nothing can be done now. `forever`: waits for more. */
  until: "idle" | "forever"
  /** A lease is renewed three times before it runs out. */
  leaseSeconds?: number
  onEvent?(event: WorkEvent): void
}

export type WorkEvent =
  | { kind: "task-started"; task: Task; runId: number; agent: string }
  | { kind: "run"; task: Task; runId: number; event: Event }
  /** `outcome` is null if no run was needed. */
  | { kind: "task-ended"; task: Task; result: TaskResult; outcome: Outcome | null }
  /** The task is open again, uncounted. */
  | { kind: "task-released"; task: Task; reason: string }
  /** Its lease had run out, so that others may have taken it. */
  | { kind: "task-lost"; task: Task }

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

async function runJob(
  deps: WorkDeps,
  task: Task,
  run: { id: number | null; outcome: Outcome | null },
  signal: AbortSignal,
  onEvent: WorkOptions["onEvent"],
): Promise<Close> {
  try {
    const job = await deps.prepare(task, signal)
    if (job.kind === "stopped") {
      return { kind: "release", run: { outcome: "aborted", summary: "It was stopped." }, restSeconds: 0, stop: false }
    }
    if (job.kind !== "job") return { kind: "finish", run: { outcome: "done", summary: job.outcome }, result: job }
    const before = job.goesOn ? await conversationBefore(deps.store, task) : null
    const runId = await beginRun(deps, task, job, before !== null)
    run.id = runId
    onEvent?.({ kind: "task-started", task, runId, agent: job.agent.name })
    const { system, effort, budget } = job.agent
    const outcome = await runAgent(
      { ...deps, model: job.model },
      {
        runId,
        system,
        effort,
        limits: budget,
        prompt: before ? null : job.prompt,
        ...(before ? { before } : {}),
        tools: job.tools({ runId, signal }),
        signal,
        onEvent: (event) => onEvent?.({ kind: "run", task, runId, event }),
      },
    )
    run.outcome = outcome
    const end: RunEnd = { outcome: outcome.kind, summary: wordsOf(outcome) }
    const release = releaseAfter(outcome, end)
    if (release) return release
    const result = await job.judge(outcome)
    return { kind: "finish", run: outcome.kind === "done" ? endOfDone(outcome.text, result) : end, result }
  } catch (error) {
    return closeAfterError(error)
  }
}

/** What an earlier run of the task has done already, if it was killed or stopped in the middle. */
async function conversationBefore(store: Store, task: Task): Promise<Conversation | null> {
  if (task.runId === null) return null
  const { id, outcome } = tables.runs
  const [run] = await store.read((db) =>
    db
      .select({ outcome })
      .from(tables.runs)
      .where(eq(id, task.runId ?? 0)),
  )
  if (run?.outcome !== "interrupted" && run?.outcome !== "aborted") return null
  const before = await readConversation(store, task.runId)
  return before.messages.length > 0 ? before : null
}

async function beginRun(deps: WorkDeps, task: Task, job: Job, goesOn: boolean): Promise<number> {
  const { agent, model, prompt } = job
  const run = {
    agent: agent.name,
    model: model.name,
    prompt,
    person: deps.person,
    taskId: task.id,
    leadId: task.leadId,
    parentId: goesOn ? task.runId : null,
  }
  return deps.store.write(async (db) => {
    const runId = await insertRun(db, run, deps.clock.now())
    if (!(await setTaskRun(db, task, runId))) throw new LeaseLost(task.id)
    return runId
  })
}

class LeaseLost extends Error {
  constructor(taskId: number) {
    super(`The lease of task ${taskId} ran out before its run began.`)
  }
}

/** False as soon as the lease is lost; true when the work is over. */
async function keepLease(deps: WorkDeps, task: Task, leaseSeconds: number, over: AbortSignal): Promise<boolean> {
  for (;;) {
    await deps.clock.sleep((leaseSeconds * 1000) / 3, over)
    if (over.aborted) return true
    if (!(await renewLease(deps.store, task, leaseSeconds, deps.clock.now))) return false
  }
}
