import { eq } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { type Bound, type Limits, spentByRun } from "./budget.ts"
import { type Event, type LoopDeps, type Outcome, runAgent } from "./loop.ts"
import type { Effort } from "./model.ts"
import type { Tool } from "./tool.ts"
import { endRun, insertRun } from "./transcript.ts"

/** The run that asks. */
export type Asker = {
  runId: number
  /** On whose behalf it works. */
  person: string
  taskId: number | null
  leadId: number | null
  /** Its own limits first, then those of the runs that asked it. */
  bounds: Bound[]
  signal: AbortSignal
  onEvent?(event: Event): void
}

/** What another agent is asked. `tools` makes those of its own grant; with `bounds` it may ask in its turn. */
export type Question = {
  agent: { name: string; system: string; effort?: Effort; budget: Limits }
  prompt: string
  tools(run: { runId: number; bounds: Bound[]; signal: AbortSignal }): Tool[]
}

type Answer = { kind: "answered"; runId: number; outcome: Outcome } | { kind: "refused"; reason: string }

/** How many runs may ask in a row: a person's agent, the one that it asks, and one more. */
const deepest = 3

/** Hands a question to another agent: a run of its own with a fresh context, whose model is `deps.model`. It may use what
 * its agent may, but no more than half of what its asker has left, so that the asker can still end its work; the limits
 * of all askers hold for it too. It ends when its asker is stopped. A run that has ended, whose script goes on after a
 * person's answer, asks nobody: what it asked would pass for the next turn of its conversation, which a person begins. */
export async function askAgent(deps: LoopDeps, asker: Asker, question: Question): Promise<Answer> {
  const { agent, prompt } = question
  if (asker.bounds.length >= deepest) {
    return { kind: "refused", reason: `This run was itself asked by a run that was asked. Answer with what you have.` }
  }
  const { person, taskId, leadId, signal, bounds: askers } = asker
  const limits = await shareOf(deps, asker, agent.budget)
  const run = { agent: agent.name, model: deps.model.name, prompt, person, taskId, leadId, parentId: asker.runId }
  const runId = await deps.store.write(async (db) =>
    (await isAtWork(db, asker.runId)) ? insertRun(db, run, deps.clock.now()) : null,
  )
  if (runId === null) {
    return {
      kind: "refused",
      reason: "This run ended when it waited for a person. Ask in the run that goes on from it.",
    }
  }
  const bounds = [{ runId, limits }, ...askers]
  const outcome = await runAgent(deps, {
    runId,
    system: agent.system,
    ...(agent.effort ? { effort: agent.effort } : {}),
    limits,
    askers,
    prompt,
    tools: question.tools({ runId, bounds, signal }),
    signal,
    onEvent: (event) => asker.onEvent?.({ kind: "asked", runId, agent: agent.name, event }),
  })
  const summary = outcome.kind === "done" ? outcome.text || "Answered directly." : outcome.reason
  await deps.store.write((db) => endRun(db, runId, { outcome: outcome.kind, summary }, deps.clock.now()))
  return { kind: "answered", runId, outcome }
}

async function isAtWork(db: Db, runId: number): Promise<boolean> {
  const { runs } = tables
  const [run] = await db.select({ endedAt: runs.endedAt }).from(runs).where(eq(runs.id, runId))
  return run?.endedAt === null
}

/** What the asked agent may use, where every asker keeps half of what it has left. */
async function shareOf({ store, clock }: LoopDeps, asker: Asker, own: Limits): Promise<Limits> {
  let { usd, tokens, minutes } = own
  for (const bound of asker.bounds) {
    const spent = await store.read((db) => spentByRun(db, bound.runId))
    const worked = (clock.now().getTime() - Date.parse(spent.startedAt)) / 60_000
    usd = Math.min(usd, Math.max(0, bound.limits.usd - spent.usd) / 2)
    tokens = Math.min(tokens, Math.max(0, bound.limits.tokens - spent.tokens) / 2)
    minutes = Math.min(minutes, Math.max(0, bound.limits.minutes - worked))
  }
  return { usd, tokens, minutes, turns: own.turns }
}
