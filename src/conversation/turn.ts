import { eq } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Agent } from "../harness/agent-files.ts"
import type { Clock } from "../harness/clock.ts"
import { type Event, type Outcome, runAgent } from "../harness/loop.ts"
import type { Model } from "../harness/model.ts"
import { beginWatchedRun } from "../harness/presence.ts"
import type { RateGate } from "../harness/rate-gate.ts"
import type { Tool } from "../harness/tool.ts"
import { endRun, readConversation } from "../harness/transcript.ts"
import { keepAnswer } from "./answers.ts"
import { newsFor } from "./undo.ts"

/** What a conversation needs of the process that it runs in. */
export type Talker = {
  store: Store
  gate: RateGate
  clock: Clock
  random: () => number
  /** USD that all runs together may cost on one day. */
  dayUsd: number
  agent(name: string, person: string): Promise<Agent>
  model(agent: Agent): Model
  tools(run: {
    runId: number
    agent: Agent
    person: string
    taskId: null
    leadId: null
    signal: AbortSignal
    isPlain?: boolean
    onEvent?(event: Event): void
  }): Tool[]
}

/** One prompt and what came of it. Tokens of the prompt that the model's server had in its cache count apart. */
export type Turn = {
  runId: number
  outcome: Outcome
  /** The page of the viewer that shows the rows of the answer; null where there is none. */
  path: string | null
  tokens: number
  cachedTokens: number
  costUsd: number
}

export type TurnOptions = {
  /** Who asks, as the journal names them. */
  person: string
  /** The turn whose conversation goes on; null begins a new one. */
  after: number | null
  /** What the person says while it works: pushed by the caller, emptied by the agent. */
  steering?: string[]
  /** One tool for each action instead of scripts; left out, the agent's file says. */
  isPlain?: boolean
  signal: AbortSignal
  onBegin?(runId: number): void
  onEvent?(event: Event): void
}

/** One prompt to the sales agent, with the conversation so far; null goes on where a killed turn broke off. Stores the
 * run, and ends it in every case. */
export async function converse(talker: Talker, prompt: string | null, options: TurnOptions): Promise<Turn> {
  const { store, gate, clock, random, dayUsd } = talker
  const { person, after, steering, isPlain, signal, onEvent } = options
  const agent = await talker.agent("sales", person)
  const model = talker.model(agent)
  const before = after === null ? null : await readConversation(store, after)
  const news = after === null ? [] : await newsFor(store, after)
  const run = await beginWatchedRun(
    store,
    { agent: agent.name, model: model.name, prompt: prompt ?? "(goes on)", person, parentId: after },
    clock.now(),
  )
  try {
    options.onBegin?.(run.id)
    const outcome = await runAgent(
      { store, model, gate, clock, random, dayUsd },
      {
        runId: run.id,
        system: agent.system,
        ...(agent.effort ? { effort: agent.effort } : {}),
        limits: agent.budget,
        prompt: prompt === null ? null : [...news, prompt].join("\n\n"),
        ...(before ? { before } : {}),
        tools: talker.tools({
          ...{ runId: run.id, agent, person, taskId: null, leadId: null, signal },
          ...(isPlain === undefined ? {} : { isPlain }),
          ...(onEvent ? { onEvent } : {}),
        }),
        ...(steering ? { steering } : {}),
        signal,
        ...(onEvent ? { onEvent } : {}),
      },
    )
    const answer = outcome.kind === "done" ? outcome.answer : null
    const path = answer === null ? null : await keepAnswer(store, run.id, answer, clock.now())
    const end = { outcome: outcome.kind, summary: summaryOf(outcome) }
    await store.write((db) => endRun(db, run.id, end, clock.now()))
    const [row] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, run.id)))
    const { inputTokens = 0, outputTokens = 0, cachedTokens = 0, costUsd = 0 } = row ?? {}
    return { runId: run.id, outcome, path, tokens: inputTokens + outputTokens, cachedTokens, costUsd }
  } finally {
    run.release()
  }
}

function summaryOf(outcome: Outcome): string {
  if (outcome.kind !== "done") return outcome.reason
  return outcome.text || "Answered with a table."
}
