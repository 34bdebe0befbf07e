import { describe, expect, test } from "vitest"
import type { Json } from "../../src/db/tables.ts"
import { addMessage, readConversation } from "../../src/harness/transcript.ts"
import { type Answer, apiError, type Block, type ModelRequestBody, type ScriptedCall } from "./messages-server.ts"
import { noteTool, openBench, plenty } from "./workbench.ts"

const note = (text: string, more: Partial<ScriptedCall> = {}): ScriptedCall => ({
  name: "note",
  input: { text },
  ...more,
})
const lastWords = (body: ModelRequestBody): Block[] => body.messages.at(-1)?.content ?? []
const resultsIn = (body: ModelRequestBody): [string, string][] =>
  lastWords(body)
    .filter((block) => block.type === "tool_result")
    .map((block) => [block.tool_use_id ?? "", block.content ?? ""])

describe("a run", () => {
  test("asks, runs the tool, asks again and ends with the last words", async () => {
    const bench = await openBench([
      { thinking: "Hm.", text: "I note it.", calls: [note("a", { id: "t1" })] },
      { text: "Noted." },
    ])
    const calls: Json[] = []
    expect(await bench.run({ tools: [noteTool(calls)] })).toEqual({ kind: "done", text: "Noted.", answer: null })
    expect(calls).toEqual([{ text: "a" }])
    expect(bench.server.requests[1]?.body.messages).toEqual([
      { role: "user", content: [{ type: "text", text: "Find it." }] },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature: "signed" },
          { type: "text", text: "I note it." },
          { type: "tool_use", id: "t1", name: "note", input: { text: "a" } },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t1", content: "noted" }] },
    ])
    expect((await bench.transcript()).map(({ role, stopReason }) => [role, stopReason])).toEqual([
      ["user", null],
      ["assistant", "tool_use"],
      ["user", null],
      ["assistant", "end_turn"],
    ])
    expect(bench.events.map((event) => event.kind).filter((kind) => kind !== "text")).toEqual([
      "request",
      "message",
      "tool-started",
      "tool-ended",
      "request",
      "message",
    ])
  })

  test("a tool may answer the person itself, and then there is no other request", async () => {
    const bench = await openBench([{ calls: [note("a"), note("b")] }])
    const calls: Json[] = []
    const show = noteTool(calls, async () => ({ text: "Shown.", ends: { answer: [{ name: "Ada Brook" }] } }))
    expect(await bench.run({ tools: [show] })).toEqual({ kind: "done", text: "", answer: [{ name: "Ada Brook" }] })
    expect(bench.server.requests).toHaveLength(1)
    expect(calls).toHaveLength(1)
    const results = (await bench.transcript()).filter(({ role }) => role === "user").slice(1)
    expect(results).toHaveLength(2)
  })

  test("a conversation goes on where it stood", async () => {
    const bench = await openBench([{ text: "Ten leads." }, { text: "Two of them." }])
    const runId = await bench.newRun()
    await bench.run({ runId })
    const before = await readConversation(bench.store, runId)
    expect(await bench.run({ before, prompt: "And in Bern?" })).toMatchObject({ text: "Two of them." })
    expect(bench.server.requests[1]?.body.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"])
  })

  test("a call whose result died with its process gets one that says so", async () => {
    const bench = await openBench([{ text: "I look." }])
    const runId = await bench.newRun()
    const use = (id: string) => ({ type: "tool_use" as const, id, name: "note", input: {} })
    await bench.store.write(async (db) => {
      const now = bench.clock.now()
      await addMessage(db, runId, { role: "user", content: [{ type: "text", text: "Go." }] }, now)
      await addMessage(db, runId, { role: "assistant", content: [use("a"), use("b")] }, now)
      await addMessage(
        db,
        runId,
        { role: "user", content: [{ type: "tool_result", tool_use_id: "a", content: "ok" }] },
        now,
      )
    })
    const before = await readConversation(bench.store, runId)
    expect(await bench.run({ before })).toMatchObject({ kind: "done" })
    expect(resultsIn(bench.server.requests[0]?.body ?? { system: [], max_tokens: 0, tools: [], messages: [] })).toEqual(
      [
        ["a", "ok"],
        ["b", expect.stringContaining("may or may not")],
      ],
    )
  })
})

describe("invariant 1: the message is stored before its tools start, the result after", () => {
  test("a tool finds its call in the transcript, and the result comes after it", async () => {
    const bench = await openBench([{ calls: [note("a", { id: "t1" }), note("b", { id: "t2" })] }, { text: "Done." }])
    const seen: string[] = []
    const tool = noteTool([], async () => {
      seen.push(JSON.stringify((await bench.transcript()).slice(1)))
      return { text: "noted" }
    })
    await bench.run({ tools: [tool] })
    expect(seen[0]).toContain('"t1"')
    expect(seen[0]).not.toContain("tool_result")
    expect(seen[1]).toContain('"tool_use_id":"t1"')
    expect(seen[1]).not.toContain('"tool_use_id":"t2"')
  })
})

describe("invariant 2: every call gets exactly one result, in order", () => {
  test("two calls of one message run one after the other", async () => {
    const bench = await openBench([
      { calls: [note("slow", { id: "t1" }), note("quick", { id: "t2" })] },
      { text: "Done." },
    ])
    const log: string[] = []
    const tool = noteTool([], async ({ text }) => {
      log.push(`${text} starts`)
      await new Promise((resolve) => setTimeout(resolve, text === "slow" ? 30 : 0))
      log.push(`${text} ends`)
      return { text: String(text) }
    })
    await bench.run({ tools: [tool] })
    expect(log).toEqual(["slow starts", "slow ends", "quick starts", "quick ends"])
    expect(bench.server.requests[1] && resultsIn(bench.server.requests[1].body)).toEqual([
      ["t1", "slow"],
      ["t2", "quick"],
    ])
  })

  test("a tool that throws, one that does not exist and one that is denied have results too", async () => {
    const bench = await openBench([
      { calls: [note("crash"), { name: "no_such_tool", input: {} }, note("deny"), note("fine")] },
      { text: "Done." },
    ])
    const tool = noteTool([], async ({ text }) => {
      if (text === "crash") throw new Error("the sandbox fell over")
      return text === "deny" ? { text: "Not granted.", isError: true } : { text: "" }
    })
    expect(await bench.run({ tools: [tool] })).toMatchObject({ kind: "done" })
    expect(
      lastWords(bench.server.requests[1]?.body ?? { system: [], max_tokens: 0, tools: [], messages: [] }),
    ).toMatchObject([
      { content: "note failed: the sandbox fell over", is_error: true },
      { content: "There is no tool no_such_tool. There is: note.", is_error: true },
      { content: "Not granted.", is_error: true },
      { content: "(nothing)" },
    ])
  })

  test("an abort ends the run at once, and the calls that did not run say so", async () => {
    const bench = await openBench([{ calls: [note("a", { id: "t1" }), note("b", { id: "t2" })] }])
    const control = new AbortController()
    const calls: Json[] = []
    const deaf = noteTool(calls, () => {
      control.abort()
      return new Promise(() => {})
    })
    expect(await bench.run({ tools: [deaf], signal: control.signal })).toMatchObject({ kind: "aborted" })
    expect(calls).toHaveLength(1)
    expect(JSON.stringify((await bench.transcript()).slice(2))).toMatch(/t1.*may or may not.*t2.*Not run/)
  })

  test("an abort while the model speaks ends the run at once", async () => {
    const bench = await openBench([{ text: "Half", breaks: "stall" }])
    expect(await bench.run({ signal: AbortSignal.timeout(80) })).toMatchObject({ kind: "aborted" })
  })

  test("ids that a server counts from zero in every message are made unique", async () => {
    const bench = await openBench([
      { calls: [note("a", { id: "call_0" })] },
      { calls: [note("b", { id: "call_0" })] },
      { text: "Done." },
    ])
    const calls: Json[] = []
    expect(await bench.run({ tools: [noteTool(calls)] })).toMatchObject({ kind: "done" })
    expect(calls).toEqual([{ text: "a" }, { text: "b" }])
  })

  test("a call that came twice under one id runs once", async () => {
    const bench = await openBench([{ calls: [note("a", { id: "t1" }), note("a", { id: "t1" })] }, { text: "Done." }])
    const calls: Json[] = []
    expect(await bench.run({ tools: [noteTool(calls)] })).toMatchObject({ kind: "done" })
    expect(calls).toHaveLength(1)
    expect(bench.server.requests[1] && resultsIn(bench.server.requests[1].body).map(([id]) => id)).toEqual([
      "t1",
      "t1-2",
    ])
  })
})

describe("invariant 3: tools run only from a whole message that ends to use them", () => {
  const cut = '{"text": "ha'
  test.each<[string, Answer]>([
    ["cut by max_tokens, JSON whole", { calls: [note("a")], stop: "max_tokens" }],
    ["cut by max_tokens, JSON cut", { calls: [note("a"), { name: "note", raw: cut }], stop: "max_tokens" }],
    ["JSON cut, but ended to use a tool", { calls: [note("a"), { name: "note", raw: cut }] }],
    ["calls, but ended as end_turn", { calls: [note("a")], stop: "end_turn" }],
    ["calls, but ended as pause_turn", { calls: [note("a")], stop: "pause_turn" }],
  ])("%s: none is run, and the model may mend it", async (_, wrong) => {
    const bench = await openBench([wrong, { calls: [note("b")] }, { text: "Done." }])
    const calls: Json[] = []
    expect(await bench.run({ tools: [noteTool(calls)] })).toMatchObject({ kind: "done" })
    expect(calls).toEqual([{ text: "b" }])
  })

  test.each<[string, Answer]>([
    ["cut", { text: "On and on", stop: "max_tokens" }],
    ["cut", { calls: [{ name: "note", raw: cut }], stop: "max_tokens" }],
    ["bad-call", { calls: [{ name: "note", raw: "{oops" }] }],
    ["bad-call", { text: "Now.", stop: "tool_use" }],
    ["empty", {}],
    ["empty", { text: " \n" }],
  ])("a second message in a row that is %s ends the run as such", async (failure, wrong) => {
    const bench = await openBench(() => wrong)
    expect(await bench.run({ tools: [noteTool([])] })).toMatchObject({ kind: "failed", failure })
    expect(bench.server.requests).toHaveLength(2)
  })

  test("pause_turn is resent unchanged", async () => {
    const bench = await openBench([{ text: "Still at it.", stop: "pause_turn" }, { text: "Done." }])
    expect(await bench.run()).toMatchObject({ kind: "done", text: "Done." })
    expect(bench.server.requests[1]?.body.messages.at(-1)).toEqual({
      role: "assistant",
      content: [{ type: "text", text: "Still at it." }],
    })
  })
})

describe("invariant 5: system prompt and tools stay the same, byte for byte", () => {
  test("they are sent alike in every request", async () => {
    const bench = await openBench([{ calls: [note("a")] }, { calls: [note("b")] }, { text: "Done." }])
    await bench.run({ tools: [noteTool([])] })
    const heads = bench.server.requests.map(({ raw }) => raw.slice(0, raw.indexOf('"messages":[')))
    expect(new Set(heads).size).toBe(1)
    expect(heads[0]).toContain("Notes something.")
  })

  test("a tool that changes its description ends the run", async () => {
    const bench = await openBench([{ calls: [note("a")] }, { text: "Done." }])
    const tool = noteTool([], async () => {
      tool.description = "Notes something else."
      return { text: "noted" }
    })
    expect(await bench.run({ tools: [tool] })).toMatchObject({ kind: "failed", failure: "prompt-changed" })
  })
})

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

describe("a person may say something meanwhile", () => {
  test("it is taken in after the tool at work, and the calls after it are not run", async () => {
    const bench = await openBench([{ calls: [note("a"), note("b")] }, { text: "Understood." }])
    const steering: string[] = []
    const calls: Json[] = []
    const tool = noteTool(calls, async () => {
      steering.push("Only those in Bern.")
      return { text: "noted" }
    })
    expect(await bench.run({ tools: [tool], steering })).toMatchObject({ text: "Understood." })
    expect(calls).toEqual([{ text: "a" }])
    expect(
      lastWords(bench.server.requests[1]?.body ?? { system: [], max_tokens: 0, tools: [], messages: [] }).at(-1),
    ).toEqual({
      type: "text",
      text: "Only those in Bern.",
    })
  })

  test("what is said while the last words come is answered too", async () => {
    const steering: string[] = []
    const bench = await openBench((_, n) => {
      if (n === 1) steering.push("And in Basel?")
      return { text: `Answer ${n}.` }
    })
    expect(await bench.run({ steering })).toMatchObject({ text: "Answer 2." })
  })
})

test("a result that is far too long, or no well-formed text, still goes through", async () => {
  const bench = await openBench([{ calls: [note("a")] }, { text: "Done." }])
  const tool = noteTool([], async () => ({ text: `\ud800${"x".repeat(60_000)}` }))
  expect(await bench.run({ tools: [tool] })).toMatchObject({ kind: "done" })
  expect(bench.server.requests[1]?.raw).toContain("[cut: 10001 more characters]")
})
