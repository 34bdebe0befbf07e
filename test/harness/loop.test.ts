import { describe, expect, test } from "vitest"
import type { Json } from "../../src/db/json.ts"
import { addMessage, readConversation } from "../../src/harness/transcript.ts"
import { lastWords, note, resultsIn } from "./notes.ts"
import { noteTool, openBench } from "./workbench.ts"

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
