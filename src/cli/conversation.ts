import { and, desc, eq } from "drizzle-orm"
import { person } from "../config.ts"
import type { Store } from "../db/store.ts"
import { type Json, type JsonObject, type Lead, tables } from "../db/tables.ts"
import { systemClock } from "../harness/clock.ts"
import { type Event, type Outcome, runAgent } from "../harness/loop.ts"
import { type ModelMessage, withMessage } from "../harness/message.ts"
import { endRun, readTranscript, startRun } from "../harness/transcript.ts"
import type { Host } from "./host.ts"

export type Turn = { runId: number; outcome: Outcome; tokens: number; costUsd: number }

/** One prompt to the sales agent, with the conversation so far. Stores the run, and ends it in every case. */
export async function converse(
  host: Host,
  prompt: string,
  options: { after: number | null; signal: AbortSignal; onEvent?: (event: Event) => void },
): Promise<Turn> {
  const { store } = host.home
  const agent = await host.agent("sales")
  const model = host.model(agent)
  const history = await conversationBefore(store, options.after)
  const runId = await startRun(
    store,
    { agent: agent.name, model: model.name, prompt, person: person(), ...(options.after === null ? {} : { parentId: options.after }) },
    systemClock.now(),
  )
  const outcome = await runAgent(
    { store, model, gate: host.gate, clock: systemClock, random: Math.random, dayUsd: host.dayUsd },
    {
      runId,
      system: agent.system,
      ...(agent.effort ? { effort: agent.effort } : {}),
      limits: agent.budget,
      prompt,
      tools: host.tools({ runId, agent, taskId: null, leadId: null, signal: options.signal }),
      history,
      signal: options.signal,
      ...(options.onEvent ? { onEvent: options.onEvent } : {}),
    },
  )
  await store.write((db) => endRun(db, runId, { outcome: outcome.kind, summary: summaryOf(outcome) }, systemClock.now()))
  const [run] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, runId)))
  return { runId, outcome, tokens: (run?.inputTokens ?? 0) + (run?.outputTokens ?? 0), costUsd: run?.costUsd ?? 0 }
}

/** All turns of a conversation up to a run: each turn is a run of its own whose parent is the turn before. */
async function conversationBefore(store: Store, last: number | null): Promise<ModelMessage[]> {
  if (last === null) return []
  const [run] = await store.read((db) => db.select({ parent: tables.runs.parentId }).from(tables.runs).where(eq(tables.runs.id, last)))
  const earlier = await conversationBefore(store, run?.parent ?? null)
  return (await readTranscript(store, last)).reduce(withMessage, earlier)
}

/** The last conversation of this person, to go on with. */
export async function lastConversation(host: Host): Promise<number | null> {
  const { runs } = tables
  const [last] = await host.home.store.read((db) =>
    db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.agent, "sales"), eq(runs.person, person())))
      .orderBy(desc(runs.id))
      .limit(1),
  )
  return last?.id ?? null
}

/** Rows that an answer consists of, or null where it is something else. */
export function rowsOf(answer: Json): JsonObject[] | null {
  const list = Array.isArray(answer) ? answer : isObject(answer) && Array.isArray(answer.rows) ? answer.rows : null
  return list?.every(isObject) ? list : null
}

/** Whether rows are leads, which have a table of their own. */
export function areLeads(rows: JsonObject[]): rows is (JsonObject & Lead)[] {
  return rows.every((row) => "linkedinUrl" in row && "enrichedAt" in row && "status" in row)
}

function summaryOf(outcome: Outcome): string {
  if (outcome.kind !== "done") return outcome.reason
  return outcome.text || "Answered with a table."
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
