import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { type Asker, askAgent, type Question } from "../../src/harness/ask-agent.ts"
import type { Limits } from "../../src/harness/budget.ts"
import type { Event } from "../../src/harness/loop.ts"
import { endRun, startRun } from "../../src/harness/transcript.ts"
import type { Answer } from "./messages-server.ts"
import { noteTool, openBench, plenty } from "./workbench.ts"

async function openAsking(script: Answer[] | (() => Answer), limits: Partial<Limits> = {}) {
  const bench = await openBench(script)
  const { store, model, gate, clock } = bench
  const runId = await startRun(
    store,
    { agent: "sales", model: model.name, prompt: "Go.", person: "ada", leadId: 7 },
    clock.now(),
  )
  const events: Event[] = []
  const control = new AbortController()
  const asker: Asker = {
    runId,
    person: "ada",
    taskId: null,
    leadId: 7,
    bounds: [{ runId, limits: { ...plenty, ...limits } }],
    signal: control.signal,
    onEvent: (event) => events.push(event),
  }
  const question: Question = {
    agent: { name: "checker", system: "You check.", budget: plenty },
    prompt: "Is it so?",
    tools: () => [noteTool([])],
  }
  const ask = (change: Partial<Asker> = {}) =>
    askAgent({ store, model, gate, clock, random: () => 0, dayUsd: 1_000 }, { ...asker, ...change }, question)
  const runs = () => store.read((db) => db.select().from(tables.runs))
  return { bench, ask, asker, control, events, runs }
}

test("an asked agent has a context and a run of its own, below its asker's", async () => {
  const { ask, asker, bench, events, runs } = await openAsking([{ text: "It is so." }])
  expect(await ask()).toMatchObject({ kind: "answered", outcome: { kind: "done", text: "It is so." } })
  expect(bench.server.requests[0]?.body.messages).toEqual([
    { role: "user", content: [{ type: "text", text: "Is it so?" }] },
  ])
  expect((await runs())[1]).toMatchObject({ agent: "checker", parentId: asker.runId, leadId: 7, outcome: "done" })
  expect(events.every((event) => event.kind === "asked" && event.agent === "checker")).toBe(true)
})

test("it may use half of what its asker has left", async () => {
  const usage = { input_tokens: 10, output_tokens: 2_000 }
  const { ask, runs } = await openAsking(() => ({ calls: [{ name: "note", input: {} }], usage }), { usd: 0.6 })
  expect(await ask()).toMatchObject({ outcome: { kind: "over-budget", scope: "run" } })
  const [, asked] = await runs()
  expect(asked?.costUsd).toBeGreaterThan(0.15)
  expect(asked?.costUsd).toBeLessThanOrEqual(0.3)
})

test("every asker's limit holds for it, whatever its own is", async () => {
  const { ask, bench } = await openAsking([{ text: "Never." }], { usd: 0.05 })
  expect(await ask()).toMatchObject({ outcome: { kind: "over-budget" } })
  expect(bench.server.requests).toHaveLength(0)
})

test("it stops with its asker", async () => {
  const { ask, control } = await openAsking([{ text: "Half", breaks: "stall" }])
  setTimeout(() => control.abort(), 50)
  expect(await ask()).toMatchObject({ outcome: { kind: "aborted" } })
})

test("questions are not handed on for ever", async () => {
  const { ask, asker } = await openAsking([])
  const bound = asker.bounds[0] ?? { runId: 0, limits: plenty }
  expect(await ask({ bounds: [bound, bound, bound] })).toMatchObject({ kind: "refused" })
})

test("a run that has ended asks nobody", async () => {
  const { ask, asker, bench, runs } = await openAsking([])
  const end = { outcome: "waiting", summary: "Waits for a person." } as const
  await bench.store.write((db) => endRun(db, asker.runId, end, bench.clock.now()))
  expect(await ask()).toMatchObject({ kind: "refused", reason: expect.stringContaining("goes on from it") })
  expect(await runs()).toHaveLength(1)
})
