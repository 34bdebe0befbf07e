import type { ModelMessage, UserBlock } from "./message.ts"

type ToolResultBlock = Extract<UserBlock, { type: "tool_result" }>

/** Results shorter than this are not worth cutting. In characters. */
const shortResult = 400
const leftOut = "[The beginning of this conversation was left out to make room.]"

/** A conversation made to fit again: old tool results are cut to their beginnings, the oldest first, until half of the
 * results' characters are gone. The newest results stay whole unless they are all there is to cut; if no result is left to
 * cut, the older half of the person's prompts goes, with all that was said to them. Null if there is nothing. */
export function compact(messages: ModelMessage[]): { messages: ModelMessage[]; cut: number } | null {
  const newest = messages.findLastIndex((message) => resultsOf(message).length > 0)
  const older = cutResults(messages, (i) => i < newest)
  if (older.cut > 0) return older
  const last = cutResults(messages, (i) => i === newest)
  return last.cut > 0 ? last : leaveOutBeginning(messages)
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
      if (block.type !== "tool_result" || isShort(block.content) || cut >= total / 2) return block
      cut += block.content.length - shortResult
      return { ...block, content: beginningOf(block.content) }
    })
    return { role: "user", content }
  })
  return { messages: shorter, cut }
}

/** A result that was cut before is a little longer than a short one. */
function isShort(content: string): boolean {
  return content.length <= shortResult * 1.5
}

function leaveOutBeginning(messages: ModelMessage[]): { messages: ModelMessage[]; cut: number } | null {
  // Where no call waits for its result.
  const prompts = messages.flatMap((message, i) =>
    message.role === "user" && resultsOf(message).length === 0 ? [i] : [],
  )
  const from = prompts[Math.ceil(prompts.length / 2)]
  const first = messages[from ?? 0]
  if (from === undefined || from === 0 || first?.role !== "user") return null
  const gone = messages.slice(0, from)
  const rest: ModelMessage = { role: "user", content: [{ type: "text", text: leftOut }, ...first.content] }
  return { messages: [rest, ...messages.slice(from + 1)], cut: JSON.stringify(gone).length }
}

function resultsOf(message: ModelMessage): ToolResultBlock[] {
  return message.role === "user" ? message.content.filter((block) => block.type === "tool_result") : []
}

function beginningOf(content: string): string {
  const left = content.length - shortResult
  return `${content.slice(0, shortResult).toWellFormed()}\n[cut here to make room: ${left} characters]`
}
