import { DatabaseAway } from "../db/postgres/trouble.ts"
import type { Outcome, RunFailure } from "./loop.ts"
import type { TaskResult } from "./tasks.ts"
import type { endRun } from "./transcript.ts"

export type RunEnd = Parameters<typeof endRun>[2]

/** How a run and its task are closed, in one transaction, so that a task whose run is done is not done again. */
export type Close =
  | { kind: "finish"; run: RunEnd; result: TaskResult }
  /** `stop`: no other task can be done either. */
  | { kind: "release"; run: RunEnd; restSeconds: number; stop: boolean }

/** Seconds for which a task rests whose run could not reach the model. */
const restSeconds = 60

/** After what a job threw: it failed, unless only the database was away, which says nothing about the task. */
export function closeAfterError(error: unknown): Close {
  const summary = error instanceof Error ? error.message : String(error)
  if (error instanceof DatabaseAway) {
    return { kind: "release", run: { outcome: "aborted", summary }, restSeconds: 0, stop: false }
  }
  return { kind: "finish", run: { outcome: "failed", summary }, result: { kind: "failed", outcome: summary } }
}

/** Outcomes that say nothing about the task: it is given back, and counts as not tried. */
export function releaseAfter(outcome: Outcome, run: RunEnd): Close | null {
  if (outcome.kind === "aborted") return { kind: "release", run, restSeconds: 0, stop: false }
  if (outcome.kind === "over-budget" && outcome.scope === "day")
    return { kind: "release", run, restSeconds: 0, stop: true }
  if (outcome.kind !== "failed") return null
  if (hopeless.includes(outcome.failure)) return { kind: "release", run, restSeconds: 0, stop: true }
  return passing.includes(outcome.failure) ? { kind: "release", run, restSeconds, stop: false } : null
}

/** Until a person does something. */
const hopeless: RunFailure[] = ["refused-key", "no-credit", "no-such-model", "not-a-model"]
/** Of themselves, with time. */
const passing: RunFailure[] = ["rate-limited", "overloaded", "network"]

/** A run that settled its task says so itself; otherwise its last words are its summary. */
export function endOfDone(text: string, result: TaskResult): RunEnd {
  return { outcome: result.kind === "waiting" ? "waiting" : "done", summary: text || result.outcome }
}

export function wordsOf(outcome: Outcome): string {
  return outcome.kind === "done" ? outcome.text || "Answered directly." : outcome.reason
}
