import { createHash } from "node:crypto"
import { and, eq, isNull } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type AskedCall, type Json, type Question, tables } from "../db/tables.ts"
import type { CallOutcome, Outcome } from "../sandbox/outcome.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import { type Api, apiKey } from "../sandbox/script.ts"
import type { Gate } from "./gate.ts"
import { callsThrough, outcomeOf } from "./scripts.ts"

/** What a person said to a question. `seal` is that of the question as they saw it. */
export type PersonsAnswer = { kind: "approved" | "denied"; by: string; seal: string }

/** asks: the script went on and came to another call that a person has to agree to. refused: nothing was done. */
export type Resumed =
  | { kind: "finished"; value: Json; printed: string }
  | { kind: "asks"; question: number }
  | { kind: "failed"; reason: string }
  | { kind: "refused"; reason: string }

export type ResumeDeps = {
  store: Store
  sandbox: Sandbox
  api: Api
  /** The gate of the run that asked. */
  gate: Gate
  clock: () => Date
}

type Asking = { store: Store; runId: number; taskId: number | null; leadId: number | null; clock: () => Date }

/** Puts calls before a person, with the script that waits for them, and ends the run as waiting. Returns the question's id. */
export async function askPerson(
  { store, runId, taskId, leadId, clock }: Asking,
  { calls, api, snapshot }: { calls: AskedCall[]; api: Api; snapshot: Uint8Array | null },
): Promise<number> {
  const createdAt = clock().toISOString()
  const bytes = snapshot && Buffer.from(snapshot)
  const asked = { runId, taskId, leadId, calls, api: apiKey(api), snapshot: bytes }
  return store.write(async (db) => {
    const { questions, runs } = tables
    const [question] = await db
      .insert(questions)
      .values({ ...asked, seal: sealOf(asked), createdAt })
      .returning({ id: questions.id })
    if (!question) throw new Error("The database made no row for a question.")
    const summary = `Waits for a person: ${calls.map(({ action }) => action).join(", ")}.`
    await db.update(runs).set({ outcome: "waiting", summary, endedAt: createdAt }).where(eq(runs.id, runId))
    return question.id
  })
}

/** Goes on where a run stopped to ask, in any process. Approved calls are made now, exactly as they were asked, and once: a crash
 * in between leaves the question answered and its script unfinished. Denied ones are refused inside the script. */
export async function resumeWaiting(deps: ResumeDeps, id: number, answer: PersonsAnswer): Promise<Resumed> {
  const { store, api, clock } = deps
  const { questions } = tables
  const [question] = await store.read((db) => db.select().from(questions).where(eq(questions.id, id)))
  const no = question ? whyNot(question, answer, api) : `There is no question ${id}.`
  if (!question || no) return { kind: "refused", reason: no ?? "" }
  const taken = await store.write((db) =>
    db
      .update(questions)
      .set({ answer: answer.kind, answeredBy: answer.by, answeredAt: clock().toISOString() })
      .where(and(eq(questions.id, id), isNull(questions.answer)))
      .returning({ id: questions.id }),
  )
  if (taken.length === 0) return { kind: "refused", reason: `Question ${id} was answered meanwhile.` }
  const resumed = await goOn(deps, question, await answersTo(deps.gate, question, answer))
  await settle(store, question, resumed, clock())
  return resumed
}

/** What an answer is bound to: the calls, whose they are, and the script that waits for them. */
function sealOf({ runId, calls, api, snapshot }: Pick<Question, "runId" | "calls" | "api" | "snapshot">): string {
  const script = snapshot && createHash("sha256").update(snapshot).digest("hex")
  return createHash("sha256")
    .update(JSON.stringify([runId, calls, api, script]))
    .digest("hex")
}

function whyNot(question: Question, answer: PersonsAnswer, api: Api): string | null {
  if (question.answer !== null)
    return `Question ${question.id} was ${question.answer} already, by ${question.answeredBy}.`
  if (answer.seal !== question.seal || sealOf(question) !== question.seal) {
    return `Question ${question.id} is not what the person saw any more. Nothing was done; look at it again.`
  }
  if (question.api === apiKey(api)) return null
  return `The actions have changed since question ${question.id} was asked. Nothing was done; let the agent begin again.`
}

async function answersTo(gate: Gate, { calls }: Question, answer: PersonsAnswer): Promise<Record<number, CallOutcome>> {
  const answers: Record<number, CallOutcome> = {}
  for (const { id, action, arguments: args } of calls) {
    answers[id] =
      answer.kind === "approved"
        ? outcomeOf(await gate.call(action, args, answer.by))
        : { kind: "error", message: `${answer.by} did not agree to ${action}.` }
  }
  return answers
}

async function goOn(deps: ResumeDeps, question: Question, answers: Record<number, CallOutcome>): Promise<Resumed> {
  const { store, sandbox, api, gate, clock } = deps
  if (question.snapshot === null) return ofSingle(Object.values(answers))
  const script = callsThrough(gate)
  const outcome = await sandbox.resume(question.snapshot, answers, script.call, { api, now: clock().getTime() })
  if (outcome.kind !== "paused") return endOf(outcome)
  const { runId, taskId, leadId } = question
  const next = await askPerson(
    { store, runId, taskId, leadId, clock },
    { calls: script.held(outcome.waiting), api, snapshot: outcome.snapshot },
  )
  return { kind: "asks", question: next }
}

function endOf(outcome: Exclude<Outcome, { kind: "paused" }>): Resumed {
  if (outcome.kind === "returned") return { kind: "finished", value: outcome.value, printed: outcome.printed }
  return { kind: "failed", reason: outcome.message }
}

function ofSingle([outcome]: CallOutcome[]): Resumed {
  if (outcome?.kind === "value") return { kind: "finished", value: outcome.value, printed: "" }
  return { kind: "failed", reason: outcome?.kind === "error" ? outcome.message : "The call still waits." }
}

/** What came of it, on the question, the run and its task. */
async function settle(store: Store, { id, runId, taskId }: Question, resumed: Resumed, now: Date): Promise<void> {
  const { questions, runs, tasks } = tables
  const outcome = wordsOf(resumed)
  await store.write(async (db) => {
    await db.update(questions).set({ outcome }).where(eq(questions.id, id))
    if (resumed.kind !== "finished" && resumed.kind !== "failed") return
    const state = resumed.kind === "finished" ? "done" : "failed"
    await db.update(runs).set({ outcome: state, summary: outcome }).where(eq(runs.id, runId))
    if (taskId === null) return
    await db
      .update(tasks)
      .set({ state, outcome, updatedAt: now.toISOString() })
      .where(and(eq(tasks.id, taskId), eq(tasks.state, "waiting")))
  })
}

function wordsOf(resumed: Resumed): string {
  if (resumed.kind === "finished") return `${resumed.printed}${JSON.stringify(resumed.value)}`.slice(0, 2_000)
  return resumed.kind === "asks" ? `Asked again: question ${resumed.question}.` : resumed.reason.slice(0, 2_000)
}
