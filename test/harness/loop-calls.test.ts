import { describe, expect, test } from "vitest"
import type { Json } from "../../src/db/json.ts"
import type { Answer } from "./messages-server.ts"
import { lastWords, note, resultsIn } from "./notes.ts"
import { noteTool, openBench } from "./workbench.ts"

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
