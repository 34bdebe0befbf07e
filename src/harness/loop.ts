import { createHash } from "node:crypto"
import type { Store } from "../db/store.ts"
import type { Json } from "../db/tables.ts"
import { type Bound, type Limits, type OverBudget, reserve, settle } from "./budget.ts"
import { idsOf, withOwnIds } from "./call-ids.ts"
import type { Clock } from "./clock.ts"
import { compact } from "./compact.ts"
import { judgeLostCall } from "./lost-calls.ts"
import { type AssistantBlock, type ModelMessage, textOf, type UserBlock, withMessage } from "./message.ts"
import type { Effort, Model, ToolSpec } from "./model.ts"
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
import type { Tool, ToolResult } from "./tool.ts"
import { addMessage, type Conversation, type LostCall, resultBlock } from "./transcript.ts"
import { windowOf } from "./windows.ts"

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

/** A run while it goes on. */
type Talk = {
  messages: ModelMessage[]
  ids: Set<string>
  /** Messages in a row that had to be answered with a correction. */
  corrections: number
  /** Whether old results were cut because this turn was refused as too long. */
  isCompacted: boolean
  /** Of system prompt, tools and messages. */
  bytes: number
  /** What the conversation had when the server last counted it. */
  counted: { tokens: number; bytes: number }
  /** Resolves when all that was said is on disk. */
  stored: Promise<unknown>
}

type Next = { kind: "go-on" } | { kind: "end"; outcome: Outcome }
const goOn: Next = { kind: "go-on" }

/** The longest tool result that the model is given, in characters. */
const longestResult = 50_000
/** The share of the model's window that a conversation may fill before old results are cut. */
const fullWindow = 0.85
const usualMaxTokens = 16_000

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
  await goOnFrom(deps, run, talk, signal)
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

function newTalk(run: AgentRun): Talk {
  const messages = run.before?.messages ?? []
  return {
    messages,
    ids: idsOf(messages),
    corrections: 0,
    isCompacted: false,
    bytes: bytesOf([run.system, run.tools.map(specOf), messages]),
    counted: { tokens: 0, bytes: 0 },
    stored: Promise.resolve(),
  }
}

/** The first words: what became of calls that a killed process left without results, then the prompt. */
async function goOnFrom(deps: LoopDeps, run: AgentRun, talk: Talk, signal: AbortSignal): Promise<void> {
  for (const lost of run.before?.lost ?? []) {
    say(deps, run, talk, [resultOf(lost.id, await answerLost(deps, run, talk, lost, signal))])
  }
  const isModelsTurn = talk.messages.at(-1)?.role === "user"
  const prompt = run.prompt ?? (isModelsTurn ? null : "Your work was interrupted here. Go on with it.")
  if (prompt !== null) say(deps, run, talk, [{ type: "text", text: prompt }])
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
  const result = await runCall(run, talk, { id, name, input: { kind: "complete", input } }, signal)
  run.onEvent?.({ kind: "tool-ended", id, result })
  return result
}

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
  if (calls.length > 0) return runCalls(deps, run, talk, calls, signal)
  if (takeSteering(deps, run, talk)) return goOn
  return end({ kind: "done", text: textOf(content), answer: null })
}

type Wrong = { failure: "cut" | "bad-call" | "empty" | "context-overflow"; say: string }

/** Why a message cannot be taken as it is, in words for the model; null if it can. */
function whatIsWrong({ content, calls, stopReason }: MessageReply): Wrong | null {
  if (stopReason === "max_tokens") {
    return {
      failure: "cut",
      say: "Your message was longer than it may be and was cut; none of its calls were run. Go on in shorter steps.",
    }
  }
  if (stopReason === "model_context_window_exceeded") {
    return {
      failure: "context-overflow",
      say: "Your message was cut, because the conversation is nearly too long. Old results are shortened where they can be; go on briefly.",
    }
  }
  const broken = calls.find((call) => call.input.kind === "cut")
  if (broken) {
    return {
      failure: "bad-call",
      say: `The input of ${broken.name} is no JSON object, so no call of this message was run. Send them again.`,
    }
  }
  if (calls.length > 0 && stopReason !== "tool_use") {
    return {
      failure: "bad-call",
      say: `The message called a tool but ended as ${stopReason}, so nothing was run. Call again.`,
    }
  }
  if (calls.length === 0 && stopReason === "tool_use") {
    return { failure: "bad-call", say: "The message ended to use a tool but called none. Call it, or answer in words." }
  }
  if (content.length === 0) {
    return { failure: "empty", say: "Your message was empty. Go on, or say in a sentence what came of it." }
  }
  return null
}

/** Lets the model mend its message, once: the second wrong message in a row ends the run. */
function correct(deps: LoopDeps, run: AgentRun, talk: Talk, reply: MessageReply, wrong: Wrong): Next {
  const results = reply.calls.map((call) => resultOf(call.id, notRun(wrong.say)))
  say(deps, run, talk, results.length > 0 ? results : [{ type: "text", text: wrong.say }])
  talk.corrections += 1
  if (talk.corrections > 1) return end(failed(wrong.failure, `The model was told once, and again: ${wrong.say}`))
  if (wrong.failure === "context-overflow") makeRoom(run, talk)
  return goOn
}

/** Cuts old tool results before the model's window is full, so that no request is made in vain. */
function keepWithinWindow(deps: LoopDeps, run: AgentRun, talk: Talk): void {
  const room = windowOf(deps.model.name) * fullWindow - (deps.maxTokens ?? usualMaxTokens)
  while (talk.counted.tokens + tokensOfBytes(Math.max(0, talk.bytes - talk.counted.bytes)) > room) {
    if (!cutOldResults(run, talk)) return
  }
}

/** Cuts old tool results after a refusal; false if that was done for this turn already, or there is nothing to cut. */
function makeRoom(run: AgentRun, talk: Talk): boolean {
  if (talk.isCompacted || !cutOldResults(run, talk)) return false
  talk.isCompacted = true
  return true
}

function cutOldResults(run: AgentRun, talk: Talk): boolean {
  const smaller = compact(talk.messages)
  if (!smaller) return false
  talk.messages = smaller.messages
  talk.bytes = bytesOf([run.system, run.tools.map(specOf), talk.messages])
  talk.counted = { tokens: 0, bytes: 0 }
  run.onEvent?.({ kind: "compacted", cut: smaller.cut })
  return true
}

/** Runs the calls of a message one after the other. Every one gets exactly one result, in order, whatever happens. */
async function runCalls(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  calls: ToolCall[],
  signal: AbortSignal,
): Promise<Next> {
  let ends: { answer: Json } | undefined
  for (const call of calls) {
    const skip = reasonToSkip(call, run, signal, ends !== undefined)
    const result = skip ? notRun(skip) : await runCall(run, talk, call, signal)
    ends ??= result.ends
    run.onEvent?.({ kind: "tool-ended", id: call.id, result })
    say(deps, run, talk, [resultOf(call.id, result)])
  }
  if (ends) return end({ kind: "done", text: "", answer: ends.answer })
  if (signal.aborted) return end(aborted)
  takeSteering(deps, run, talk)
  return goOn
}

function reasonToSkip(call: ToolCall, run: AgentRun, signal: AbortSignal, hasEnded: boolean): string | null {
  if (signal.aborted) return "Not run: the run was stopped."
  if (hasEnded) return "Not run: the call before it ended the run."
  if (run.steering && run.steering.length > 0)
    return "Not run: the person has said something meanwhile. Call again if it is still wanted."
  if (call.input.kind === "repeated") {
    return "Not run: it has the id of another call of this message. Call again if it was meant twice."
  }
  return null
}

/** A tool starts when the results of those before it are on disk. */
async function runCall(run: AgentRun, talk: Talk, call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
  await talk.stored
  const tool = run.tools.find((one) => one.name === call.name)
  if (!tool || call.input.kind !== "complete") {
    return notRun(`There is no tool ${call.name}. There is: ${run.tools.map((one) => one.name).join(", ")}.`)
  }
  run.onEvent?.({ kind: "tool-started", call })
  const onProgress = (text: string) => run.onEvent?.({ kind: "tool-progress", id: call.id, text })
  const stopped = Promise.withResolvers<ToolResult>()
  const stop = () => stopped.resolve(notRun("Stopped while it ran; it may or may not have taken effect."))
  signal.addEventListener("abort", stop)
  try {
    return await Promise.race([tool.run(call.input.input, { runId: run.runId, signal, onProgress }), stopped.promise])
  } catch (error) {
    return notRun(`${call.name} failed: ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    signal.removeEventListener("abort", stop)
  }
}

/** What the person has said meanwhile becomes the next words of the conversation. */
function takeSteering(deps: LoopDeps, run: AgentRun, talk: Talk): boolean {
  const said = run.steering?.splice(0) ?? []
  for (const text of said) run.onEvent?.({ kind: "steered", text })
  const content = said.map((text) => ({ type: "text" as const, text }))
  say(deps, run, talk, content)
  return said.length > 0
}

/** Adds to the person's side of the conversation. It is on disk when `talk.stored` resolves, which whoever depends on it
 * awaits: so it shares its commit with what is written next. */
function say(deps: LoopDeps, run: AgentRun, talk: Talk, content: UserBlock[]): void {
  if (content.length === 0) return
  const write = deps.store.jot((db) => addMessage(db, run.runId, { role: "user", content }, deps.clock.now()))
  talk.stored = Promise.all([talk.stored, write])
  // Awaited later; until then a failure must not count as unhandled.
  talk.stored.catch(() => {})
  take(talk, { role: "user", content })
}

function take(talk: Talk, message: ModelMessage): void {
  talk.messages = withMessage(talk.messages, message)
  talk.bytes += bytesOf(message.content)
}

function resultOf(id: string, { text, isError }: ToolResult): UserBlock {
  const left = text.length - longestResult
  const cut = left > 0 ? `${text.slice(0, longestResult)}\n[cut: ${left} more characters]` : text
  return resultBlock(id, cut.toWellFormed() || "(nothing)", isError ?? false)
}

function notRun(text: string): ToolResult {
  return { text, isError: true }
}

function specOf({ name, description, inputSchema }: Tool): ToolSpec {
  return { name, description, inputSchema }
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
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
