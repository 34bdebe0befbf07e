import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { pay, RunNotFound, reserve, settle, spentByRun, spentOn } from "../../src/harness/budget.ts"
import { costOf, priceOf } from "../../src/harness/prices.ts"
import { endRun, startRun } from "../../src/harness/transcript.ts"
import { addressOf, isShared } from "../engine.ts"
import { newStore, openBench, plenty } from "./workbench.ts"

const now = new Date("2026-11-20T09:00:00.000Z")
const price = priceOf({ name: "claude-opus-5-5", baseURL: "https://api.anthropic.com" }).price
const run = { agent: "tester", model: "claude-opus-5-5", prompt: "Go.", person: "ada" }
const wish = { limits: plenty, dayUsd: 1, price, turn: 1, promptTokens: 1_000, maxTokens: 10_000 }

test("many agents together never get more than the day's limit", async () => {
  const store = newStore()
  const ids = await Promise.all(Array.from({ length: 20 }, () => startRun(store, run, now)))
  const held = await Promise.all(ids.map((runId) => store.write((db) => reserve(db, { ...wish, runId }, now))))
  expect(held.filter((hold) => hold.kind === "held").length).toBeGreaterThan(3)
  expect(held.filter((hold) => hold.kind === "over-budget").every((hold) => hold.scope === "day")).toBe(true)
  expect(await store.read((db) => spentOn(db, now))).toBeLessThanOrEqual(1)
})

test.runIf(isShared)("two machines at once never get more than the day's limit, and all of it", async () => {
  const store = newStore()
  await store.opened()
  const rivals = [1, 2].map(() => fork(join(import.meta.dirname, "rival.ts"), [addressOf(store), "2"]))
  await Promise.all(rivals.map((rival) => once(rival, "message")))
  const answers = rivals.map((rival) => once(rival, "message"))
  for (const rival of rivals) rival.send("go")
  const got = (await Promise.all(answers)).map(([times]) => times)
  expect(got[0] + got[1]).toBeGreaterThan(40)
  const spent = await store.read((db) => spentOn(db, store.now()))
  expect(spent).toBeLessThanOrEqual(2)
  expect(spent).toBeGreaterThan(1.9)
})

test("what is settled below its worst case is free for others", async () => {
  const store = newStore()
  const runId = await startRun(store, run, now)
  const hold = await store.write((db) => reserve(db, { ...wish, runId }, now))
  if (hold.kind !== "held") throw new Error(hold.reason)
  await store.write((db) => settle(db, hold, price, { input: 1_000, cacheWrite: 0, cacheRead: 0, output: 100 }))
  expect(await store.read((db) => spentOn(db, now))).toBeCloseTo(0.006, 9)
})

test("what is paid today counts today, whenever its run began and ended, and what was paid before does not", async () => {
  const store = newStore()
  const before = new Date("2026-11-17T23:59:00.000Z")
  const paying = { bounds: [], dayUsd: 1 }
  const forDays = { ...plenty, minutes: 7 * 1_440 }
  const atWork = await startRun(store, run, before)
  const resumed = await startRun(store, run, before)
  for (const runId of [atWork, resumed]) await store.write((db) => pay(db, { ...paying, runId, usd: 0.3 }, before))
  await store.write((db) => endRun(db, resumed, { outcome: "waiting", summary: "" }, before))
  const held = await store.write((db) => reserve(db, { ...wish, runId: atWork, dayUsd: 10 }, before))
  if (held.kind !== "held") throw new Error(held.reason)
  expect(await store.read((db) => spentOn(db, before))).toBeCloseTo(0.6 + held.usd, 9)
  expect(await store.read((db) => spentOn(db, now))).toBe(0)

  await store.write((db) => pay(db, { ...paying, runId: resumed, usd: 0.4 }, now))
  await store.write((db) => settle(db, held, price, null))
  const again = await store.write((db) => reserve(db, { ...wish, limits: forDays, runId: atWork }, now))
  if (again.kind !== "held") throw new Error(again.reason)
  await store.write((db) => settle(db, again, price, { input: 1_000, cacheWrite: 0, cacheRead: 0, output: 100 }))
  expect(await store.read((db) => spentOn(db, now))).toBeCloseTo(0.406, 9)
  expect(await store.write((db) => pay(db, { ...paying, runId: atWork, usd: 0.6 }, now))).toEqual({
    kind: "refused",
    reason: "Today's runs have spent 0.41 USD of 1.00 USD. Raise it with --budget.",
  })
})

test("what comes back after midnight makes no room in the new day's budget", async () => {
  const store = newStore()
  const runId = await startRun(store, run, now)
  const tomorrow = new Date("2026-11-21T00:00:01.000Z")
  await store.write((db) => pay(db, { runId, bounds: [], usd: 0.5, dayUsd: 1 }, now))
  await store.write((db) => pay(db, { runId, bounds: [], usd: -0.5, dayUsd: 1 }, tomorrow))
  expect(await store.read((db) => spentOn(db, tomorrow))).toBe(0)
  expect((await store.read((db) => spentByRun(db, runId))).usd).toBe(0)
})

test("agents that one agent asks at once never get more tokens than it may use, and give back what they did not", async () => {
  const store = newStore()
  const asker = await startRun(store, run, now)
  const limits = { ...plenty, tokens: 30_000 }
  const ids = await Promise.all([1, 2, 3, 4, 5].map(() => startRun(store, { ...run, parentId: asker }, now)))
  const asking = { ...wish, limits, askers: [{ runId: asker, limits }], dayUsd: 100, promptTokens: 10_000 }
  const reserved = await Promise.all(ids.map((runId) => store.write((db) => reserve(db, { ...asking, runId }, now))))
  const held = reserved.flatMap((one) => (one.kind === "held" ? one : []))
  expect(held).toHaveLength(1)
  expect(reserved[4]).toMatchObject({ kind: "over-budget", scope: "run", reason: expect.stringContaining("20000 of") })

  const usage = { input: 900, cacheWrite: 0, cacheRead: 0, output: 100 }
  for (const hold of held) await store.write((db) => settle(db, hold, price, usage))
  expect((await store.read((db) => spentByRun(db, asker))).tokens).toBe(1_000)
  const next = await store.write((db) => reserve(db, { ...asking, runId: ids[4] ?? 0 }, now))
  if (next.kind !== "held") throw new Error(next.reason)
  await store.write((db) => settle(db, next, price, null))
  expect((await store.read((db) => spentByRun(db, asker))).tokens).toBe(1_000)
})

test("what a run's own runs cost is paid from its budget", async () => {
  const store = newStore()
  const runId = await startRun(store, run, now)
  const child = await startRun(store, { ...run, parentId: runId }, now)
  await store.write((db) =>
    settle(db, { kind: "held", runId: child, promptTokens: 0, maxTokens: 0, usd: 0, day: "2026-11-20" }, price, {
      input: 0,
      cacheWrite: 0,
      cacheRead: 0,
      output: 40_000,
    }),
  )
  const hold = await store.write((db) =>
    reserve(db, { ...wish, runId, limits: { ...plenty, usd: 0.8 }, dayUsd: 100 }, now),
  )
  expect(hold).toMatchObject({ kind: "over-budget", scope: "run" })
})

test("a run that does not exist cannot spend", async () => {
  await expect(newStore().write((db) => reserve(db, { ...wish, runId: 99 }, now))).rejects.toThrow(RunNotFound)
})

test("the rehearsal model costs nothing and works on a day whose money is spent", async () => {
  const bench = await openBench([{ text: "Done." }], { model: "rehearsal" })
  expect(await bench.run({ dayUsd: 0, limits: { ...plenty, usd: 0.01 } })).toMatchObject({ kind: "done" })
  expect((await bench.row()).costUsd).toBe(0)
})

test.each([
  ["claude-haiku-5-5", 0.1],
  ["claude-sonnet-4-5-20250929", 3],
  ["claude-opus-5-5", 4],
])("%s has its listed price even behind a local gateway", (name, input) => {
  expect(priceOf({ name, baseURL: "http://localhost:4000" })).toMatchObject({ price: { input }, assumption: null })
})

test.each([
  ["http://127.0.0.1:11434", 0, "free"],
  ["http://192.168.1.20:8080", 0, "free"],
  ["https://gateway.example", 10, "dearest"],
  ["http://10.example.org", 10, "dearest"],
])("an unlisted model at %s is counted at %d, and the assumption is said", (baseURL, input, word) => {
  const { price, assumption } = priceOf({ name: "qwen-9", baseURL })
  expect(price.input).toBe(input)
  expect(assumption).toContain(word)
})

test("a long prompt has its own price where the model has one", () => {
  const { price } = priceOf({ name: "claude-haiku-5-5", baseURL: "https://api.anthropic.com" })
  const usage = { cacheWrite: 0, cacheRead: 0, output: 0 }
  expect(costOf(price, { ...usage, input: 100_000 })).toBeCloseTo(0.01, 9)
  expect(costOf(price, { ...usage, input: 100_001 })).toBeCloseTo(0.05, 4)
})

test("every model that the SDK knows has a price, and one whose price is not known is never cheap", async () => {
  const types = join(import.meta.dirname, "../../node_modules/@anthropic-ai/sdk/resources/messages/messages.d.ts")
  const listed = /type Model = ([^;]+);/.exec(readFileSync(types, "utf8"))?.[1] ?? ""
  const names = [...listed.matchAll(/'(claude-[^']+)'/g)].flatMap(([, name]) => name ?? [])
  expect(names.length).toBeGreaterThan(10)
  for (const name of names) {
    const { price, assumption } = priceOf({ name, baseURL: "https://api.anthropic.com" })
    if (assumption === null) expect([name, price.output > 0]).toEqual([name, true])
    else expect([name, price.input, price.output]).toEqual([name, 10, 50])
    expect(priceOf({ name, baseURL: "http://127.0.0.1:4000" }).price).toEqual(price)
  }
})
