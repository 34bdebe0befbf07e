import type { ClientCapabilities, Resource, Tool } from "@modelcontextprotocol/sdk/types.js"
import { z } from "zod"
import { catalogue } from "../actions/catalogue.ts"
import type { Json, JsonObject } from "../db/json.ts"
import type { McpDeps, McpPerson, McpSession } from "./session.ts"

/** Views as MCP Apps shows them: the extension of 2026-01-26. */
export const appsExtension = "io.modelcontextprotocol/ui"
const appType = "text/html;profile=mcp-app"
/** One document for all views. What stands in it is the result of a tool. */
const uri = "ui://small-giant/view"

type Inputs = Record<string, string | number | null>
type ShownView = { view: number; version: number; title: string; inputs: Inputs; html: string }

/** The views of a person, as another program is given them. */
export type McpViews = {
  document(): string
  show(
    person: string,
    id: number,
    inputs: Inputs,
  ): Promise<{ kind: "shown"; shown: ShownView } | { kind: "refused"; reason: string }>
  /** Works out the call that a click comes to, and has it made. */
  act(
    person: string,
    id: number,
    sent: Json,
    call: (name: string, args: Json[]) => Promise<{ text: string; isError: boolean; value?: Json }>,
  ): Promise<{ kind: "done" | "refused"; words: string }>
}

type Answer = { content: { type: "text"; text: string }[]; isError: boolean; structuredContent?: JsonObject }

/** Views for one client, if it shows such; null where it does not, and is given addresses. */
export type Apps = {
  tools: Tool[]
  resource: Resource
  /** What `resources/read` answers for it; null for another address. */
  read(asked: string): { uri: string; mimeType: string; text: string; _meta: JsonObject } | null
  /** Null where it is none of these tools. */
  call(name: string, input: JsonObject, signal: AbortSignal): Promise<Answer | null>
}

/** Nothing is loaded from anywhere, and nothing is connected to. */
const meta: JsonObject = {
  ui: { csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] }, prefersBorder: true },
}
const resource: Resource = { uri, name: "View", description: "A view of the CRM", mimeType: appType, _meta: meta }

const showing = z.object({
  view: z.int().positive(),
  inputs: z.record(z.string(), z.union([z.string().max(10_000), z.number(), z.null()])).default({}),
})
const acting = z.looseObject({ view: z.int().positive() })

const tools: Tool[] = [
  {
    name: "show_view",
    description:
      "Shows the person a page of the CRM here, by its number: views.make and views.find of execute return it as `view`.",
    inputSchema: {
      type: "object",
      properties: { view: { type: "integer" }, inputs: { type: "object" } },
      required: ["view"],
    },
    annotations: { readOnlyHint: true },
    _meta: { ui: { resourceUri: uri, visibility: ["model", "app"] } },
  },
  {
    name: "act_in_view",
    description: "What somebody pressed in a page that is shown.",
    inputSchema: { type: "object", properties: { view: { type: "integer" } }, required: ["view"] },
    _meta: { ui: { resourceUri: uri, visibility: ["app"] } },
  },
]

/** Whatever is read or pressed in a view goes through the gate as the client's own: nobody can tell from here that it was a person, so
 * what takes a person's yes waits for it in the viewer. */
export function openApps(
  { viewer, views }: Pick<McpDeps, "viewer" | "views">,
  { person }: McpPerson,
  session: () => McpSession,
  client: ClientCapabilities | undefined,
): Apps | null {
  const offered = z.object({ mimeTypes: z.array(z.string()) }).safeParse(client?.extensions?.[appsExtension])
  if (!views || !offered.data?.mimeTypes.includes(appType)) return null

  const own: Own = { views, viewer, person, session }
  return {
    tools,
    resource,
    read: (asked) => (asked === uri ? { uri, mimeType: appType, text: views.document(), _meta: meta } : null),
    async call(name, input, signal) {
      if (name === "show_view") return show(own, input, signal)
      return name === "act_in_view" ? act(own, input, signal) : null
    },
  }
}

type Own = { views: McpViews; viewer: McpDeps["viewer"]; person: string; session(): McpSession }

async function show({ views, viewer, person, session }: Own, input: JsonObject, signal: AbortSignal): Promise<Answer> {
  const asked = showing.safeParse(input)
  if (!asked.success) return failed("show_view takes the number of a view.")
  const { view, inputs } = asked.data
  const seen = await session().call("views_get", { id: view }, { isPlain: true, signal })
  if (seen.isError) return failed(seen.text)
  const came = await views.show(person, view, inputs)
  if (came.kind === "refused") return failed(came.reason)
  const place = await viewer()
  const text = `${came.shown.title} is shown to the person; in the viewer it is ${place}/views/${view}`
  return { ...told(text), structuredContent: { ...came.shown, viewer: place } }
}

async function act({ views, person, session }: Own, input: JsonObject, signal: AbortSignal): Promise<Answer> {
  const asked = acting.safeParse(input)
  if (!asked.success) return failed("act_in_view takes the number of a view.")
  const { kind, words } = await views.act(person, asked.data.view, input, (name, args) =>
    session().call(name.replace(".", "_"), argumentsOf(name, args), { isPlain: true, signal }),
  )
  return kind === "done" ? told(words) : failed(words)
}

/** By their names, as a tool of one action takes them. */
function argumentsOf(name: string, args: Json[]): JsonObject {
  const action = catalogue.find((one) => one.name === name)
  const names = Object.keys(action?.parameters ?? {})
  return Object.fromEntries(args.map((value, at) => [names[at] ?? String(at), value]))
}

function told(text: string): Answer {
  return { content: [{ type: "text", text }], isError: false }
}

function failed(text: string): Answer {
  return { ...told(text), isError: true }
}
