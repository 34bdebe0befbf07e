import { asc, eq } from "drizzle-orm"
import { onTestFinished } from "vitest"
import type { Json } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { type Run, tables } from "../../src/db/tables.ts"
import type { Limits } from "../../src/harness/budget.ts"
import { type AgentRun, type Event, type Outcome, runAgent } from "../../src/harness/loop.ts"
import { type Model, type ModelOptions, openModel } from "../../src/harness/model.ts"
import { openRateGate, type RateGate } from "../../src/harness/rate-gate.ts"
import type { Tool } from "../../src/harness/tool.ts"
import { startRun } from "../../src/harness/transcript.ts"
import { openStore } from "../engine.ts"
import { quickFolder } from "../quick-store.ts"
import { type FakeClock, fakeClock } from "./fake-clock.ts"
import { type Answer, type MessagesServer, type ModelRequestBody, startMessagesServer } from "./messages-server.ts"

export const key = "sk-test-secret-key-0123456789"
export const plenty: Limits = { usd: 100, tokens: 10_000_000, turns: 50, minutes: 60 }

export type Bench = {
  store: Store
  server: MessagesServer
  clock: FakeClock
  gate: RateGate
  model: Model
  /** Runs an agent and returns its outcome. */
  run(options?: Partial<AgentRun> & { dayUsd?: number; maxTokens?: number }): Promise<Outcome>
  newRun(): Promise<number>
  events: Event[]
  /** The last run's row. */
  row(): Promise<Run>
  /** The last run's transcript. */
  transcript(): Promise<{ role: string; content: Json; stopReason: string | null }[]>
}

/** A store, a scripted server and a model that speaks to it, closed when the test ends. A list of answers is given in
 * order. */
export async function openBench(
  script: Answer[] | ((body: ModelRequestBody, number: number) => Answer | Promise<Answer>),
  options: Partial<ModelOptions> = {},
): Promise<Bench> {
  const answer =
    typeof script === "function" ? script : (_: ModelRequestBody, n: number) => script[n - 1] ?? { text: "No more." }
  const server = await startMessagesServer(answer)
  const store = newStore()
  const clock = fakeClock()
  const random = () => 0
  const gate = openRateGate({ clock, random })
  const model = openModel({ model: "claude-opus-5-5", apiKey: key, baseURL: server.url, ...options })
  const events: Event[] = []
  onTestFinished(() => server.close())

  const newRun = () =>
    startRun(store, { agent: "tester", model: model.name, prompt: "Find it.", person: "ada" }, clock.now())

  async function lastRun(): Promise<Run> {
    const [row] = (await store.read((db) => db.select().from(tables.runs))).slice(-1)
    if (!row) throw new Error("No run was begun.")
    return row
  }

  return {
    store,
    server,
    clock,
    gate,
    model,
    events,
    newRun,
    async run({ dayUsd = 1_000, maxTokens, ...run } = {}) {
      return runAgent(
        { store, model, gate, clock, random, dayUsd, maxTokens },
        {
          runId: run.runId ?? (await newRun()),
          system: "You test.",
          prompt: "Find it.",
          tools: [],
          limits: plenty,
          signal: new AbortController().signal,
          onEvent: (event) => events.push(event),
          ...run,
        },
      )
    },
    row: lastRun,
    async transcript() {
      const { id } = await lastRun()
      const { role, content, stopReason } = tables.messages
      return store.read((db) =>
        db
          .select({ role, content, stopReason })
          .from(tables.messages)
          .where(eq(tables.messages.runId, id))
          .orderBy(asc(tables.messages.id)),
      )
    },
  }
}

export function newStore(): Store {
  const { path, remove } = quickFolder()
  const store = openStore(path)
  onTestFinished(async () => {
    await store.close()
    remove()
  })
  return store
}

/** A tool that notes its calls and answers with what the function says. */
export function noteTool(calls: Json[], answer: Tool["run"] = async () => ({ text: "noted" }), name = "note"): Tool {
  return {
    name,
    description: "Notes something.",
    inputSchema: { type: "object", properties: { text: { type: "string" } } },
    run(input, context) {
      calls.push(input)
      return answer(input, context)
    },
  }
}
