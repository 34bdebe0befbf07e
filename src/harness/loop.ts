import { createHash } from "node:crypto"
import type { Store } from "../db/store.ts"
import type { Json } from "../db/tables.ts"
import { type Limits, type OverBudget, reserve, settle } from "./budget.ts"
import { idsOf, withOwnIds } from "./call-ids.ts"
import type { Clock } from "./clock.ts"
import { compact } from "./compact.ts"
import { type AssistantBlock, type ModelMessage, textOf, type UserBlock, withMessage } from "./message.ts"
import { type Effort, estimateTokens, type Model, type ToolSpec } from "./model.ts"
import { priceOf } from "./prices.ts"
import type { RateGate } from "./rate-gate.ts"
import type { FailedReply, Failure, MessageReply, Reply, ToolCall, Usage } from "./reply.ts"
import { askWithRetries, type Retry } from "./retry.ts"
import type { Tool, ToolResult } from "./tool.ts"
import { addMessage } from "./transcript.ts"

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
  prompt: string
  tools: Tool[]
  /** The conversation that the prompt goes on with, as `readTranscript` gives it. */
  history?: ModelMessage[]
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
  isCompacted: boolean
}

type Next = { kind: "go-on" } | { kind: "end"; outcome: Outcome }
const goOn: Next = { kind: "go-on" }

/** The longest tool result that the model is given, in characters. */
const longestResult = 50_000

/** Works a prompt to its outcome: asks the model, runs the tools it calls, and asks again. Failures of model and tools
 * are outcomes; only the database can throw. */
export async function runAgent(deps: LoopDeps, run: AgentRun): Promise<Outcome> {
  const time = AbortSignal.timeout(Math.ceil(run.limits.minutes * 60_000))
  const signal = AbortSignal.any([run.signal, time])
  const print = fingerprint(run)
  const talk: Talk = { messages: run.history ?? [], ids: idsOf(run.history ?? []), corrections: 0, isCompacted: false }
  await say(deps, run, talk, [{ type: "text", text: run.prompt }])

  for (let turn = 1; ; turn += 1) {
    if (fingerprint(run) !== print)
      return failed("prompt-changed", "System prompt or tools changed while the run went on.")
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
    if (next.kind === "end")
      return time.aborted && !run.signal.aborted ? outOfTime(next.outcome, run.limits) : next.outcome
  }
}

/** One request: its worst case is set aside before, and what it took is written down after, with the message. */
async function ask(
  deps: LoopDeps,
  run: AgentRun,
  talk: Talk,
  turn: number,
  signal: AbortSignal,
): Promise<Reply | OverBudget> {
  const { price } = priceOf(deps.model)
  const prompt = { system: run.system, tools: run.tools.map(specOf), messages: talk.messages }
  const wish = {
    runId: run.runId,
    limits: run.limits,
    dayUsd: deps.dayUsd,
    price,
    turn,
    promptTokens: estimateTokens(prompt),
    maxTokens: deps.maxTokens ?? 16_000,
  }
  const hold = await deps.store.write((db) => reserve(db, wish, deps.clock.now()))
  if (hold.kind === "over-budget") return hold
  const onText = (text: string) => run.onEvent?.({ kind: "text", text })
  const received = await deps.model.request({
    ...prompt,
    effort: run.effort,
    maxTokens: hold.maxTokens,
    signal,
    onText,
  })
  const reply = received.kind === "message" ? withOwnIds(received, talk.ids) : received
  await deps.store.write(async (db) => {
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
  talk.messages = withMessage(talk.messages, { role: "assistant", content })

  if (stopReason === "refusal") {
    await say(
      deps,
      run,
      talk,
      calls.map((call) => resultBlock(call.id, notRun("The run ended with this message."))),
    )
    return end({ kind: "refused", reason: reply.stopDetail ?? "The model refused, and did not say why." })
  }
  const wrong = whatIsWrong(reply)
  if (wrong) return correct(deps, run, talk, reply, wrong)
  talk.corrections = 0
  talk.isCompacted = false
  if (stopReason === "pause_turn") return goOn
  if (calls.length > 0) return runCalls(deps, run, talk, calls, signal)
  if (await takeSteering(deps, run, talk)) return goOn
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
async function correct(deps: LoopDeps, run: AgentRun, talk: Talk, reply: MessageReply, wrong: Wrong): Promise<Next> {
  const results = reply.calls.map((call) => resultBlock(call.id, notRun(wrong.say)))
  await say(deps, run, talk, results.length > 0 ? results : [{ type: "text", text: wrong.say }])
  talk.corrections += 1
  if (talk.corrections > 1) return end(failed(wrong.failure, `The model was told once, and again: ${wrong.say}`))
  if (wrong.failure === "context-overflow") makeRoom(run, talk)
  return goOn
}

/** Cuts old tool results; false if that was done for this turn already, or there is nothing to cut. */
function makeRoom(run: AgentRun, talk: Talk): boolean {
  const smaller = talk.isCompacted ? null : compact(talk.messages)
  if (!smaller) return false
  talk.messages = smaller.messages
  talk.isCompacted = true
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
    const result = skip ? notRun(skip) : await runCall(run, call, signal)
    ends ??= result.ends
    run.onEvent?.({ kind: "tool-ended", id: call.id, result })
    await say(deps, run, talk, [resultBlock(call.id, result)])
  }
  if (ends) return end({ kind: "done", text: "", answer: ends.answer })
  if (signal.aborted) return end(aborted)
  await takeSteering(deps, run, talk)
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

async function runCall(run: AgentRun, call: ToolCall, signal: AbortSignal): Promise<ToolResult> {
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
async function takeSteering(deps: LoopDeps, run: AgentRun, talk: Talk): Promise<boolean> {
  const said = run.steering?.splice(0) ?? []
  for (const text of said) run.onEvent?.({ kind: "steered", text })
  await say(
    deps,
    run,
    talk,
    said.map((text) => ({ type: "text", text })),
  )
  return said.length > 0
}

/** Adds to the person's side of the conversation: written down first. */
async function say(deps: LoopDeps, run: AgentRun, talk: Talk, content: UserBlock[]): Promise<void> {
  if (content.length === 0) return
  await deps.store.write((db) => addMessage(db, run.runId, { role: "user", content }, deps.clock.now()))
  talk.messages = withMessage(talk.messages, { role: "user", content })
}

function resultBlock(id: string, result: ToolResult): UserBlock {
  const left = result.text.length - longestResult
  const text = left > 0 ? `${result.text.slice(0, longestResult)}\n[cut: ${left} more characters]` : result.text
  const content = text.toWellFormed() || "(nothing)"
  return { type: "tool_result", tool_use_id: id, content, ...(result.isError ? { is_error: true } : {}) }
}

function notRun(text: string): ToolResult {
  return { text, isError: true }
}

function specOf({ name, description, inputSchema }: Tool): ToolSpec {
  return { name, description, inputSchema }
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
