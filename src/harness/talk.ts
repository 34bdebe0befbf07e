import { idsOf } from "./call-ids.ts"
import { compact } from "./compact.ts"
import type { AgentRun, LoopDeps } from "./loop.ts"
import { type ModelMessage, type UserBlock, withMessage } from "./message.ts"
import type { ToolSpec } from "./model.ts"
import { tokensOfBytes } from "./reply.ts"
import type { Tool } from "./tool.ts"
import { addMessage } from "./transcript.ts"
import { windowOf } from "./windows.ts"

/** A run while it goes on. */
export type Talk = {
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

/** Output tokens of one message, where nobody says how many. */
export const usualMaxTokens = 16_000
/** The share of the model's window that a conversation may fill before old results are cut. */
const fullWindow = 0.85

/** The conversation as the run finds it. */
export function newTalk(run: AgentRun): Talk {
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

/** What the person has said meanwhile becomes the next words of the conversation. */
export function takeSteering(deps: LoopDeps, run: AgentRun, talk: Talk): boolean {
  const said = run.steering?.splice(0) ?? []
  for (const text of said) run.onEvent?.({ kind: "steered", text })
  const content = said.map((text) => ({ type: "text" as const, text }))
  say(deps, run, talk, content)
  return said.length > 0
}

/** Adds to the person's side of the conversation. It is on disk when `talk.stored` resolves, which whoever depends on it
 * awaits: so it shares its commit with what is written next. */
export function say(deps: LoopDeps, run: AgentRun, talk: Talk, content: UserBlock[]): void {
  if (content.length === 0) return
  const write = deps.store.jot((db) => addMessage(db, run.runId, { role: "user", content }, deps.clock.now()))
  talk.stored = Promise.all([talk.stored, write])
  // Awaited later; until then a failure must not count as unhandled.
  talk.stored.catch(() => {})
  take(talk, { role: "user", content })
}

/** Adds what is on disk already, or will be with what is said next. */
export function take(talk: Talk, message: ModelMessage): void {
  talk.messages = withMessage(talk.messages, message)
  talk.bytes += bytesOf(message.content)
}

/** Cuts old tool results before the model's window is full, so that no request is made in vain. */
export function keepWithinWindow(deps: LoopDeps, run: AgentRun, talk: Talk): void {
  const room = windowOf(deps.model.name) * fullWindow - (deps.maxTokens ?? usualMaxTokens)
  while (talk.counted.tokens + tokensOfBytes(Math.max(0, talk.bytes - talk.counted.bytes)) > room) {
    if (!cutOldResults(run, talk)) return
  }
}

/** Cuts old tool results after a refusal; false if that was done for this turn already, or there is nothing to cut. */
export function makeRoom(run: AgentRun, talk: Talk): boolean {
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

/** A tool as the model is told about it. */
export function specOf({ name, description, inputSchema }: Tool): ToolSpec {
  return { name, description, inputSchema }
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
