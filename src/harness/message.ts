import { z } from "zod"
import type { JsonObject } from "../db/json.ts"

/** For values out of JSON.parse, which are JSON all the way down. */
export const jsonObject = z.custom<JsonObject>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
)

const text = z.object({ type: z.literal("text"), text: z.string() })
const thinking = z.object({ type: z.literal("thinking"), thinking: z.string(), signature: z.string() })
const redactedThinking = z.object({ type: z.literal("redacted_thinking"), data: z.string() })
const toolUse = z.object({ type: z.literal("tool_use"), id: z.string(), name: z.string(), input: jsonObject })
const toolResult = z.object({
  type: z.literal("tool_result"),
  tool_use_id: z.string(),
  content: z.string(),
  is_error: z.boolean().optional(),
})

const userBlock = z.discriminatedUnion("type", [text, toolResult])
const assistantBlock = z.discriminatedUnion("type", [text, thinking, redactedThinking, toolUse])

/** A message as the model reads it and as the transcript keeps it. */
export const messageShape = z.discriminatedUnion("role", [
  z.object({ role: z.literal("user"), content: z.array(userBlock) }),
  z.object({ role: z.literal("assistant"), content: z.array(assistantBlock) }),
])

export type ModelMessage = z.infer<typeof messageShape>
export type UserBlock = z.infer<typeof userBlock>
export type AssistantBlock = z.infer<typeof assistantBlock>

/** The conversation with one more message. Neighbours of one role become one message, because some servers insist that
 * roles alternate; a message without content is left out. */
export function withMessage(messages: ModelMessage[], next: ModelMessage): ModelMessage[] {
  const last = messages.at(-1)
  if (next.content.length === 0) return messages
  if (last?.role === "user" && next.role === "user") {
    return [...messages.slice(0, -1), { role: "user", content: [...last.content, ...next.content] }]
  }
  if (last?.role === "assistant" && next.role === "assistant") {
    return [...messages.slice(0, -1), { role: "assistant", content: [...last.content, ...next.content] }]
  }
  return [...messages, next]
}

/** What a message says in plain words. */
export function textOf(content: AssistantBlock[]): string {
  return content
    .flatMap((block) => (block.type === "text" ? [block.text] : []))
    .join("\n\n")
    .trim()
}
