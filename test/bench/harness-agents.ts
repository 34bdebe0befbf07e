import { mkdtempSync } from "node:fs"
import { createRequire, registerHooks } from "node:module"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"

/** One agent at work on a prompt. */
type Agent = (prompt: string) => Promise<void>

const system = "You note things."

/** Opens an agent that speaks to the server at a URL, with packages out of a folder. */
export const agents = { bare: openBare, client: openClient, ours: openOurs, ai: openAi, sdk: openSdk }

async function openBare(url: string): Promise<Agent> {
  const tools = [{ name: "note", description: "Notes something.", input_schema: { type: "object" } }]
  return async (prompt) => {
    const messages: unknown[] = [{ role: "user", content: [{ type: "text", text: prompt }] }]
    for (;;) {
      const body = JSON.stringify({
        model: "claude-opus-5-5",
        max_tokens: 1_000,
        stream: true,
        system,
        tools,
        messages,
      })
      const response = await fetch(`${url}/v1/messages`, { method: "POST", body })
      const text = await response.text()
      const id = /"id":"(toolu_[^"]+)"/.exec(text)?.[1]
      if (!id) return
      messages.push({ role: "assistant", content: [{ type: "tool_use", id, name: "note", input: {} }] })
      messages.push({ role: "user", content: [{ type: "tool_result", tool_use_id: id, content: "noted" }] })
    }
  }
}

/** The loop that one would write oneself around the SDK. */
async function openClient(url: string): Promise<Agent> {
  const { default: Anthropic } = await import("@anthropic-ai/sdk")
  const client = new Anthropic({ apiKey: "any", baseURL: url })
  const input_schema = { type: "object" as const, properties: { text: { type: "string" } } }
  const tools = [{ name: "note", description: "Notes something.", input_schema }]
  return async (prompt) => {
    const asked = { role: "user" as const, content: [{ type: "text" as const, text: prompt }] }
    const messages: Parameters<typeof client.messages.stream>[0]["messages"] = [asked]
    for (;;) {
      const body = { model: "claude-opus-5-5", max_tokens: 1_000, system, tools, messages }
      const { content } = await client.messages.stream(body).finalMessage()
      const calls = content.filter((block) => block.type === "tool_use")
      if (calls.length === 0) return
      messages.push({ role: "assistant", content })
      const results = calls.map(({ id }) => ({ type: "tool_result" as const, tool_use_id: id, content: "noted" }))
      messages.push({ role: "user", content: results })
    }
  }
}

async function openOurs(url: string): Promise<Agent> {
  // As the launcher does it; and imported here, so that the others' processes do not load it.
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifier.startsWith(".") || !context.parentURL?.includes("/node_modules/drizzle-orm/"))
        return next(specifier, context)
      return { url: new URL(specifier, context.parentURL).href, format: "module", shortCircuit: true }
    },
  })
  const { openStore } = await import("../../src/db/store.ts")
  const { systemClock } = await import("../../src/harness/clock.ts")
  const { runAgent } = await import("../../src/harness/loop.ts")
  const { openModel } = await import("../../src/harness/model.ts")
  const { openRateGate } = await import("../../src/harness/rate-gate.ts")
  const { startRun } = await import("../../src/harness/transcript.ts")
  const store = openStore(join(mkdtempSync(join(tmpdir(), "giant-bench-")), "giant.db"))
  const clock = systemClock
  const random = Math.random
  const gate = openRateGate({ clock, random, atOnce: 200 })
  const model = openModel({ model: "claude-opus-5-5", apiKey: "any", baseURL: url })
  const inputSchema = { type: "object", properties: { text: { type: "string" } } }
  return async (prompt) => {
    const run = { agent: "noter", model: model.name, prompt, person: "ada" }
    const outcome = await runAgent(
      { store, model, gate, clock, random, dayUsd: 1e6 },
      {
        runId: await startRun(store, run, clock.now()),
        system,
        prompt,
        limits: { usd: 1e5, tokens: 1e9, turns: 1_000, minutes: 60 },
        tools: [{ name: "note", description: "Notes something.", inputSchema, run: async () => ({ text: "noted" }) }],
        signal: new AbortController().signal,
      },
    )
    if (outcome.kind !== "done") throw new Error(outcome.reason)
  }
}

async function openAi(url: string, modules: string): Promise<Agent> {
  const { generateText, streamText, tool, stepCountIs, isStepCount } = await importFrom(modules, "ai")
  const { createAnthropic } = await importFrom(modules, "@ai-sdk/anthropic")
  const { z } = await importFrom(modules, "zod")
  const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: "any" })("claude-opus-5-5")
  const note = tool({
    description: "Notes something.",
    inputSchema: z.object({ text: z.string() }),
    execute: async () => "noted",
  })
  const stopWhen = (stepCountIs ?? isStepCount)(1_000)
  return async (prompt) => {
    const result = (streamText ?? generateText)({
      model,
      system,
      instructions: system,
      prompt,
      tools: { note },
      stopWhen,
    })
    await result.text
  }
}

async function openSdk(url: string, modules: string): Promise<Agent> {
  const { query, tool, createSdkMcpServer } = await importFrom(modules, "@anthropic-ai/claude-agent-sdk")
  const { z } = await importFrom(modules, "zod")
  return async (prompt) => {
    const note = tool("note", "Notes something.", { text: z.string() }, async () => ({
      content: [{ type: "text", text: "noted" }],
    }))
    const options = {
      model: "claude-opus-5-5",
      systemPrompt: system,
      tools: [],
      settingSources: [],
      allowedTools: ["mcp__bench__note"],
      mcpServers: { bench: createSdkMcpServer({ name: "bench", version: "1.0.0", tools: [note] }) },
      env: { ...process.env, ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "any" },
    }
    for await (const _ of query({ prompt, options }));
  }
}

async function importFrom(modules: string, name: string) {
  const require = createRequire(join(modules, "package.json"))
  return import(pathToFileURL(require.resolve(name)).href)
}
