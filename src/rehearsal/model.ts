import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { z } from "zod"
import { type Conversation, nextReply, type Reply } from "./mind.ts"

/** A scripted stand-in for a language model, on 127.0.0.1, that speaks the Messages protocol: the real SDK and the real loop run
 * against it, and nothing leaves the machine. */
export type RehearsalModel = { url: string; key: string; requests(): number; close(): Promise<void> }

const block = z.looseObject({ type: z.string(), text: z.string().optional(), content: z.unknown().optional() })
const request = z.object({
  model: z.string(),
  stream: z.boolean().optional(),
  system: z.union([z.string(), z.array(block)]).optional(),
  messages: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.union([z.string(), z.array(block)]) })),
})

/** `msPerReply`: how long the stand-in seems to think. */
export async function startRehearsalModel(options: { msPerReply: number }): Promise<RehearsalModel> {
  const key = randomBytes(24).toString("base64url")
  let requests = 0
  const server = createServer((incoming, response) => {
    requests += 1
    void answer(incoming, response, key, options.msPerReply)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    key,
    requests: () => requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  key: string,
  thinkMs: number,
): Promise<void> {
  if (incoming.headers.authorization !== `Bearer ${key}` && incoming.headers["x-api-key"] !== key) {
    return refuse(response, 401, "authentication_error", "This is the rehearsal model of another process.")
  }
  if (incoming.method !== "POST" || !incoming.url?.startsWith("/v1/messages")) {
    return refuse(response, 404, "not_found_error", "The rehearsal model answers POST /v1/messages.")
  }
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk)
  const body = Buffer.concat(chunks).toString("utf8")
  const parsed = request.safeParse(safeJson(body))
  if (!parsed.success) return refuse(response, 400, "invalid_request_error", z.prettifyError(parsed.error))
  const reply = nextReply(conversationOf(parsed.data))
  await new Promise((resolve) => setTimeout(resolve, thinkMs))
  const usage = { input_tokens: Math.ceil(body.length / 4), output_tokens: Math.ceil(JSON.stringify(reply).length / 4) }
  if (parsed.data.stream) stream(response, parsed.data.model, reply, usage)
  else whole(response, parsed.data.model, reply, usage)
}

function conversationOf({ system, messages }: z.output<typeof request>): Conversation {
  const said = messages.map(({ role, content }) => ({
    role,
    text: textOf(content, "text"),
    results:
      typeof content === "string"
        ? []
        : content.filter((one) => one.type === "tool_result").map((one) => textOf(one.content, "text")),
  }))
  return { system: textOf(system, "text"), messages: said }
}

function textOf(content: unknown, type: string): string {
  if (typeof content === "string") return content
  if (!Array.isArray(content)) return ""
  const blocks = z.array(block).safeParse(content)
  return (blocks.data ?? []).flatMap((one) => (one.type === type && one.text ? [one.text] : [])).join("\n")
}

type Usage = { input_tokens: number; output_tokens: number }
type Block = { type: "text"; text: string } | { type: "tool_use"; id: string; name: string; input: { code: string } }

function blocksOf(reply: Reply): Block[] {
  const blocks: Block[] = [{ type: "text", text: reply.text }]
  if (reply.script) {
    blocks.push({
      type: "tool_use",
      id: `toolu_${randomBytes(9).toString("hex")}`,
      name: "execute",
      input: { code: reply.script },
    })
  }
  return blocks
}

function head(model: string, content: Block[], stopReason: string | null, usage: Usage) {
  const id = `msg_${randomBytes(9).toString("hex")}`
  return { id, type: "message", role: "assistant", model, content, stop_reason: stopReason, stop_sequence: null, usage }
}

function whole(response: ServerResponse, model: string, reply: Reply, usage: Usage): void {
  const stopReason = reply.script ? "tool_use" : "end_turn"
  response.writeHead(200, { "content-type": "application/json" })
  response.end(JSON.stringify(head(model, blocksOf(reply), stopReason, usage)))
}

function stream(response: ServerResponse, model: string, reply: Reply, usage: Usage): void {
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" })
  send("message_start", { message: head(model, [], null, { ...usage, output_tokens: 1 }) })
  for (const [index, block] of blocksOf(reply).entries()) {
    const isText = block.type === "text"
    const empty = isText ? { ...block, text: "" } : { ...block, input: {} }
    send("content_block_start", { index, content_block: empty })
    for (const piece of pieces(isText ? block.text : JSON.stringify(block.input))) {
      const delta = isText ? { type: "text_delta", text: piece } : { type: "input_json_delta", partial_json: piece }
      send("content_block_delta", { index, delta })
    }
    send("content_block_stop", { index })
  }
  const stopReason = reply.script ? "tool_use" : "end_turn"
  send("message_delta", { delta: { stop_reason: stopReason, stop_sequence: null }, usage })
  send("message_stop", {})
  response.end()
}

function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,400}/gu) ?? []
}

function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify({ type: "error", error: { type, message } }))
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
