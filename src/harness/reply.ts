import { z } from "zod"
import type { JsonObject } from "../db/json.ts"
import { type AssistantBlock, jsonObject } from "./message.ts"

/** What came of one request to a model. */
export type Reply = MessageReply | FailedReply

export type MessageReply = {
  kind: "message"
  /** What goes back to the model with the next request. The input of a call that was cut is empty here. */
  content: AssistantBlock[]
  /** The tool calls of `content`, in its order. */
  calls: ToolCall[]
  /** `end_turn`, `tool_use`, `max_tokens`, ...; null if the server named none. */
  stopReason: string | null
  /** Why the model refused, if it says. */
  stopDetail: string | null
  usage: Usage
}

export type FailedReply = {
  kind: "failed"
  failure: Failure
  /** For a person; never contains the key. */
  reason: string
  /** How long the server asks to wait, uncapped. */
  retryAfterMs: number | null
  /** What an interrupted message cost; null if none had begun. */
  usage: Usage | null
}

export type Failure =
  | "rate-limited"
  | "overloaded"
  | "server"
  | "network"
  | "stalled"
  | "refused-key"
  | "no-credit"
  | "invalid"
  | "context-overflow"
  | "too-large"
  /** What answers at the address speaks another language, such as a network's sign-in page. */
  | "not-a-model"
  | "no-such-model"
  | "aborted"

export type ToolCall = {
  id: string
  name: string
  /** `cut`: it is no JSON object. `repeated`: the call has the id of another one of its message. */
  input: { kind: "complete"; input: JsonObject } | { kind: "cut"; raw: string } | { kind: "repeated" }
}

/** Tokens. The prompt has `input + cacheWrite + cacheRead`. */
export type Usage = { input: number; cacheWrite: number; cacheRead: number; output: number }

/** A reply while it comes in. */
export type Draft = {
  begun: boolean
  blocks: Map<number, DraftBlock>
  /** Of everything the model has said so far. */
  bytes: number
  stopReason: string | null
  stopDetail: string | null
  counted: Partial<Usage>
  /** Tokens that the prompt has at most, for servers that count nothing. */
  promptEstimate: () => number
}

type DraftBlock = {
  type: string
  text: string
  signature: string
  data: string
  id: string
  name: string
  raw: string
  input: unknown
}

type Taken =
  | { kind: "more"; text: string }
  | { kind: "whole"; message: MessageReply }
  | { kind: "broken" }
  | { kind: "error"; type: string; message: string }

export function newDraft(promptEstimate: () => number): Draft {
  return { begun: false, blocks: new Map(), bytes: 0, stopReason: null, stopDetail: null, counted: {}, promptEstimate }
}

/** Takes the data of one server-sent event into the draft. Events of unknown types are passed over. */
export function takeEvent(draft: Draft, data: string): Taken {
  const json = parseJson(data)
  const named = namedShape.safeParse(json)
  if (!named.success) return data.trim() === "" ? { kind: "more", text: "" } : { kind: "broken" }
  if (!knownTypes.has(named.data.type)) return { kind: "more", text: "" }
  const event = eventShape.safeParse(json)
  if (!event.success) return { kind: "broken" }
  if (event.data.type === "error") return { kind: "error", ...event.data.error }
  if (event.data.type === "message_stop") return { kind: "whole", message: finish(draft) }
  return { kind: "more", text: grow(draft, event.data) }
}

/** What the server counted; of an interrupted or uncounted message at least what came in. */
export function usageOf(draft: Draft): Usage {
  const { input = draft.promptEstimate(), output = 0, cacheWrite = 0, cacheRead = 0 } = draft.counted
  const isFinal = draft.stopReason !== null && draft.counted.output !== undefined
  return { input, cacheWrite, cacheRead, output: isFinal ? output : Math.max(output, tokensOfBytes(draft.bytes)) }
}

/** Tokens that so many bytes of text have at most: three to four bytes make a token. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / 3)
}

const count = z.number().int().nonnegative().nullish()
const usageShape = z
  .object({
    input_tokens: count,
    output_tokens: count,
    cache_creation_input_tokens: count,
    cache_read_input_tokens: count,
  })
  .nullish()
const index = z.number().int().nonnegative()
const words = z
  .string()
  .nullish()
  .transform((text) => text ?? "")

const namedShape = z.object({ type: z.string() })
const eventShape = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message_start"), message: z.object({ usage: usageShape }) }),
  z.object({
    type: z.literal("content_block_start"),
    index,
    content_block: z.object({
      type: z.string(),
      text: words,
      thinking: words,
      signature: words,
      data: words,
      id: words,
      name: words,
      input: z.unknown().optional(),
    }),
  }),
  z.object({
    type: z.literal("content_block_delta"),
    index,
    delta: z.object({ text: words, thinking: words, signature: words, partial_json: words }),
  }),
  z.object({
    type: z.literal("message_delta"),
    delta: z.object({
      stop_reason: z.string().nullish(),
      stop_details: z.object({ explanation: z.string().nullish(), category: z.string().nullish() }).nullish(),
    }),
    usage: usageShape,
  }),
  z.object({ type: z.literal("message_stop") }),
  z.object({ type: z.literal("error"), error: z.object({ type: z.string(), message: words }) }),
])
const knownTypes: ReadonlySet<string> = new Set(eventShape.options.map((option) => option.shape.type.value))
type Growth = Exclude<z.infer<typeof eventShape>, { type: "message_stop" | "error" }>

/** Returns the text that came with the event. */
function grow(draft: Draft, event: Growth): string {
  if (event.type === "message_start") {
    draft.begun = true
    countUsage(draft, event.message.usage)
    return ""
  }
  if (event.type === "content_block_start") {
    const { type, text, thinking, signature, data, id, name, input } = event.content_block
    // The API would not take a name back that is none.
    const plainName = name.replace(/[^\w-]/g, "_").slice(0, 64) || "unnamed"
    draft.blocks.set(event.index, { type, text: text + thinking, signature, data, id, name: plainName, raw: "", input })
    return text
  }
  if (event.type === "content_block_delta") {
    const block = draft.blocks.get(event.index)
    const { text, thinking, signature, partial_json } = event.delta
    if (!block) return ""
    block.text += text + thinking
    block.signature += signature
    block.raw += partial_json
    draft.bytes += Buffer.byteLength(text + thinking + partial_json)
    return text
  }
  draft.stopReason = event.delta.stop_reason ?? draft.stopReason
  draft.stopDetail = event.delta.stop_details?.explanation ?? event.delta.stop_details?.category ?? draft.stopDetail
  countUsage(draft, event.usage)
  return ""
}

/** Counts are cumulative, so the last one stands. */
function countUsage(draft: Draft, usage: z.infer<typeof usageShape>): void {
  draft.counted = {
    input: usage?.input_tokens ?? draft.counted.input,
    output: usage?.output_tokens ?? draft.counted.output,
    cacheWrite: usage?.cache_creation_input_tokens ?? draft.counted.cacheWrite,
    cacheRead: usage?.cache_read_input_tokens ?? draft.counted.cacheRead,
  }
}

function finish(draft: Draft): MessageReply {
  const blocks = [...draft.blocks.entries()].sort(([a], [b]) => a - b).map(([, block]) => block)
  return {
    kind: "message",
    content: blocks.flatMap(contentOf),
    calls: blocks
      .filter((block) => block.type === "tool_use")
      .map((block) => ({ id: block.id, name: block.name, input: inputOf(block) })),
    stopReason: draft.stopReason,
    stopDetail: draft.stopDetail,
    usage: usageOf(draft),
  }
}

/** A block as it may be sent back: the API takes no blank text, no unsigned thinking, no block of an unknown type. */
function contentOf(block: DraftBlock): AssistantBlock[] {
  if (block.type === "text" && block.text.trim()) return [{ type: "text", text: block.text }]
  if (block.type === "thinking" && block.signature) {
    return [{ type: "thinking", thinking: block.text, signature: block.signature }]
  }
  if (block.type === "redacted_thinking") return [{ type: "redacted_thinking", data: block.data }]
  if (block.type !== "tool_use") return []
  const input = inputOf(block)
  return [{ type: "tool_use", id: block.id, name: block.name, input: input.kind === "complete" ? input.input : {} }]
}

/** Strictly what was sent. Some servers send the input whole with the block's start. */
function inputOf({ raw, input }: DraftBlock): Exclude<ToolCall["input"], { kind: "repeated" }> {
  const parsed = jsonObject.safeParse(raw === "" ? (input ?? {}) : parseJson(raw))
  return parsed.success ? { kind: "complete", input: parsed.data } : { kind: "cut", raw }
}

/** Undefined if the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
