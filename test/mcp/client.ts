import { tmpdir } from "node:os"
import { join } from "node:path"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js"
import {
  type ElicitRequestFormParams,
  ElicitRequestSchema,
  type ElicitResult,
} from "@modelcontextprotocol/sdk/types.js"
import { type Host, openHost } from "../../src/cli/host.ts"
import type { Io } from "../../src/cli/io.ts"
import { mcpDepsOf } from "../../src/cli/mcp-host.ts"
import { readEnvironment } from "../../src/config.ts"
import type { Store } from "../../src/db/store.ts"
import { createMcpServer } from "../../src/mcp/server.ts"
import { openSample } from "../viewer/sample.ts"

export const viewerUrl = "http://127.0.0.1:4400"

export type Served = {
  store: Store
  host: Host
  connect(options?: ConnectOptions): Promise<Client>
  close(): Promise<void>
}
type ConnectOptions = {
  name?: string
  isPlain?: boolean
  readOnly?: boolean
  person?: string
  /** What it can do beyond the protocol itself. */
  extensions?: Record<string, object>
  /** What the person at its host says when they are asked for something; left out, the host cannot ask. */
  elicit?: (form: ElicitRequestFormParams) => ElicitResult
}

/** Small Giant as other people's agents reach it, without a model of its own, and the protocol's own client. */
export async function openServed(): Promise<Served> {
  const { store, close } = openSample()
  const io: Io = {
    environment: readEnvironment({ GIANT_CHROME: join(tmpdir(), "no-browser-is-needed") }),
    ...{ out: () => {}, err: () => {}, isTerminal: false, isInteractive: false, width: 100, ask: async () => "" },
    clock: () => new Date(),
    signal: new AbortController().signal,
  }
  const home = { path: store.home, settings: {}, store, person: "human:ada" }
  const host = await openHost(io, home, { model: { kind: "none" }, web: "replica", because: null }, { dayUsd: 0 })
  const open: (() => Promise<void>)[] = []
  return {
    store,
    host,
    async connect({
      name = "claude-code",
      isPlain = false,
      readOnly = false,
      person = "human:ada",
      extensions,
      elicit,
    }: ConnectOptions = {}) {
      const served = createMcpServer(
        mcpDepsOf(host, async () => viewerUrl),
        { person, readOnly },
        { isPlain },
      )
      const [here, there] = InMemoryTransport.createLinkedPair()
      const client = new Client(
        { name, version: "2.1.0" },
        { capabilities: { ...(extensions && { extensions }), ...(elicit && { elicitation: {} }) } },
      )
      if (elicit) {
        client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
          if (params.mode === "url") throw new Error("Nobody opens an address from here.")
          return elicit(params)
        })
      }
      await Promise.all([served.server.connect(there), client.connect(here)])
      open.push(async () => {
        await client.close()
        await served.close()
      })
      return client
    },
    async close() {
      for (const end of open) await end()
      await host.close()
      await close()
    },
  }
}

/** The text of what a tool answered. */
export async function called(
  client: Client,
  name: string,
  input: Record<string, unknown>,
): Promise<{ text: string; isError: boolean }> {
  const { content, isError } = await client.callTool({ name, arguments: input })
  const parts = Array.isArray(content) ? content : []
  return { text: parts.map((part) => (part.type === "text" ? part.text : "")).join("\n"), isError: isError === true }
}

export const run = (client: Client, code: string) => called(client, "execute", { code })
