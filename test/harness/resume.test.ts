import { describe, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { beginWatchedRun, endLostRuns, isWatched, watchRun } from "../../src/harness/presence.ts"
import type { Tool } from "../../src/harness/tool.ts"
import { addMessage, endAsInterrupted, endRun, readConversation, startRun } from "../../src/harness/transcript.ts"
import type { Block } from "./messages-server.ts"
import { type Bench, newStore, noteTool, openBench } from "./workbench.ts"

const run = { agent: "sales", model: "claude-opus-5-5", prompt: "Go.", person: "ada" }
const now = new Date("2026-11-20T09:00:00.000Z")
const later = new Date("2026-11-20T09:05:00.000Z")

/** A run that was killed while its call of `note` was under way, after actions with these effects. */
async function killedRun(bench: Bench, effects: ("read" | "write")[]): Promise<number> {
  const runId = await startRun(bench.store, run, now)
  await bench.store.write(async (db) => {
    await addMessage(db, runId, { role: "user", content: [{ type: "text", text: "Go." }] }, now)
    const use = { type: "tool_use" as const, id: "t1", name: "note", input: { text: "a" } }
    await addMessage(db, runId, { role: "assistant", content: [use] }, now)
    for (const effect of effects) {
      const call = {
        runId,
        action: `leads.${effect}`,
        effect,
        arguments: [],
        verdict: "allowed" as const,
        reason: "granted",
      }
      await db.insert(tables.calls).values({ ...call, createdAt: now.toISOString() })
    }
    await endAsInterrupted(db, [runId], now)
  })
  return runId
}

const firstWords = (bench: Bench): Block[] => bench.server.requests[0]?.body.messages.at(-1)?.content ?? []

describe("a killed run that goes on", () => {
  const cases: [string, Tool["repeatable"], ("read" | "write")[], boolean][] = [
    ["a tool that only ever reads is asked again", "always", [], true],
    ["a tool whose actions only read is asked again", "if-it-only-read", ["read", "read"], true],
    ["a tool that had begun to write is not", "if-it-only-read", ["read", "write"], false],
    ["a tool that says nothing of it is not", undefined, [], false],
  ]
  test.each(cases)("%s", async (_, repeatable, effects, isRepeated) => {
    const bench = await openBench([{ text: "Done." }])
    const killed = await killedRun(bench, effects)
    const calls: unknown[] = []
    const tool = {
      ...noteTool([], async () => ({ text: `noted ${calls.push(1)}` })),
      ...(repeatable ? { repeatable } : {}),
    }
    const before = await readConversation(bench.store, killed)
    expect(await bench.run({ before, prompt: null, tools: [tool] })).toMatchObject({ kind: "done" })
    expect(calls).toHaveLength(isRepeated ? 1 : 0)
    expect(firstWords(bench)).toMatchObject([{ tool_use_id: "t1" }])
    if (!isRepeated) expect(firstWords(bench)[0]?.content).toContain("may or may not")
  })

  test("the model is told which actions were done and which may have been", async () => {
    const bench = await openBench([{ text: "Done." }])
    const before = await readConversation(bench.store, await killedRun(bench, ["write"]))
    await bench.run({ before, prompt: null, tools: [noteTool([])] })
    expect(firstWords(bench)[0]?.content).toContain("leads.write (not known whether it took effect)")
  })

  test("a new prompt comes after what became of the lost call", async () => {
    const bench = await openBench([{ text: "Done." }])
    const before = await readConversation(bench.store, await killedRun(bench, []))
    await bench.run({ before, prompt: "And in Bern?", tools: [noteTool([])] })
    expect(firstWords(bench).map((block) => block.type)).toEqual(["tool_result", "text"])
  })

  const showing: Tool = {
    ...noteTool([], async () => ({ text: "Shown to the person.", ends: { answer: [{ id: 1 }] } })),
    repeatable: "always",
  }

  test("a lost call that ends its run ends the run that goes on, with its answer", async () => {
    const bench = await openBench([{ text: "Never." }])
    const before = await readConversation(bench.store, await killedRun(bench, []))
    const outcome = await bench.run({ before, prompt: null, tools: [showing] })
    expect(outcome).toEqual({ kind: "done", text: "", answer: [{ id: 1 }] })
    expect(bench.server.requests).toHaveLength(0)
  })

  test("it does not end a run whose person has said something since", async () => {
    const bench = await openBench([{ text: "In Bern." }])
    const before = await readConversation(bench.store, await killedRun(bench, []))
    const outcome = await bench.run({ before, prompt: "And in Bern?", tools: [showing] })
    expect(outcome).toMatchObject({ kind: "done", text: "In Bern.", answer: null })
    expect(firstWords(bench)[0]?.content).toContain("has not seen it")
  })

  test("the next turn finds every call answered once, though two runs share the conversation", async () => {
    const bench = await openBench([{ text: "Done." }, { text: "Indeed." }])
    const killed = await killedRun(bench, [])
    const second = await startRun(bench.store, { ...run, parentId: killed }, later)
    const before = await readConversation(bench.store, killed)
    await bench.run({ runId: second, before, prompt: null, tools: [noteTool([])] })
    await bench.store.write((db) => endRun(db, second, { outcome: "done", summary: "" }, later))
    const whole = await readConversation(bench.store, second)
    expect(whole.lost).toEqual([])
    expect(whole.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant"])
    await bench.run({ before: whole, prompt: "Sure?", tools: [noteTool([])] })
    expect(bench.server.requests[1]?.body.messages).toHaveLength(5)
  })
})

test("a run that another run asked begins a conversation of its own", async () => {
  const store = newStore()
  const asker = await startRun(store, run, now)
  await store.write((db) => addMessage(db, asker, { role: "user", content: [{ type: "text", text: "Secret." }] }, now))
  const asked = await startRun(store, { ...run, parentId: asker }, later)
  await store.write((db) => addMessage(db, asked, { role: "user", content: [{ type: "text", text: "Who?" }] }, later))
  expect(JSON.stringify(await readConversation(store, asked))).not.toContain("Secret")
})

describe("runs whose process is gone", () => {
  test("are ended as interrupted, with what they had asked; those of living processes are not", async () => {
    const store = newStore()
    const living = await beginWatchedRun(store, run, now)
    const livingAsked = await startRun(store, { ...run, parentId: living.id }, now)
    const dead = await startRun(store, run, now)
    const deadAsked = await startRun(store, { ...run, parentId: dead }, now)
    const atWork = { kind: "enrich", state: "leased", leasedBy: "other/1", notBefore: now.toISOString() } as const
    const times = { createdAt: now.toISOString(), updatedAt: now.toISOString() }
    const [task] = await store.write((db) =>
      db
        .insert(tables.tasks)
        .values({ ...atWork, ...times })
        .returning(),
    )
    const ofTask = await startRun(store, { ...run, taskId: task?.id ?? 0 }, now)
    expect(await endLostRuns(store, later)).toEqual([dead, deadAsked])
    const rows = await store.read((db) => db.select().from(tables.runs))
    expect(rows.filter((row) => row.endedAt === null).map((row) => row.id)).toEqual([living.id, livingAsked, ofTask])
    living.release()
    expect(await endLostRuns(store, later)).toEqual([living.id, livingAsked])
  })

  test("keep what was set aside for an answer, and say so", async () => {
    const bench = await openBench([{ text: "Never read.", breaks: "stall" }])
    const runId = await bench.newRun()
    const control = new AbortController()
    void bench.run({ runId, signal: control.signal })
    while (bench.server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    await endLostRuns(bench.store, bench.clock.now())
    expect(await bench.row()).toMatchObject({ outcome: "interrupted", summary: expect.stringContaining("at most") })
    expect((await bench.row()).costUsd).toBeGreaterThan(0.2)
    control.abort()
  })
})

test("a run that has ended is watched again while something of it goes on", async () => {
  const store = newStore()
  const id = await startRun(store, run, now)
  const rowOf = async () => (await store.read((db) => db.select().from(tables.runs)))[0] ?? { id, watchedUntil: null }
  expect(isWatched(store, await rowOf(), now)).toBe(false)
  const watched = await watchRun(store, id, now)
  expect(isWatched(store, await rowOf(), later)).toBe(true)
  watched.release()
  expect(isWatched(store, await rowOf(), later)).toBe(false)
})
