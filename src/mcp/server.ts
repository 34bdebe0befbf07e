import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import {
  CallToolRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js"
import { jsonObject } from "../harness/message.ts"
import { jobs } from "./prompts.ts"
import { places, readResource, templates } from "./resources.ts"
import { type McpDeps, type McpPerson, type McpSession, openMcpSession } from "./session.ts"

/** Of this program, as clients are told. */
export const version = "0.1.0"

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** The MCP server of one client. With `isPlain` each action is a tool, otherwise there are `search` and `execute`. It asks its client
 * nothing: a client's answer is no person's. */
export function createMcpServer(
  deps: McpDeps,
  person: McpPerson,
  { isPlain }: { isPlain: boolean },
): { server: Server; close(): Promise<void> } {
  const capabilities = { tools: {}, resources: {}, prompts: {} }
  const server = new Server({ name: "small-giant", title: "Small Giant", version }, { capabilities })
  let opened: McpSession | null = null

  function session(): McpSession {
    opened ??= openMcpSession(deps, person, server.getClientVersion() ?? { name: "client", version: "" })
    return opened
  }

  server.setRequestHandler(ListToolsRequestSchema, async () => {
    const tools = await session().tools(isPlain)
    return {
      tools: tools.map(({ name, description, inputSchema }) => ({
        name,
        description,
        inputSchema: { ...inputSchema, type: "object" as const },
      })),
    }
  })

  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const { name, arguments: input = {} } = params
    const onStep = stepsTo(extra)
    const options = { isPlain, signal: extra.signal, ...(onStep ? { onStep } : {}) }
    const { text, isError } = await session().call(name, jsonObject.parse(input), options)
    return { content: [{ type: "text" as const, text }], isError }
  })

  server.setRequestHandler(ListResourcesRequestSchema, async () => ({ resources: places.map(asJson) }))
  server.setRequestHandler(ListResourceTemplatesRequestSchema, async () => ({
    resourceTemplates: templates.map(asJson),
  }))
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }, { signal }) => ({
    contents: [{ uri, mimeType: "application/json", text: await readResource(deps, session(), person, uri, signal) }],
  }))

  server.setRequestHandler(ListPromptsRequestSchema, async () => ({ prompts: jobs.map(({ text: _, ...job }) => job) }))
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }) => {
    const job = jobs.find(({ name }) => name === params.name)
    if (!job) throw new McpError(ErrorCode.InvalidParams, `There is no prompt ${params.name}.`)
    const given = params.arguments ?? {}
    const missing = job.arguments.find(({ name, required }) => required && !given[name])
    if (missing)
      throw new McpError(ErrorCode.InvalidParams, `${job.name} takes ${missing.name}: ${missing.description}.`)
    const text = job.text(given)
    return {
      description: job.description,
      messages: [{ role: "user" as const, content: { type: "text" as const, text } }],
    }
  })

  return {
    server,
    async close() {
      await server.close()
      await opened?.close()
      opened = null
    },
  }
}

/** Tells a client that asked for it what a call does meanwhile. */
function stepsTo({ _meta, sendNotification }: Extra): ((text: string) => void) | null {
  const progressToken = _meta?.progressToken
  if (progressToken === undefined) return null
  let progress = 0
  return (message) => {
    progress += 1
    const params = { progressToken, progress, message }
    // A client that is gone hears nothing more.
    sendNotification({ method: "notifications/progress", params }).catch(() => {})
  }
}

function asJson<T extends object>(place: T): T & { mimeType: string } {
  return { ...place, mimeType: "application/json" }
}
