import type { ModelMessage } from "./message.ts"
import type { MessageReply } from "./reply.ts"

/** The message with ids that no other call of the conversation has; they are added to `taken`. Some servers count from
 * zero in every message. A call that came twice under one id is marked, because it must not run twice. */
export function withOwnIds(reply: MessageReply, taken: Set<string>): MessageReply {
  const sent = reply.calls.map((call) => call.id)
  const calls = reply.calls.map((call, i) => {
    const id = freeId(call.id, taken)
    taken.add(id)
    return sent.indexOf(call.id) < i ? { ...call, id, input: { kind: "repeated" as const } } : { ...call, id }
  })
  const ids = calls.map((call) => call.id).values()
  const content = reply.content.map((block) =>
    block.type === "tool_use" ? { ...block, id: ids.next().value ?? block.id } : block,
  )
  return { ...reply, calls, content }
}

/** The ids of a conversation's calls. */
export function idsOf(messages: ModelMessage[]): Set<string> {
  return new Set(
    messages.flatMap(({ role, content }) =>
      role === "assistant" ? content.flatMap((block) => (block.type === "tool_use" ? [block.id] : [])) : [],
    ),
  )
}

function freeId(sent: string, taken: Set<string>): string {
  const plain = sent.replace(/[^\w-]/g, "_") || "call"
  let id = plain
  for (let n = 2; taken.has(id); n += 1) id = `${plain}-${n}`
  return id
}
