import { eq } from "drizzle-orm"
import type { PersonsAnswer, Resumed } from "../actions/questions.ts"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"
import type { Event } from "../harness/loop.ts"
import { keepAnswer } from "./answers.ts"
import { converse, type Talker, type Turn } from "./turn.ts"

/** A host through which a person's answers go on. */
export type Answering = Talker & {
  resume(
    id: number,
    answer: PersonsAnswer,
    options: { signal: AbortSignal; onEvent?(event: Event): void },
  ): Promise<Resumed>
}

/** What a person's answer led to. refused: nothing was done. asks: its script went on and came to another question. shown: it
 * ended with something for the person. said: the agent went on with it in its conversation. left: agents at work on the queue
 * go on with the task, or the script had nobody to report to. */
export type Answered =
  | { kind: "refused"; reason: string }
  | { kind: "asks"; question: number }
  | { kind: "shown"; runId: number; answer: Json; path: string | null }
  | { kind: "said"; turn: Turn }
  | { kind: "left"; taskId: number | null; outcome: string }

type AnswerOptions = {
  signal: AbortSignal
  /** Hears of the run that goes on. */
  onBegin?(runId: number): void
  onEvent?(event: Event): void
}

/** Takes a person's yes or no to exactly the calls that they saw, has the waiting script go on, and then the agent with what came of
 * it. Who calls this has made sure that a person answers: at a terminal, or signed in. */
export async function answerQuestion(
  talker: Answering,
  id: number,
  answer: PersonsAnswer,
  options: AnswerOptions,
): Promise<Answered> {
  const { store, clock } = talker
  const { signal, onEvent } = options
  const resumed = await talker.resume(id, answer, { signal, ...(onEvent ? { onEvent } : {}) })
  if (resumed.kind === "refused" || resumed.kind === "asks") return resumed
  const run = await runThatAsked(store, id)
  if (resumed.kind === "finished" && resumed.isShown) {
    const path = await keepAnswer(store, run.id, resumed.value, clock.now())
    return { kind: "shown", runId: run.id, answer: resumed.value, path }
  }
  const last = resumed.goesOn === null ? null : await runOf(store, resumed.goesOn)
  if (last?.agent !== "sales" || last.taskId !== null) {
    return {
      kind: "left",
      taskId: run.taskId,
      outcome: resumed.kind === "failed" ? resumed.reason : "The script went on to its end.",
    }
  }
  const turn = await converse(talker, null, { ...options, person: last.person, after: last.id })
  return { kind: "said", turn }
}

async function runThatAsked(store: Store, id: number): Promise<Run> {
  const { questions, runs } = tables
  const [found] = await store.read((db) =>
    db.select({ run: runs }).from(questions).innerJoin(runs, eq(runs.id, questions.runId)).where(eq(questions.id, id)),
  )
  if (!found) throw new Error(`Question ${id} was answered and has no run.`)
  return found.run
}

async function runOf(store: Store, id: number): Promise<Run | undefined> {
  const [run] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, id)))
  return run
}
