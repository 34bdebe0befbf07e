import { Server } from "@modelcontextprotocol/sdk/server/index.js"
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js"
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  type ElicitRequestFormParams,
  ElicitResultSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type LoggingLevel,
  McpError,
  ReadResourceRequestSchema,
  type ServerNotification,
  type ServerRequest,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js"
import { z } from "zod"
import { jsonObject } from "../harness/message.ts"
import { appsExtension, openApps } from "./apps.ts"
import { completionsOf } from "./completions.ts"
import { spread } from "./descriptions.ts"
import { completedBy, type Elicit, type Takes } from "./elicitation.ts"
import { type Job, jobs } from "./prompts.ts"
import { places, readResource, templates } from "./resources.ts"
import { type McpDeps, type McpPerson, type McpSession, openMcpSession } from "./session.ts"
import { openSubscriptions } from "./subscriptions.ts"

/** Of this program, as clients are told. */
export const version = "0.1.0"

/** One client's server, before it is connected. */
export type McpServer = { server: Server; close(): Promise<void> }

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>

/** The MCP server of one client. With `isPlain` each action is a tool, otherwise there are `search` and `execute`. It asks its client only
 * for what a call lacks, and never for a person's yes: a client's answer is no person's. */
export function createMcpServer(deps: McpDeps, person: McpPerson, { isPlain }: { isPlain: boolean }): McpServer {
  const capabilities = {
    ...{ tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
    ...(deps.views ? { extensions: { [appsExtension]: {} } } : {}),
  }
  const server = new Server({ name: "small-giant", title: "Small Giant", version }, { capabilities })
  let opened: McpSession | null = null
  let isListening = false
  const subscriptions = openSubscriptions(deps.store, deps.clock, person.person, (uri) => {
    // A client that is gone hears nothing more.
    server.sendResourceUpdated({ uri }).catch(() => {})
  })

  function session(): McpSession {
    opened ??= openMcpSession(deps, person, server.getClientVersion() ?? { name: "client", version: "" })
    return opened
  }

  /** Known once the client has said what it shows. */
  const apps = () => openApps(deps, person, session, server.getClientCapabilities())

  function elicit({ sendRequest, signal }: Extra): Elicit {
    if (!server.getClientCapabilities()?.elicitation?.form) return null
    const ask = (params: ElicitRequestFormParams) =>
      sendRequest({ method: "elicitation/create", params }, ElicitResultSchema, { signal, timeout: patience })
    // A client that breaks down over the question has not answered it.
    return (form) => ask(form).catch(() => ({ action: "cancel" as const }))
  }

  server.setRequestHandler(ListToolsRequestSchema, async () => {
    const tools = spread(await session().tools(isPlain)).map(({ name, description, inputSchema }) => ({
      name,
      description,
      inputSchema: { ...inputSchema, type: "object" as const },
    }))
    return { tools: [...tools, ...(apps()?.tools ?? [])] }
  })

  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const { name, arguments: input = {} } = params
    const onStep = stepsTo(extra, isListening)
    const options = { isPlain, signal: extra.signal, ...(onStep ? { onStep } : {}) }
    const given = jsonObject.parse(input)
    const inView = await apps()?.call(name, given, extra.signal)
    if (inView) return inView
    const takes = isPlain ? (await session().tools(isPlain)).find((tool) => tool.name === name)?.inputSchema : undefined
    const completed = await completedBy(elicit(extra), name, takes ?? {}, given)
    if (completed.kind === "declined") {
      return { content: [{ type: "text" as const, text: completed.reason }], isError: true }
    }
    const { text, isError } = await session().call(name, completed.input, options)
    return { content: [{ type: "text" as const, text }], isError }
  })

  server.setRequestHandler(ListResourcesRequestSchema, async () => {
    const view = apps()?.resource
    return { resources: [...places.map(asJson), ...(view ? [view] : [])] }
  })
  server.setRequestHandler(ListResourceTemplatesRequestSchema, async () => ({
    resourceTemplates: templates.map(asJson),
  }))
  server.setRequestHandler(ReadResourceRequestSchema, async ({ params: { uri } }, { signal }) => ({
    contents: [
      apps()?.read(uri) ?? {
        uri,
        mimeType: "application/json",
        text: await readResource(deps, session(), person, uri, signal),
      },
    ],
  }))

  server.setRequestHandler(SubscribeRequestSchema, async ({ params: { uri } }) => {
    await subscriptions.add(uri)
    return {}
  })
  server.setRequestHandler(UnsubscribeRequestSchema, async ({ params: { uri } }) => {
    subscriptions.remove(uri)
    return {}
  })

  server.setRequestHandler(ListPromptsRequestSchema, async () => ({ prompts: jobs.map(({ text: _, ...job }) => job) }))
  server.setRequestHandler(GetPromptRequestSchema, async ({ params }, extra) => {
    const job = jobs.find(({ name }) => name === params.name)
    if (!job) throw new McpError(ErrorCode.InvalidParams, `There is no prompt ${params.name}.`)
    const completed = await completedBy(elicit(extra), job.title, takenBy(job), params.arguments ?? {})
    const given = completed.kind === "complete" ? words.parse(completed.input) : {}
    const missing = job.arguments.find(({ name, required }) => required && !given[name])
    if (missing)
      throw new McpError(ErrorCode.InvalidParams, `${job.name} takes ${missing.name}: ${missing.description}.`)
    const text = job.text(given)
    return {
      description: job.description,
      messages: [{ role: "user" as const, content: { type: "text" as const, text } }],
    }
  })

  server.setRequestHandler(CompleteRequestSchema, async ({ params }, { signal }) => ({
    completion: { values: await completionsOf(session(), params, signal) },
  }))
  server.setRequestHandler(SetLevelRequestSchema, async ({ params }) => {
    isListening = toldAt.includes(params.level)
    return {}
  })

  return {
    server,
    async close() {
      subscriptions.close()
      await server.close()
      await opened?.close()
      opened = null
    },
  }
}

/** What a person can be asked for has so many milliseconds. */
const patience = 5 * 60_000
const words = z.record(z.string(), z.coerce.string())

/** What a prompt takes, in the form of a tool's. */
function takenBy({ arguments: all }: Job): Takes {
  return {
    properties: Object.fromEntries(all.map(({ name, description }) => [name, { type: "string", description }])),
    required: all.filter(({ required }) => required).map(({ name }) => name),
  }
}

/** The levels of a log at which steps are told. */
const toldAt: LoggingLevel[] = ["debug", "info"]

/** Tells a client that asked for it what a call does meanwhile: as the call's progress, or in its log. */
function stepsTo({ _meta, sendNotification }: Extra, isListening: boolean): ((text: string) => void) | null {
  const progressToken = _meta?.progressToken
  if (progressToken === undefined && !isListening) return null
  let progress = 0
  return (message) => {
    progress += 1
    const told: ServerNotification =
      progressToken === undefined
        ? { method: "notifications/message", params: { level: "info", logger: "small-giant", data: message } }
        : { method: "notifications/progress", params: { progressToken, progress, message } }
    // A client that is gone hears nothing more.
    sendNotification(told).catch(() => {})
  }
}

function asJson<T extends object>(place: T): T & { mimeType: string } {
  return { ...place, mimeType: "application/json" }
}
