import { and, desc, eq, isNull, lte, or } from "drizzle-orm"
import { alias } from "drizzle-orm/sqlite-core"
import { person } from "../config.ts"
import { type Json, type JsonObject, type Lead, type Run, tables } from "../db/tables.ts"
import { systemClock } from "../harness/clock.ts"
import { type Event, type Outcome, runAgent } from "../harness/loop.ts"
import { beginWatchedRun } from "../harness/presence.ts"
import { endRun, readConversation } from "../harness/transcript.ts"
import type { Host } from "./host.ts"

/** One prompt and what came of it. Tokens of the prompt that the model's server had in its cache count apart. */
export type Turn = { runId: number; outcome: Outcome; tokens: number; cachedTokens: number; costUsd: number }

export type TurnOptions = {
  /** The turn whose conversation goes on; null begins a new one. */
  after: number | null
  /** What the person says while it works: pushed by the caller, emptied by the agent. */
  steering?: string[]
  signal: AbortSignal
  onBegin?(runId: number): void
  onEvent?(event: Event): void
}

/** One prompt to the sales agent, with the conversation so far; null goes on where a killed turn broke off. Stores the
 * run, and ends it in every case. */
export async function converse(host: Host, prompt: string | null, options: TurnOptions): Promise<Turn> {
  const { store } = host.home
  const { after, steering, signal, onEvent } = options
  const agent = await host.agent("sales")
  const model = host.model(agent)
  const before = after === null ? null : await readConversation(store, after)
  const run = await beginWatchedRun(
    store,
    { agent: agent.name, model: model.name, prompt: prompt ?? "(goes on)", person: person(), parentId: after },
    systemClock.now(),
  )
  try {
    options.onBegin?.(run.id)
    const outcome = await runAgent(
      { store, model, gate: host.gate, clock: systemClock, random: Math.random, dayUsd: host.dayUsd },
      {
        runId: run.id,
        system: agent.system,
        ...(agent.effort ? { effort: agent.effort } : {}),
        limits: agent.budget,
        prompt,
        ...(before ? { before } : {}),
        tools: host.tools({ runId: run.id, agent, taskId: null, leadId: null, signal }),
        ...(steering ? { steering } : {}),
        signal,
        ...(onEvent ? { onEvent } : {}),
      },
    )
    const end = { outcome: outcome.kind, summary: summaryOf(outcome) }
    await store.write((db) => endRun(db, run.id, end, systemClock.now()))
    const [row] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, run.id)))
    const { inputTokens = 0, outputTokens = 0, cachedTokens = 0, costUsd = 0 } = row ?? {}
    return { runId: run.id, outcome, tokens: inputTokens + outputTokens, cachedTokens, costUsd }
  } finally {
    run.release()
  }
}

/** This person's turns, the newest first: runs of the sales agent that no other run has asked. */
export async function lastTurns(host: Host, limit: number): Promise<Run[]> {
  const { runs } = tables
  const parent = alias(runs, "parent")
  const rows = await host.home.store.read((db) =>
    db
      .select({ run: runs })
      .from(runs)
      .leftJoin(parent, eq(parent.id, runs.parentId))
      .where(
        and(
          eq(runs.agent, "sales"),
          eq(runs.person, person()),
          isNull(runs.taskId),
          or(isNull(runs.parentId), lte(parent.endedAt, runs.startedAt)),
        ),
      )
      .orderBy(desc(runs.id))
      .limit(limit),
  )
  return rows.map(({ run }) => run)
}

/** Whether a turn was killed or stopped in the middle, so that it can go on by itself. */
export function isBrokenOff(turn: Run): boolean {
  return turn.outcome === "interrupted" || turn.outcome === "aborted"
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
