import type { ModelMessage, UserBlock } from "./message.ts"

type ToolResultBlock = Extract<UserBlock, { type: "tool_result" }>

/** Results shorter than this are not worth cutting. In characters. */
const shortResult = 400

/** A conversation made to fit again: old tool results are cut to their beginnings, the oldest first, until half of the
 * results' characters are gone. The newest results stay whole unless they are all there is to cut. Null if there is
 * nothing. */
export function compact(messages: ModelMessage[]): { messages: ModelMessage[]; cut: number } | null {
  const newest = messages.findLastIndex((message) => resultsOf(message).length > 0)
  const older = cutResults(messages, (i) => i < newest)
  if (older.cut > 0) return older
  const last = cutResults(messages, (i) => i === newest)
  return last.cut > 0 ? last : null
}

function cutResults(
  messages: ModelMessage[],
  mayCut: (i: number) => boolean,
): { messages: ModelMessage[]; cut: number } {
  const total = messages.flatMap(resultsOf).reduce((sum, result) => sum + result.content.length, 0)
  let cut = 0
  const shorter = messages.map((message, i): ModelMessage => {
    if (message.role === "assistant" || !mayCut(i)) return message
    const content = message.content.map((block) => {
      if (block.type !== "tool_result" || block.content.length <= shortResult || cut >= total / 2) return block
      cut += block.content.length - shortResult
      return { ...block, content: beginningOf(block.content) }
    })
    return { role: "user", content }
  })
  return { messages: shorter, cut }
}

function resultsOf(message: ModelMessage): ToolResultBlock[] {
  return message.role === "user" ? message.content.filter((block) => block.type === "tool_result") : []
}

function beginningOf(content: string): string {
  const left = content.length - shortResult
  return `${content.slice(0, shortResult).toWellFormed()}\n[cut here to make room: ${left} characters]`
}
