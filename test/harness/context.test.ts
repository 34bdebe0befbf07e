import { describe, expect, test } from "vitest"
import { compact } from "../../src/harness/compact.ts"
import type { ModelMessage } from "../../src/harness/message.ts"
import { type Answer, type Block, complaintAbout } from "./messages-server.ts"
import { noteTool, openBench } from "./workbench.ts"

describe("the prompt cache", () => {
  test("agents of one kind send the same system prompt and tools, byte for byte, and mark their end", async () => {
    const bench = await openBench(() => ({ text: "Done." }))
    for (const prompt of ["Enrich lead 1.", "Enrich lead 2."]) await bench.run({ prompt, tools: [noteTool([])] })
    const heads = bench.server.requests.map(({ body }) => JSON.stringify([body.system, body.tools]))
    expect(new Set(heads).size).toBe(1)
    expect(bench.server.requests[0]?.body.system).toEqual([
      { type: "text", text: "You test.", cache_control: { type: "ephemeral" } },
    ])
  })

  test("what the server had in its cache stands on the run", async () => {
    const usage = { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 900 }
    const bench = await openBench([
      { calls: [{ name: "note" }], usage },
      { text: "Done.", usage },
    ])
    await bench.run({ tools: [noteTool([])] })
    expect(await bench.row()).toMatchObject({ cachedTokens: 1_800, inputTokens: 20 })
  })
})

describe("a conversation that grows", () => {
  test("is made shorter before the model's window is full, so that no request is refused", async () => {
    const long = "y".repeat(45_000)
    const script: Answer[] = Array.from({ length: 20 }, (_, i) => ({
      calls: [{ name: "note", input: { text: `${i}` } }],
      usage: { input_tokens: 11_000 * (i + 1), output_tokens: 100 },
    }))
    const bench = await openBench([...script, { text: "Done." }])
    const outcome = await bench.run({ tools: [noteTool([], async () => ({ text: long }))] })
    expect(outcome).toMatchObject({ kind: "done" })
    expect(bench.events.some((event) => event.kind === "compacted")).toBe(true)
    const sizes = bench.server.requests.map(({ raw }) => raw.length / 3)
    expect(Math.max(...sizes)).toBeLessThan(200_000)
    expect(bench.server.requests.at(-1)?.raw).toContain("cut here to make room")
  })

  test("loses the older half of its prompts when there is no result left to cut, at a place where no call is open", () => {
    const turn = (n: number): ModelMessage[] => [
      { role: "user", content: [{ type: "text", text: `prompt ${n}` }] },
      { role: "assistant", content: [{ type: "tool_use", id: `t${n}`, name: "note", input: {} }] },
      { role: "user", content: [{ type: "tool_result", tool_use_id: `t${n}`, content: "ok" }] },
      { role: "assistant", content: [{ type: "text", text: `answer ${n}` }] },
    ]
    const shorter = compact([1, 2, 3, 4].flatMap(turn))
    const text = JSON.stringify(shorter?.messages)
    expect(text).toContain("left out to make room")
    expect(text).not.toContain("prompt 2")
    expect(text).toContain("prompt 3")
    const history = (shorter?.messages ?? []).map(({ role, content }) => ({ role, content: content.map(asSent) }))
    expect(complaintAbout(history)).toBeNull()
  })

  test("is given up when one prompt with short results is all there is", () => {
    expect(compact([{ role: "user", content: [{ type: "text", text: "Go." }] }])).toBeNull()
  })
})

function asSent(block: ModelMessage["content"][number]): Block {
  const { type } = block
  if (block.type === "tool_use") return { type, id: block.id, name: block.name }
  if (block.type === "tool_result") return { type, tool_use_id: block.tool_use_id, content: block.content }
  return block.type === "text" ? { type, text: block.text } : { type }
}
