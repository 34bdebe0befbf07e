import { eq } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Task, tables } from "../db/tables.ts"
import type { Limits } from "./budget.ts"
import type { Clock } from "./clock.ts"
import { type Event, type Outcome, runAgent } from "./loop.ts"
import type { Effort, Model } from "./model.ts"
import type { RateGate } from "./rate-gate.ts"
import { type Close, closeAfterError, endOfDone, type RunEnd, releaseAfter, wordsOf } from "./task-close.ts"
import { setTaskRun, type TaskResult } from "./tasks.ts"
import type { Tool } from "./tool.ts"
import { type Conversation, insertRun, readConversation } from "./transcript.ts"

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

export type WorkEvent =
  | { kind: "task-started"; task: Task; runId: number; agent: string }
  | { kind: "run"; task: Task; runId: number; event: Event }
  /** `outcome` is null if no run was needed. */
  | { kind: "task-ended"; task: Task; result: TaskResult; outcome: Outcome | null }
  /** The task is open again, uncounted. */
  | { kind: "task-released"; task: Task; reason: string }
  /** Its lease had run out, so that others may have taken it. */
  | { kind: "task-lost"; task: Task }

/** Does what a task needs done, and says how to close it. `run` is told the run that does it, as soon as there is one. */
export async function runJob(
  deps: WorkDeps,
  task: Task,
  run: { id: number | null; outcome: Outcome | null },
  signal: AbortSignal,
  onEvent: ((event: WorkEvent) => void) | undefined,
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
