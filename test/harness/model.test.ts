import { describe, expect, test } from "vitest"
import { type ModelOptions, openModel } from "../../src/harness/model.ts"
import type { Reply } from "../../src/harness/reply.ts"
import { type Answer, apiError, type Message } from "./messages-server.ts"
import { key, openBench } from "./workbench.ts"

async function ask(answer: Answer, options: Partial<ModelOptions> = {}, signal = new AbortController().signal) {
  const bench = await openBench([answer], options)
  const text: string[] = []
  const reply = await bench.model.request({
    system: "You test.",
    tools: [{ name: "note", description: "Notes.", inputSchema: { type: "object" } }],
    messages: [{ role: "user", content: [{ type: "text", text: "Go." }] }],
    maxTokens: 1_000,
    signal,
    onText: (part) => text.push(part),
  })
  return { reply, text, server: bench.server }
}

function failureOf(reply: Reply) {
  return reply.kind === "failed" ? reply.failure : reply.kind
}

describe("a reply", () => {
  test("a message comes with its text as it streams, its thinking verbatim and its calls complete", async () => {
    const { reply, text } = await ask({
      thinking: "Let me see.",
      text: "I look it up.",
      calls: [{ name: "note", input: { text: "hi" }, id: "toolu_1" }],
      usage: { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 7, cache_creation_input_tokens: 3 },
    })
    expect(text.join("")).toBe("I look it up.")
    expect(reply).toEqual({
      kind: "message",
      content: [
        { type: "thinking", thinking: "Let me see.", signature: "signed" },
        { type: "text", text: "I look it up." },
        { type: "tool_use", id: "toolu_1", name: "note", input: { text: "hi" } },
      ],
      calls: [{ id: "toolu_1", name: "note", input: { kind: "complete", input: { text: "hi" } } }],
      stopReason: "tool_use",
      stopDetail: null,
      usage: { input: 10, output: 5, cacheRead: 7, cacheWrite: 3 },
    })
  })

  test.each(['{"text": "hal', "[1]", "{oops}"])("tool input %s is not completed by guessing", async (raw) => {
    const { reply } = await ask({ calls: [{ name: "note", raw }] })
    expect(reply).toMatchObject({ calls: [{ input: { kind: "cut", raw } }], content: [{ input: {} }] })
  })

  test("a server that counts nothing is charged by what went over the wire", async () => {
    const { reply } = await ask({ text: "a".repeat(300), usage: null })
    expect(reply.usage?.output).toBe(100)
    expect(reply.usage?.input).toBeGreaterThan(20)
  })

  test("what is sent lets the prompt be cached and carries the key as a bearer", async () => {
    const { server } = await ask({ text: "Hello." })
    expect(JSON.parse(server.requests[0]?.raw ?? "")).toMatchObject({
      cache_control: { type: "ephemeral" },
      stream: true,
      max_tokens: 1_000,
    })
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`)
  })

  test("a local server needs no key", async () => {
    const bench = await openBench([{ text: "Hello." }], { model: "qwen", apiKey: undefined })
    expect(await bench.run()).toMatchObject({ kind: "done", text: "Hello." })
  })
})

describe("a failed request is a value with a name", () => {
  test.each<[string, Answer]>([
    ["rate-limited", apiError(429, "rate_limit_error", "Slow down")],
    ["overloaded", apiError(529, "overloaded_error", "Overloaded")],
    ["server", apiError(500, "api_error", "Oops")],
    ["server", { status: 503, headers: { "content-type": "text/html" }, body: "<h1>503</h1>" }],
    ["refused-key", apiError(401, "authentication_error", "invalid bearer token")],
    ["refused-key", apiError(403, "permission_error", "not yours")],
    ["no-credit", apiError(402, "billing_error", "Your credit balance is too low")],
    ["invalid", apiError(400, "invalid_request_error", "bad")],
    [
      "context-overflow",
      apiError(400, "invalid_request_error", "prompt is too long: 1000001 tokens > 1000000 maximum"),
    ],
    ["too-large", apiError(413, "request_too_large", "Request exceeds the maximum size")],
    ["no-such-model", apiError(404, "not_found_error", "model: nope")],
    ["not-a-model", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" }],
    ["not-a-model", { text: "Hello.", contentType: "text/plain" }],
    ["overloaded", { text: "Half", breaks: { error: "overloaded_error" } }],
    ["server", { text: "Half", breaks: { error: "api_error" } }],
    ["server", { text: "Half", breaks: "garbage" }],
    ["network", { text: "Half", breaks: "cut" }],
    ["network", { text: "Half", breaks: "end" }],
    ["network", { calls: [{ name: "note", input: { text: "half" } }], breaks: "end" }],
  ])("%s", async (failure, answer) => {
    const { reply, server } = await ask(answer)
    expect(failureOf(reply)).toBe(failure)
    expect(server.requests).toHaveLength(1)
  })

  test("a message that was interrupted still has its cost", async () => {
    const { reply } = await ask({ text: "a".repeat(600), breaks: "cut", usage: { input_tokens: 77, output_tokens: 1 } })
    expect(reply.usage).toMatchObject({ input: 77, output: 100 })
  })

  test("silence is given up, in mid-stream and before the first byte", async () => {
    expect(failureOf((await ask({ text: "Half", breaks: "stall" }, { idleMs: 60 })).reply)).toBe("stalled")
    expect(failureOf((await ask({ text: "Late", delay: 500 }, { firstEventMs: 60 })).reply)).toBe("stalled")
  })

  test("a model that thinks for long but lets its server ping is not given up", async () => {
    const slow: Message = { text: "Thought.", pings: { count: 11, every: 200 } }
    expect((await ask(slow, { idleMs: 2_000 })).reply).toMatchObject({ kind: "message" })
  })

  test("a slow first byte within the limit is fine", async () => {
    expect((await ask({ text: "Late", delay: 1_500 }, { idleMs: 1_000 })).reply.kind).toBe("message")
  })

  test("an abort ends it, before and during the reply", async () => {
    expect(failureOf((await ask({ text: "Never" }, {}, AbortSignal.abort())).reply)).toBe("aborted")
    expect(failureOf((await ask({ text: "Half", breaks: "stall" }, {}, AbortSignal.timeout(80))).reply)).toBe("aborted")
  })

  test("a server that cannot be reached is network", async () => {
    const model = openModel({ model: "claude-opus-5-5", apiKey: key, baseURL: "http://127.0.0.1:1" })
    const reply = await model.request({
      system: "",
      tools: [],
      messages: [],
      maxTokens: 1,
      signal: new AbortController().signal,
    })
    expect(failureOf(reply)).toBe("network")
  })

  test("the key never stands in a reason, even if the server says it", async () => {
    const { reply } = await ask(apiError(401, "authentication_error", `invalid key ${"x".repeat(480)}${key}`))
    expect(JSON.stringify(reply)).not.toContain(key.slice(0, 8))
  })

  test.each<[string, number | null]>([
    ["7", 7_000],
    ["999999999999", 999_999_999_999_000],
    ["soon", null],
    ["0", 0],
  ])("retry-after %s", async (header, milliseconds) => {
    const { reply } = await ask(apiError(429, "rate_limit_error", "Slow down", { "retry-after": header }))
    expect(reply).toMatchObject({ retryAfterMs: milliseconds })
  })

  test("retry-after may be a date", async () => {
    const date = new Date(Date.now() + 30_000).toUTCString()
    const { reply } = await ask(apiError(429, "rate_limit_error", "Slow down", { "retry-after": date }))
    expect(reply.kind === "failed" && reply.retryAfterMs).toBeGreaterThan(25_000)
  })
})
