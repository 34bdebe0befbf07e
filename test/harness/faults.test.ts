import { describe, expect, test } from "vitest"
import type { Json } from "../../src/db/json.ts"
import type { Outcome } from "../../src/harness/loop.ts"
import type { ModelMessage } from "../../src/harness/message.ts"
import { readConversation } from "../../src/harness/transcript.ts"
import { type Answer, apiError, complaintAbout, type ModelRequestBody } from "./messages-server.ts"
import { noteTool, openBench } from "./workbench.ts"

const note = (text: string) => ({ name: "note", input: { text } })
const half = '{"text": "ha'
const page = { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" }
const limited = (headers: Record<string, string> = {}) => apiError(429, "rate_limit_error", "Slow down", headers)

/** What a server may do once, and what a run comes to that meets it: most are got over. */
const faults: [string, Answer, Outcome["kind"]][] = [
  ["429 without retry-after", limited(), "done"],
  ["429 with retry-after", limited({ "retry-after": "3" }), "done"],
  ["429 with a retry-after of years", limited({ "retry-after": "99999999999" }), "done"],
  ["529", apiError(529, "overloaded_error", "Overloaded"), "done"],
  ["500", apiError(500, "api_error", "Oops"), "done"],
  ["503 that is no JSON", { status: 503, headers: { "content-type": "text/html" }, body: "<h1>Gone</h1>" }, "done"],
  ["408", apiError(408, "timeout_error", "Too slow"), "done"],
  ["an error in mid-stream", { calls: [note("never")], breaks: { error: "overloaded_error" } }, "done"],
  ["another error in mid-stream", { text: "Half", breaks: { error: "api_error" } }, "done"],
  ["a cut socket", { calls: [note("never")], breaks: "cut" }, "done"],
  ["an early end", { calls: [note("never")], breaks: "end" }, "done"],
  ["a stall", { text: "Half", breaks: "stall" }, "done"],
  ["an event that cannot be read", { calls: [note("never")], breaks: "garbage" }, "done"],
  ["tool JSON cut, stopped by max_tokens", { calls: [{ name: "note", raw: half }], stop: "max_tokens" }, "done"],
  ["tool JSON cut, ended to use a tool", { calls: [{ name: "note", raw: half }] }, "done"],
  ["tool JSON that is no object", { calls: [{ name: "note", raw: "[1]" }] }, "done"],
  [
    "one id twice",
    {
      calls: [
        { ...note("b"), id: "x" },
        { ...note("c"), id: "x" },
      ],
    },
    "done",
  ],
  ["an unknown tool", { calls: [{ name: "no_such_tool", input: {} }] }, "done"],
  ["two tools, of which one fails", { calls: [note("fail"), note("d")] }, "done"],
  ["a call that does not end to use a tool", { calls: [note("never")], stop: "end_turn" }, "done"],
  ["an end to use a tool without a call", { text: "Now.", stop: "tool_use" }, "done"],
  ["a refusal", { text: "Rather not.", stop: "refusal", explanation: "Not that." }, "refused"],
  ["a refusal with a call", { calls: [note("never")], stop: "refusal" }, "refused"],
  ["context overflow", apiError(400, "invalid_request_error", "prompt is too long"), "failed"],
  ["the window's end", { text: "Half", stop: "model_context_window_exceeded" }, "done"],
  ["pause_turn", { text: "Still at it.", stop: "pause_turn" }, "done"],
  ["an empty message", {}, "done"],
  ["a blank message", { text: " \n" }, "done"],
  ["a huge message", { text: "x".repeat(2_000_000), calls: [note("e")] }, "done"],
  ["a page instead of a model", page, "done"],
  ["a wrong content type", { text: "Half", contentType: "text/plain" }, "done"],
  ["a slow first byte", { calls: [note("f")], delay: 60 }, "done"],
  ["a refused key", apiError(401, "authentication_error", "bad key"), "failed"],
  ["no credit", apiError(402, "billing_error", "no credit"), "failed"],
  ["a forbidden model", apiError(403, "permission_error", "not yours"), "failed"],
  ["no such model", apiError(404, "not_found_error", "model: nope"), "failed"],
  ["a request too large", apiError(413, "request_too_large", "too large"), "failed"],
  ["a request that is wrong", apiError(400, "invalid_request_error", "bad"), "failed"],
]

describe("invariant 4: whatever the server does, the run ends in a named outcome, and nothing is thrown into the loop", () => {
  test.each(faults)("%s, before and after a tool has run", async (_, fault, kind) => {
    for (const at of [1, 2]) {
      const effects: Json[] = []
      const script = (body: ModelRequestBody, number: number): Answer =>
        number === at ? fault : hasNoted(body.messages, "a") ? { text: "Done." } : { calls: [note("a")] }
      const bench = await openBench(script, { idleMs: 150, firstEventMs: 1_000 })
      const tool = noteTool(effects, async (input) => {
        if (input.text === "fail") throw new Error("It broke.")
        return { text: `noted ${input.text}` }
      })
      expect((await bench.run({ tools: [tool] })).kind, `fault at request ${at}`).toBe(kind)
      expect(effects.length, "nothing twice").toBe(new Set(effects.map((one) => JSON.stringify(one))).size)
      expect(effects).not.toContainEqual({ text: "never" })
      if (kind === "done") expect(effects).toContainEqual({ text: "a" })
      const { messages, lost } = await readConversation(bench.store, (await bench.row()).id)
      expect(lost, "every call has its result").toEqual([])
      expect(complaintAbout(messages.map(asSent))).toBeNull()
    }
  })
})

function hasNoted(messages: ModelRequestBody["messages"], text: string): boolean {
  return messages.some(({ content }) => content.some((block) => block.content === `noted ${text}`))
}

function asSent({ role, content }: ModelMessage): ModelRequestBody["messages"][number] {
  return { role, content: content.map((block) => ({ ...block })) }
}
