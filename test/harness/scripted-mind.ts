import type { ModelMessage } from "../../src/harness/message.ts"
import type { Failure, MessageReply, Reply, ToolCall, Usage } from "../../src/harness/reply.ts"

/** How often, from 0 to 1, a reply goes wrong. */
export type Mischief = { perReply: number }

type Step = { name: "look" | "act"; step: number }

/** A model's mind by rules: it looks what is done, does the steps that are not, and looks again after every call whose
 * outcome nobody knows. Now and then it, or the server, goes wrong in one of the ways that are known of them. */
export function scriptedMind(random: () => number, mischief: Mischief) {
  return (messages: ModelMessage[], maxTokens: number): Reply => {
    const usage = usageFor(messages, maxTokens, random)
    const plan = nextSteps(messages, random)
    const calls = plan.steps.map(({ name, step }, i) => callOf(name, plan.task, step, i))
    const fine = message(calls, calls.length === 0 ? "All done." : "", usage)
    return random() < mischief.perReply ? wrong(fine, usage, random) : fine
  }
}

/** What the conversation shows as done, and what comes next. */
function nextSteps(messages: ModelMessage[], random: () => number): { task: number; steps: Step[] } {
  const [, task = "0", count = "0"] = /task (\d+), which has (\d+) steps/.exec(JSON.stringify(messages[0])) ?? []
  const all = Array.from({ length: Number(count) }, (_, i) => i + 1)
  let done: Set<number> | null = null
  for (const message of messages) {
    if (message.role === "assistant") continue
    for (const block of message.content) {
      if (block.type !== "tool_result") continue
      const seen = /^done: (.*)$/.exec(block.content)?.[1]
      const did = /^did step (\d+)/.exec(block.content)?.[1]
      if (seen !== undefined) done = new Set(seen.split(",").filter(Boolean).map(Number))
      if (did !== undefined) done?.add(Number(did))
      if (/may or may not/.test(block.content)) done = null
    }
  }
  if (done === null) return { task: Number(task), steps: [{ name: "look", step: 0 }] }
  const known = done
  const left = all.filter((step) => !known.has(step))
  return { task: Number(task), steps: left.slice(0, random() < 0.4 ? 2 : 1).map((step) => ({ name: "act", step })) }
}

/** Ids count from zero in every message, as some servers do it. */
function callOf(name: string, task: number, step: number, i: number): ToolCall {
  return { id: `call_${i}`, name, input: { kind: "complete", input: { task, step } } }
}

function message(calls: ToolCall[], text: string, usage: Usage): MessageReply {
  const words = text ? [{ type: "text" as const, text }] : []
  const uses = calls.map(({ id, name, input }) => ({
    type: "tool_use" as const,
    id,
    name,
    input: input.kind === "complete" ? input.input : {},
  }))
  const stopReason = calls.length > 0 ? "tool_use" : "end_turn"
  return { kind: "message", content: [...words, ...uses], calls, stopReason, stopDetail: null, usage }
}

function usageFor(messages: ModelMessage[], maxTokens: number, random: () => number): Usage {
  const prompt = Math.floor(JSON.stringify(messages).length / 4)
  const cacheRead = Math.floor(prompt * random())
  const output = Math.min(maxTokens, Math.floor(50 + random() * 3_000))
  return { input: 0, cacheWrite: prompt - cacheRead, cacheRead, output }
}

function wrong(fine: MessageReply, usage: Usage, random: () => number): Reply {
  const pick = <T>(list: [T, ...T[]]): T => list[Math.floor(random() * list.length)] ?? list[0]
  const failed = (failure: Failure): Reply => {
    const isBegun = failure === "network" || failure === "stalled" || failure === "overloaded"
    const retryAfterMs = failure === "rate-limited" ? random() * 30_000 : null
    return { kind: "failed", failure, reason: failure, retryAfterMs, usage: isBegun && random() < 0.5 ? usage : null }
  }
  return pick<() => Reply>([
    () => failed(pick<Failure>(["rate-limited", "overloaded", "server", "network", "stalled", "not-a-model"])),
    () => failed("context-overflow"),
    () => failed("invalid"),
    () => ({ ...fine, stopReason: "max_tokens" }),
    () => ({ ...fine, stopReason: fine.calls.length > 0 ? "end_turn" : "tool_use" }),
    () => ({ ...fine, calls: fine.calls.map((call) => ({ ...call, input: { kind: "cut", raw: '{"ta' } })) }),
    () => message([], "", usage),
    () => ({ ...message([], "Hm.", usage), stopReason: "pause_turn" }),
    () => ({ ...fine, stopReason: "refusal", stopDetail: "Rather not." }),
    () => message([...fine.calls, ...fine.calls], fine.calls.length === 0 ? "All done." : "", usage),
    () => message([{ id: "call_9", name: "no_such_tool", input: { kind: "complete", input: {} } }], "", usage),
  ])()
}
