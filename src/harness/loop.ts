import { createHash } from "node:crypto"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type Bound, type Limits, type OverBudget, reserve, settle } from "./budget.ts"
import { withOwnIds } from "./call-ids.ts"
import type { Clock } from "./clock.ts"
import { judgeLostCall } from "./lost-calls.ts"
import { type AssistantBlock, textOf } from "./message.ts"
import type { Effort, Model } from "./model.ts"
import { priceOf } from "./prices.ts"
import type { RateGate } from "./rate-gate.ts"
import {
  type FailedReply,
  type Failure,
  type MessageReply,
  type Reply,
  type ToolCall,
  tokensOfBytes,
  type Usage,
} from "./reply.ts"
import { askWithRetries, type Retry } from "./retry.ts"
import {
  keepWithinWindow,
  makeRoom,
  newTalk,
  say,
  specOf,
  type Talk,
  take,
  takeSteering,
  usualMaxTokens,
} from "./talk.ts"
import type { Tool, ToolResult } from "./tool.ts"
import { afterTheEnd, notRun, resultOf, runCall, runCalls } from "./tool-calls.ts"
import { addMessage, type Conversation, type LostCall } from "./transcript.ts"
import { type Wrong, whatIsWrong } from "./wrong-message.ts"

export type LoopDeps = {
  store: Store
  model: Model
  gate: RateGate
  clock: Clock
  random: () => number
  /** USD that all runs together may cost on one day. */
  dayUsd: number
  /** Output tokens of one message, thinking included. */
  maxTokens?: number
}

export type AgentRun = {
  /** A run begun with `startRun`. The caller ends it with `endRun`. */
  runId: number
  system: string
  effort?: Effort
  limits: Limits
  /** The runs that pay for this one too, because one of them asked it. */
  askers?: Bound[]
  /** Null: the run goes on where `before` broke off. */
  prompt: string | null
  tools: Tool[]
  /** The conversation that the prompt goes on with, as `readConversation` gives it. */
  before?: Conversation
  /** What the person says meanwhile: the caller pushes, the loop takes it in after the tool at work. */
  steering?: string[]
  signal: AbortSignal
  onEvent?(event: Event): void
}

/** What happens in a run, as it happens. */
export type Event =
  | { kind: "request"; turn: number }
  | { kind: "text"; text: string }
  /** The turn is asked for again: text that came since the request is void. */
  | ({ kind: "retry" } & Retry)
  | { kind: "message"; content: AssistantBlock[]; usage: Usage }
  | { kind: "tool-started"; call: ToolCall }
  | { kind: "tool-progress"; id: string; text: string }
  | { kind: "tool-ended"; id: string; result: ToolResult }
  | { kind: "steered"; text: string }
  /** Characters of old tool results that were cut, because the conversation had become too long. */
  | { kind: "compacted"; cut: number }
  /** What happens in a run that this one has asked. */
  | { kind: "asked"; runId: number; agent: string; event: Event }

export type Outcome =
  | { kind: "done"; text: string; answer: Json | null }
  | { kind: "failed"; failure: RunFailure; reason: string }
  | { kind: "refused"; reason: string }
  | OverBudget
  | { kind: "aborted"; reason: string }

/** `cut`: two messages in a row were too long. `bad-call`: two in a row had calls that cannot be run. `empty`: two in
 * a row said nothing. `prompt-changed`: system prompt or tools changed within the run, which would cost the cache. */
export type RunFailure = Exclude<Failure, "aborted"> | "cut" | "bad-call" | "empty" | "prompt-changed"

type Next = { kind: "go-on" } | { kind: "end"; outcome: Outcome }
const goOn: Next = { kind: "go-on" }

/** Works a prompt to its outcome: asks the model, runs the tools it calls, and asks again. Failures of model and tools
 * are outcomes; only the database can throw. */
export async function runAgent(deps: LoopDeps, run: AgentRun): Promise<Outcome> {
  const time = AbortSignal.timeout(Math.ceil(run.limits.minutes * 60_000))
  const talk = newTalk(run)
  const outcome = await work(deps, run, talk, AbortSignal.any([run.signal, time]))
  await talk.stored
  return time.aborted && !run.signal.aborted ? outOfTime(outcome, run.limits) : outcome
}

async function work(deps: LoopDeps, run: AgentRun, talk: Talk, signal: AbortSignal): Promise<Outcome> {
  const print = fingerprint(run)
  const answered = await goOnFrom(deps, run, talk, signal)
  if (answered) return { kind: "done", text: "", answer: answered.answer }
  for (let turn = 1; ; turn += 1) {
    if (fingerprint(run) !== print)
      return failed("prompt-changed", "System prompt or tools changed while the run went on.")
    keepWithinWindow(deps, run, talk)
    run.onEvent?.({ kind: "request", turn })
    const reply = await askWithRetries(
      deps,
      signal,
      () => ask(deps, run, talk, turn, signal),
      (retry) => run.onEvent?.({ kind: "retry", ...retry }),
    )
    if (reply.kind === "over-budget") return reply
    const next =
      reply.kind === "failed" ? afterFailure(run, talk, reply) : await afterMessage(deps, run, talk, reply, signal)
    if (next.kind === "end") return next.outcome
  }
}

/** The first words: what became of calls that a killed process left without results, then the prompt. Returns the answer of such a
 * call that ends the run, if one does. */
async function goOnFrom(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  signal: AbortSignal,
): Promise<{ answer: Json } | null> {
  let ends: { answer: Json } | undefined
  for (const lost of run.before?.lost ?? []) {
    const result = ends ? notRun(afterTheEnd) : await answerLost(deps, run, talk, lost, signal)
    ends ??= result.ends
    say(deps, run, talk, [resultOf(lost.id, result)])
  }
  if (ends) return ends
  const isModelsTurn = talk.messages.at(-1)?.role === "user"
  const prompt = run.prompt ?? (isModelsTurn ? null : "Your work was interrupted here. Go on with it.")
  if (prompt !== null) say(deps, run, talk, [{ type: "text", text: prompt }])
  return null
}

async function answerLost(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  { id, name, input, ...lost }: LostCall,
  signal: AbortSignal,
): Promise<ToolResult> {
  const tool = run.tools.find((one) => one.name === name)
  const verdict = await judgeLostCall(deps.store, { id, name, input, ...lost }, tool)
  if (verdict.kind === "unknown") return notRun(verdict.say)
  const made = await runCall(run, talk, { id, name, input: { kind: "complete", input } }, signal)
  const result = made.ends && run.prompt !== null ? { text: `${made.text}\n${unseen}` } : made
  run.onEvent?.({ kind: "tool-ended", id, result })
  return result
}

/** What a person says next is not answered by what they wanted before. */
const unseen = "That was before: the person has said something since and has not seen it."

/** One request: its worst case is set aside before, and what it took is written down after, with the message. None of it waits for
 * the disk: whatever a tool then does is durable only together with all that was written before. */
async function ask(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  turn: number,
  signal: AbortSignal,
): Promise<Reply | OverBudget> {
  const { price } = priceOf(deps.model)
  const { runId, limits, askers } = run
  const wish = {
    runId,
    limits,
    ...(askers ? { askers } : {}),
    dayUsd: deps.dayUsd,
    price,
    turn,
    promptTokens: tokensOfBytes(talk.bytes),
    maxTokens: deps.maxTokens ?? usualMaxTokens,
  }
  // What was said last and what is set aside share one commit.
  const [hold] = await Promise.all([deps.store.jot((db) => reserve(db, wish, deps.clock.now())), talk.stored])
  if (hold.kind === "over-budget") return hold
  const onText = (text: string) => run.onEvent?.({ kind: "text", text })
  const received = await deps.model.request({
    system: run.system,
    tools: run.tools.map(specOf),
    messages: talk.messages,
    effort: run.effort,
    maxTokens: hold.maxTokens,
    signal,
    onText,
  })
  const reply = received.kind === "message" ? withOwnIds(received, talk.ids) : received
  await deps.store.jot(async (db) => {
    await settle(db, hold, price, reply.usage)
    if (reply.kind === "failed") return
    const { content, stopReason } = reply
    await addMessage(db, run.runId, { role: "assistant", content, stopReason }, deps.clock.now())
  })
  return reply
}

function afterFailure(run: AgentRun, talk: Talk, reply: FailedReply): Next {
  const { failure, reason } = reply
  if (failure === "aborted") return end(aborted)
  if ((failure === "context-overflow" || failure === "too-large") && makeRoom(run, talk)) return goOn
  return end(failed(failure, reason))
}

async function afterMessage(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  reply: MessageReply,
  signal: AbortSignal,
): Promise<Next> {
  const { content, calls, stopReason, usage } = reply
  run.onEvent?.({ kind: "message", content, usage })
  take(talk, { role: "assistant", content })
  talk.counted = { tokens: usage.input + usage.cacheWrite + usage.cacheRead + usage.output, bytes: talk.bytes }

  if (stopReason === "refusal") {
    const results = calls.map((call) => resultOf(call.id, notRun("The run ended with this message.")))
    say(deps, run, talk, results)
    return end({ kind: "refused", reason: reply.stopDetail ?? "The model refused, and did not say why." })
  }
  const wrong = whatIsWrong(reply)
  if (wrong) return correct(deps, run, talk, reply, wrong)
  talk.corrections = 0
  talk.isCompacted = false
  if (stopReason === "pause_turn") return goOn
  if (calls.length > 0) {
    const answered = await runCalls(deps, run, talk, calls, signal)
    if (answered) return end({ kind: "done", text: "", answer: answered.answer })
    if (signal.aborted) return end(aborted)
    takeSteering(deps, run, talk)
    return goOn
  }
  if (takeSteering(deps, run, talk)) return goOn
  return end({ kind: "done", text: textOf(content), answer: null })
}

/** Lets the model mend its message, once: the second wrong message in a row ends the run. */
function correct(deps: LoopDeps, run: AgentRun, talk: Talk, reply: MessageReply, wrong: Wrong): Next {
  // Before the correction, which is no prompt to begin the conversation with.
  if (wrong.failure === "context-overflow") makeRoom(run, talk)
  const results = reply.calls.map((call) => resultOf(call.id, notRun(wrong.say)))
  say(deps, run, talk, results.length > 0 ? results : [{ type: "text", text: wrong.say }])
  talk.corrections += 1
  if (talk.corrections > 1) return end(failed(wrong.failure, `The model was told once, and again: ${wrong.say}`))
  return goOn
}

/** Of what the prompt cache needs to stay the same. */
function fingerprint(run: AgentRun): string {
  return createHash("sha256")
    .update(JSON.stringify([run.system, run.tools.map(specOf)]))
    .digest("hex")
}

function outOfTime(outcome: Outcome, limits: Limits): Outcome {
  if (outcome.kind !== "aborted") return outcome
  return { kind: "over-budget", scope: "run", reason: `It has worked for its ${limits.minutes} minutes.` }
}

function failed(failure: RunFailure, reason: string): Outcome {
  return { kind: "failed", failure, reason }
}

const aborted: Outcome = { kind: "aborted", reason: "The run was stopped." }

function end(outcome: Outcome): Next {
  return { kind: "end", outcome }
}
