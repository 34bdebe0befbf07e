import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Json } from "../../src/db/json.ts"

/** What the server answers: a message, a message that goes wrong on its way, or a plain HTTP answer. */
export type Answer = Message | Plain
export type Message = {
  thinking?: string
  text?: string
  calls?: ScriptedCall[]
  stop?: string
  explanation?: string
  /** Null: the server counts nothing. */
  usage?: Record<string, number> | null
  /** Milliseconds before the headers. */
  delay?: number
  /** Pings before the first block, this many milliseconds apart. */
  pings?: { count: number; every: number }
  /** Goes wrong in the middle of the last block. */
  breaks?: "cut" | "end" | "stall" | "garbage" | { error: string }
  contentType?: string
}
export type ScriptedCall = { name: string; input?: Json; raw?: string; id?: string }
type Plain = { status: number; headers?: Record<string, string>; body: string }

export type ModelRequestBody = {
  system: { type: string; text: string; cache_control?: { type: string } }[]
  max_tokens: number
  tools: { name: string; description: string }[]
  messages: { role: "user" | "assistant"; content: Block[] }[]
}
export type Block = {
  type: string
  text?: string
  id?: string
  name?: string
  tool_use_id?: string
  content?: string
  is_error?: boolean
}

export type MessagesServer = {
  url: string
  requests: { body: ModelRequestBody; raw: string; headers: IncomingMessage["headers"] }[]
  /** Requests that are open now, and at most. */
  open: { now: number; most: number }
  close(): Promise<void>
}

/** A scripted stand-in for the Messages API, over real HTTP. It answers 400 where the API would: to a history in which
 * a tool call has no result or two, or an id twice; not so if it is not strict, for clients that are not ours. */
export async function startMessagesServer(
  script: (body: ModelRequestBody, number: number) => Answer | Promise<Answer>,
  options: { isStrict: boolean } = { isStrict: true },
): Promise<MessagesServer> {
  const requests: MessagesServer["requests"] = []
  const open = { now: 0, most: 0 }
  const server = createServer(async (request, response) => {
    open.now += 1
    open.most = Math.max(open.most, open.now)
    response.on("close", () => {
      open.now -= 1
    })
    const raw = await readBody(request)
    if (request.method !== "POST" || !/^\/v1\/messages(\?|$)/.test(request.url ?? "")) {
      const { status, headers, body } = apiError(404, "not_found_error", "Only POST /v1/messages is answered.")
      return void response.writeHead(status, headers).end(body)
    }
    const body: ModelRequestBody = JSON.parse(raw)
    requests.push({ body, raw, headers: request.headers })
    const complaint = options.isStrict ? complaintAbout(body.messages) : null
    const answer = complaint ? apiError(400, "invalid_request_error", complaint) : await script(body, requests.length)
    if ("status" in answer) response.writeHead(answer.status, answer.headers).end(answer.body)
    else await stream(response, answer, requests.length)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    open,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

/** An error as the API words it. */
export function apiError(status: number, type: string, message: string, headers: Record<string, string> = {}): Plain {
  const body = JSON.stringify({ type: "error", error: { type, message }, request_id: null })
  return { status, headers: { "content-type": "application/json", ...headers }, body }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

async function stream(response: ServerResponse, message: Message, number: number): Promise<void> {
  const { delay = 0, pings, breaks, contentType = "text/event-stream" } = message
  await pause(delay)
  response.writeHead(200, { "content-type": contentType })
  const events = eventsOf(message, number)
  const whole = breaks ? events.slice(0, -4) : events
  for (const [i, event] of whole.entries()) {
    if (i === 1 && pings) {
      for (let ping = 0; ping < pings.count; ping += 1) {
        response.write(frame({ type: "ping" }))
        await pause(pings.every)
      }
    }
    response.write(frame(event))
  }
  if (breaks === "stall") return
  if (breaks === "cut") return void setTimeout(() => response.destroy(), 5)
  if (breaks === "garbage") response.write('event: content_block_delta\ndata: {"type": "content_blo\n\n')
  if (typeof breaks === "object")
    response.write(frame({ type: "error", error: { type: breaks.error, message: "Overloaded" } }))
  response.end()
}

type StreamEvent = { type: string; [key: string]: unknown }

function eventsOf(message: Message, number: number): StreamEvent[] {
  const { usage = { input_tokens: 100, output_tokens: 20 } } = message
  const blocks = blocksOf(message, number)
  const stop = message.stop ?? (message.calls ? "tool_use" : "end_turn")
  const details = message.explanation ? { type: "refusal", category: null, explanation: message.explanation } : null
  return [
    {
      type: "message_start",
      message: {
        id: `msg_${number}`,
        role: "assistant",
        content: [],
        ...(usage && { usage: { ...usage, output_tokens: 1 } }),
      },
    },
    ...blocks.flatMap(({ start, deltas }, index) => [
      { type: "content_block_start", index, content_block: start },
      ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
      { type: "content_block_stop", index },
    ]),
    { type: "message_delta", delta: { stop_reason: stop, stop_details: details }, ...(usage && { usage }) },
    { type: "message_stop" },
  ]
}

type Part = { start: Record<string, unknown>; deltas: Record<string, unknown>[] }

function blocksOf({ thinking, text, calls = [] }: Message, number: number): Part[] {
  const parts: Part[] = []
  if (thinking !== undefined) {
    const deltas = [
      { type: "thinking_delta", thinking },
      { type: "signature_delta", signature: "signed" },
    ]
    parts.push({ start: { type: "thinking", thinking: "", signature: "" }, deltas })
  }
  if (text !== undefined) {
    parts.push({
      start: { type: "text", text: "" },
      deltas: halves(text).map((half) => ({ type: "text_delta", text: half })),
    })
  }
  for (const [i, call] of calls.entries()) {
    const raw = call.raw ?? JSON.stringify(call.input ?? {})
    const start = { type: "tool_use", id: call.id ?? `toolu_${number}_${i}`, name: call.name, input: {} }
    parts.push({ start, deltas: halves(raw).map((half) => ({ type: "input_json_delta", partial_json: half })) })
  }
  return parts
}

function halves(text: string): string[] {
  const middle = Math.ceil(text.length / 2)
  return [text.slice(0, middle), text.slice(middle)]
}

function frame(event: StreamEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** What the API would not accept in a history; null if nothing. */
export function complaintAbout(messages: ModelRequestBody["messages"]): string | null {
  const seen = new Set<string>()
  for (const [i, { role, content }] of messages.entries()) {
    if (content.length === 0) return `messages.${i}: content is empty`
    if (content.some((block) => block.type === "text" && !block.text?.trim())) return `messages.${i}: a text is blank`
    if (role === messages[i - 1]?.role) return `messages.${i}: roles must alternate`
    if (role === "user") continue
    const asked = content.flatMap((block) => (block.type === "tool_use" && block.id ? [block.id] : []))
    for (const id of asked) {
      if (seen.has(id)) return `messages.${i}: id ${id} twice`
      seen.add(id)
    }
    const answers = (messages[i + 1]?.content ?? []).slice(0, asked.length).map((block) => block.tool_use_id)
    const rest = (messages[i + 1]?.content ?? []).slice(asked.length)
    if (JSON.stringify(answers) !== JSON.stringify(asked)) return `messages.${i}: asked ${asked}, answered ${answers}`
    if (rest.some((block) => block.type === "tool_result")) return `messages.${i}: more results than calls`
  }
  return null
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
