import { randomUUID } from "node:crypto"
import { WebStandardStreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js"
import type { Clock } from "../harness/clock.ts"
import { openMissed } from "./missed.ts"
import type { McpServer } from "./server.ts"
import type { McpPerson } from "./session.ts"

/** MCP over HTTP for whoever a token stands for. */
export type McpOverHttp = {
  answer(request: Request, person: McpPerson): Promise<Response>
  close(): Promise<void>
}

type Open = {
  person: McpPerson
  transport: WebStandardStreamableHTTPServerTransport
  usedAt: number
  close(): Promise<void>
}

/** Milliseconds after which a client that says nothing more is taken to be gone. */
const idle = 30 * 60_000
/** Clients of one person at the same time. */
const mostOpen = 20
/** What a client can send at once, in bytes. */
const mostBytes = 1_000_000
/** Milliseconds after which a client whose connection broke comes back. */
const backAfter = 1_000

/** Streamable HTTP: a session for each client, which belongs to the person whose token opened it. A client whose connection breaks
 * in the middle of a call hears the answer when it comes back. One that comes to `?plain` is given a tool for each action. */
export function openMcpOverHttp(
  serve: (person: McpPerson, options: { isPlain: boolean }) => McpServer,
  clock: Pick<Clock, "now">,
): McpOverHttp {
  const sessions = new Map<string, Open>()

  async function end(id: string): Promise<void> {
    const open = sessions.get(id)
    sessions.delete(id)
    await open?.close()
  }

  async function begin(request: Request, person: McpPerson): Promise<Response> {
    const own = [...sessions].filter(([, open]) => open.person.person === person.person)
    if (own.length >= mostOpen) {
      const oldest = own.reduce((one, other) => (other[1].usedAt < one[1].usedAt ? other : one))
      await end(oldest[0])
    }
    const isPlain = new URL(request.url).searchParams.has("plain")
    const { server, close } = serve(person, { isPlain })
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      maxRequestBodySize: mostBytes,
      eventStore: openMissed(),
      retryInterval: backAfter,
      onsessioninitialized: (id) => {
        sessions.set(id, { person, transport, usedAt: clock.now().getTime(), close })
      },
      onsessionclosed: end,
    })
    await server.connect(transport)
    const answer = await transport.handleRequest(request)
    // What was no initialisation has opened no session.
    if (transport.sessionId === undefined) await close()
    return answer
  }

  return {
    async answer(request, person) {
      const now = clock.now().getTime()
      for (const [id, { usedAt }] of sessions) if (now - usedAt > idle) await end(id)
      const id = request.headers.get("mcp-session-id")
      if (id === null) return begin(request, person)
      const open = sessions.get(id)
      if (open?.person.person !== person.person || open.person.readOnly !== person.readOnly) {
        return Response.json(
          { jsonrpc: "2.0", error: { code: -32001, message: "Session not found" }, id: null },
          { status: 404 },
        )
      }
      open.usedAt = now
      return open.transport.handleRequest(request)
    },
    async close() {
      await Promise.all([...sessions.keys()].map(end))
    },
  }
}
