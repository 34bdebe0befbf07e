import { describe, expect, test } from "vitest"
import type { Json } from "../../src/db/json.ts"
import { type Answer, apiError } from "./messages-server.ts"
import { note } from "./notes.ts"
import { noteTool, openBench, plenty } from "./workbench.ts"

describe("invariant 6: what is asked again, and what is not", () => {
  const passing: [string, Answer][] = [
    ["429", apiError(429, "rate_limit_error", "Slow down")],
    ["529", apiError(529, "overloaded_error", "Overloaded")],
    ["500", apiError(500, "api_error", "Oops")],
    ["a sign-in page", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" }],
    ["an error in mid-stream", { calls: [note("never")], breaks: { error: "overloaded_error" } }],
    ["a cut socket", { calls: [note("never")], breaks: "cut" }],
    ["an early end", { calls: [note("never")], breaks: "end" }],
  ]
  test.each(passing)("%s is asked again, and no tool has run", async (_, fault) => {
    const bench = await openBench([fault, fault, { calls: [note("a")] }, { text: "Done." }])
    const calls: Json[] = []
    expect(await bench.run({ tools: [noteTool(calls)] })).toMatchObject({ kind: "done" })
    expect(calls).toEqual([{ text: "a" }])
    expect(bench.clock.slept.slice(0, 2)).toEqual([500, 1_000])
  })

  test("a stall is asked again", async () => {
    const bench = await openBench([{ text: "Half", breaks: "stall" }, { text: "Done." }], { idleMs: 50 })
    expect(await bench.run()).toMatchObject({ kind: "done", text: "Done." })
  })

  test("after six attempts the failure is the outcome", async () => {
    const bench = await openBench(() => apiError(529, "overloaded_error", "Overloaded"))
    expect(await bench.run()).toMatchObject({ kind: "failed", failure: "overloaded" })
    expect(bench.server.requests).toHaveLength(6)
    expect(bench.clock.slept).toEqual([500, 1_000, 2_000, 4_000, 8_000])
  })

  test.each<[string, Answer]>([
    ["invalid", apiError(400, "invalid_request_error", "bad")],
    ["refused-key", apiError(401, "authentication_error", "bad key")],
    ["no-credit", apiError(402, "billing_error", "no credit")],
    ["refused-key", apiError(403, "permission_error", "not yours")],
    ["no-such-model", apiError(404, "not_found_error", "model: nope")],
  ])("%s is never asked again", async (failure, fault) => {
    const bench = await openBench(() => fault)
    expect(await bench.run()).toMatchObject({ kind: "failed", failure })
    expect(bench.server.requests).toHaveLength(1)
  })

  test("a refusal ends the run and says why", async () => {
    const bench = await openBench([{ text: "I can", calls: [note("a")], stop: "refusal", explanation: "Not that." }])
    const calls: Json[] = []
    expect(await bench.run({ tools: [noteTool(calls)] })).toEqual({ kind: "refused", reason: "Not that." })
    expect(calls).toEqual([])
    expect(JSON.stringify((await bench.transcript()).at(-1))).toContain("tool_result")
  })

  const overflow: [string, Answer][] = [
    ["400", apiError(400, "invalid_request_error", "prompt is too long: 1000001 tokens > 1000000 maximum")],
    ["413", apiError(413, "request_too_large", "Request exceeds the maximum size")],
    ["a message cut by the window", { text: "The answer beg", stop: "model_context_window_exceeded" }],
  ]
  test.each(overflow)("an overflow (%s) gets one compaction", async (_, fault) => {
    const long = "x".repeat(5_000)
    const bench = await openBench([{ calls: [note("a")] }, { calls: [note("b")] }, fault, { text: "Done." }])
    expect(await bench.run({ tools: [noteTool([], async () => ({ text: long }))] })).toMatchObject({ kind: "done" })
    const last = JSON.stringify(bench.server.requests[3]?.body.messages)
    expect(last).toContain("cut here to make room: 4600 characters")
    expect(last).toContain(long)
  })

  test("a message cut by the window with nothing to cut may be mended once", async () => {
    const cut: Answer = { text: "The answer beg", stop: "model_context_window_exceeded" }
    expect(await (await openBench([cut, { text: "Done." }])).run()).toMatchObject({ kind: "done" })
    expect(await (await openBench([cut, cut])).run()).toMatchObject({ kind: "failed", failure: "context-overflow" })
  })

  test("a second overflow in a row is the outcome", async () => {
    const fault = apiError(400, "invalid_request_error", "prompt is too long")
    const bench = await openBench([{ calls: [note("a")] }, fault, fault, { text: "Never." }])
    const tools = [noteTool([], async () => ({ text: "x".repeat(5_000) }))]
    expect(await bench.run({ tools })).toMatchObject({ kind: "failed", failure: "context-overflow" })
    expect(bench.server.requests).toHaveLength(3)
  })

  test("an overflow with nothing to cut is the outcome", async () => {
    const bench = await openBench(() => apiError(400, "invalid_request_error", "prompt is too long"))
    expect(await bench.run()).toMatchObject({ kind: "failed", failure: "context-overflow" })
  })
})

describe("invariant 7: budgets", () => {
  test("usage and cost stand on the run, with what an interrupted message cost", async () => {
    const usage = {
      input_tokens: 1_000,
      output_tokens: 500,
      cache_read_input_tokens: 2_000,
      cache_creation_input_tokens: 400,
    }
    const bench = await openBench([
      { text: "", breaks: "cut", usage },
      { text: "Done.", usage },
    ])
    await bench.run()
    const row = await bench.row()
    expect(row).toMatchObject({ inputTokens: 2_800, cachedTokens: 4_000, outputTokens: 501, requests: 2 })
    expect(row.costUsd).toBeCloseTo((2_000 * 4 + 800 * 5 + 4_000 * 0.2 + 501 * 20) / 1e6, 9)
  })

  test("while a request is under way its worst case counts", async () => {
    const costs: number[] = []
    const bench = await openBench(async () => {
      costs.push((await bench.row()).costUsd)
      return { text: "Done." }
    })
    await bench.run({ maxTokens: 10_000 })
    expect(costs[0]).toBeGreaterThan(0.2)
    expect((await bench.row()).costUsd).toBeLessThan(0.001)
  })

  test("a run that cannot pay the worst case does not ask, and says what it spent", async () => {
    const bench = await openBench(() => ({ calls: [note("on")], usage: { input_tokens: 1_000, output_tokens: 4_000 } }))
    const limits = { ...plenty, usd: 0.2 }
    const outcome = await bench.run({ tools: [noteTool([])], limits })
    expect(outcome).toMatchObject({
      kind: "over-budget",
      scope: "run",
      reason: expect.stringContaining("of its 0.20 USD"),
    })
    expect((await bench.row()).costUsd).toBeLessThanOrEqual(0.2)
  })

  test("an answer may only be as long as the rest of the money", async () => {
    const bench = await openBench([{ text: "Done." }])
    await bench.run({ limits: { ...plenty, usd: 0.1 } })
    expect(bench.server.requests[0]?.body.max_tokens).toBeGreaterThan(4_500)
    expect(bench.server.requests[0]?.body.max_tokens).toBeLessThan(5_000)
  })

  test.each([
    ["turns", { turns: 3 }, "3 turns"],
    ["tokens", { tokens: 5_000 }, "of its 5000 tokens"],
    ["minutes", { minutes: 0.001 }, "0.001 minutes"],
  ])("%s are limited", async (_, limit, words) => {
    const bench = await openBench(() => ({ calls: [note("on")], usage: { input_tokens: 500, output_tokens: 500 } }))
    const tool = noteTool([], () => new Promise((resolve) => setTimeout(resolve, 40, { text: "noted" })))
    const outcome = await bench.run({ tools: [tool], limits: { ...plenty, ...limit } })
    expect(outcome).toMatchObject({ kind: "over-budget", scope: "run", reason: expect.stringContaining(words) })
  })
})
