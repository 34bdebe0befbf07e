import Anthropic, { APIError } from "@anthropic-ai/sdk"
import { Stream } from "@anthropic-ai/sdk/streaming"
import type { Json } from "../db/json.ts"
import type { ModelMessage } from "./message.ts"
import { type Draft, type Failure, newDraft, type Reply, takeEvent, tokensOfBytes, usageOf } from "./reply.ts"

/** A language model behind the Messages protocol: Anthropic's API, a gateway or a local server. */
export type Model = {
  name: string
  baseURL: string
  /** One request, never retried and never throwing: whatever happens is a reply. */
  request(request: ModelRequest): Promise<Reply>
}

type ModelRequest = {
  system: string
  tools: ToolSpec[]
  messages: ModelMessage[]
  /** Output tokens, thinking included. */
  maxTokens: number
  effort?: Effort
  signal: AbortSignal
  /** Gets the text as it comes. */
  onText?(text: string): void
}

/** A tool as the model is told about it. */
export type ToolSpec = { name: string; description: string; inputSchema: Record<string, Json> }

export const efforts = ["low", "medium", "high", "xhigh", "max"] as const
export type Effort = (typeof efforts)[number]

export type ModelOptions = {
  model: string
  apiKey?: string
  authToken?: string
  baseURL?: string
  /** Milliseconds until the first event of a reply. */
  firstEventMs?: number
  /** Milliseconds of silence between two events; the server's pings count as life. */
  idleMs?: number
}

type Problem = { kind: "problem"; failure: Failure; reason: string; retryAfterMs: number | null }

/** Prepares a model; nothing is sent yet, and the environment is not read. */
export function openModel(options: ModelOptions): Model {
  const {
    model,
    apiKey,
    authToken,
    baseURL = "https://api.anthropic.com",
    firstEventMs = 120_000,
    idleMs = 60_000,
  } = options
  const client = new Anthropic({
    // A local server needs no key, but the SDK sends nothing without one.
    ...(authToken && !apiKey ? { authToken } : { apiKey: apiKey || "none" }),
    baseURL,
    maxRetries: 0,
    timeout: firstEventMs,
    logLevel: "off",
  })
  const secrets = [apiKey, authToken].flatMap((secret) => (secret ? [secret] : []))

  async function request(request: ModelRequest): Promise<Reply> {
    const control = new AbortController()
    const watch = watchdog(control, firstEventMs, idleMs)
    const stop = () => control.abort()
    request.signal.addEventListener("abort", stop)
    if (request.signal.aborted) stop()
    const draft = newDraft(() => estimateTokens(request))
    try {
      const response = await client.messages.create(body(model, request), { signal: control.signal }).asResponse()
      const read = await readReply(response, control, watch.alive, draft, request)
      return read.kind === "message" ? read : failedReply(read)
    } catch (error) {
      return failedReply(problemOf(error))
    } finally {
      watch.end()
      request.signal.removeEventListener("abort", stop)
      control.abort()
    }

    function failedReply({ failure, reason, retryAfterMs }: Problem): Reply {
      const usage = draft.begun ? usageOf(draft) : null
      if (watch.hasBarked())
        return { kind: "failed", failure: "stalled", reason: advice.stalled, retryAfterMs: null, usage }
      if (request.signal.aborted)
        return { kind: "failed", failure: "aborted", reason: advice.aborted, retryAfterMs: null, usage }
      return { kind: "failed", failure, reason: clean(reason, secrets), retryAfterMs, usage }
    }
  }

  return { name: model, baseURL, request }
}

/** Tokens that a request's prompt has at most. */
function estimateTokens(request: Pick<ModelRequest, "system" | "tools" | "messages">): number {
  return tokensOfBytes(Buffer.byteLength(JSON.stringify([request.system, request.tools, request.messages])))
}

/** System and tools come first and never change within a run, because the prompt cache compares beginnings. They are
 * marked on their own, so that all agents of one kind share them; the second mark moves on with the conversation. */
function body(model: string, request: ModelRequest): Anthropic.MessageCreateParamsStreaming {
  return {
    model,
    max_tokens: request.maxTokens,
    stream: true,
    cache_control: { type: "ephemeral" },
    ...(request.effort ? { output_config: { effort: request.effort } } : {}),
    system: [{ type: "text", text: request.system, cache_control: { type: "ephemeral" } }],
    tools: request.tools.map(({ name, description, inputSchema }) => ({
      name,
      description,
      input_schema: { ...inputSchema, type: "object" },
    })),
    messages: request.messages,
  }
}

/** Aborts a request whose server has gone silent; the SDK's own timeout ends with the first byte. */
function watchdog(control: AbortController, firstEventMs: number, idleMs: number) {
  let hasBarked = false
  let limit = firstEventMs
  const bark = () => {
    hasBarked = true
    control.abort()
  }
  let timer = setTimeout(bark, limit)
  return {
    alive() {
      if (limit === idleMs) return void timer.refresh()
      limit = idleMs
      clearTimeout(timer)
      timer = setTimeout(bark, limit)
    },
    hasBarked: () => hasBarked,
    end: () => clearTimeout(timer),
  }
}

/** Reads raw events, because the SDK's helper hides pings and completes tool input that was cut. */
async function readReply(
  response: Response,
  control: AbortController,
  alive: () => void,
  draft: Draft,
  { onText }: ModelRequest,
): Promise<Extract<Reply, { kind: "message" }> | Problem> {
  const type = response.headers.get("content-type") ?? "nothing"
  if (!type.includes("text/event-stream")) return problem("not-a-model", `It answered with ${type}.`)
  for await (const { data } of Stream.rawEvents(response, control)) {
    alive()
    const taken = takeEvent(draft, data)
    if (taken.kind === "whole") return taken.message
    if (taken.kind === "error") return problem(failureOfType(taken.type), taken.message)
    if (taken.kind === "broken") return problem("server", "It sent an event that cannot be read.")
    if (taken.text) onText?.(taken.text)
  }
  return problem("network", "The reply broke off.")
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof APIError) || error.status === undefined) {
    return problem("network", error instanceof Error ? error.message : String(error))
  }
  const failure = failureOfStatus(error.status, error.apiMessage ?? "", error.errorCode)
  return { ...problem(failure, error.apiMessage ?? `Status ${error.status}.`), retryAfterMs: retryAfter(error.headers) }
}

function problem(failure: Failure, said: string): Problem {
  return { kind: "problem", failure, reason: `${advice[failure]} ${said}`, retryAfterMs: null }
}

const spendCodes = [
  "contract_spend_limit_reached",
  "enforced_spend_limit_reached",
  "linked_organization_billing_unavailable",
  "linked_organization_spend_limit_reached",
]

function failureOfStatus(status: number, message: string, code: string | null): Failure {
  if (status === 402 || (code && spendCodes.includes(code)) || /credit balance/i.test(message)) return "no-credit"
  if (status === 401 || status === 403) return "refused-key"
  if (status === 404) return "no-such-model"
  if (status === 413) return "too-large"
  if (status === 429) return "rate-limited"
  if (status === 529) return "overloaded"
  if (status >= 500 || status === 408 || status === 409) return "server"
  return /prompt is too long|context (window|length)|maximum context/i.test(message) ? "context-overflow" : "invalid"
}

/** Of an error event in the middle of a reply. */
function failureOfType(type: string): Failure {
  if (type === "overloaded_error") return "overloaded"
  if (type === "rate_limit_error") return "rate-limited"
  if (type === "authentication_error" || type === "permission_error") return "refused-key"
  if (type === "billing_error") return "no-credit"
  if (type === "not_found_error") return "no-such-model"
  return type === "invalid_request_error" ? "invalid" : "server"
}

const advice: Record<Failure, string> = {
  "rate-limited": "The model's server asks to go slower.",
  overloaded: "The model's server is overloaded.",
  server: "The model's server failed.",
  network: "The model's server cannot be reached, or the connection broke.",
  stalled: "The model fell silent and was given up.",
  "refused-key": "The model's server refused the key. Check ANTHROPIC_API_KEY.",
  "no-credit":
    "The model's account has no credit left or has reached its spending limit. Add credit, then start again.",
  invalid: "The model's server did not accept the request.",
  "context-overflow": "The conversation is longer than the model can read.",
  "too-large": "The request is larger than the model's server takes.",
  "not-a-model": "What answers at this address is no model. Check the network and ANTHROPIC_BASE_URL.",
  "no-such-model": "There is no such model at this address. Check --model and ANTHROPIC_BASE_URL.",
  aborted: "The request was stopped.",
}

/** Milliseconds, from seconds or an HTTP date; null if the server named no time that can be read. */
function retryAfter(headers: Headers | undefined): number | null {
  const value = headers?.get("retry-after")?.trim()
  if (!value) return null
  const milliseconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now()
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds) : null
}

/** One line of bounded length without the keys. */
function clean(reason: string, secrets: string[]): string {
  const hidden = secrets.reduce((text, secret) => text.replaceAll(secret, "[key]"), reason)
  return hidden
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 500)
}
