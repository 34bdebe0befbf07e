import type { McpOverHttp } from "../mcp/http.ts"
import type { McpPerson } from "../mcp/session.ts"
import type { Home } from "./home.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import type { WorldOptions } from "./world.ts"

/** The same, opened when it is first asked for; what failed is tried again the next time. */
export function openMcpHostLater(io: Io, home: Home, options: WorldOptions) {
  let opened: Promise<Host> | null = null
  return {
    host(): Promise<Host> {
      opened ??= open(io, home, options).catch((error) => {
        opened = null
        throw error
      })
      return opened
    },
    async close(): Promise<void> {
      await (await opened?.catch(() => null))?.close()
    },
  }
}

/** MCP at a viewer's `/mcp`, on a host that is opened when the first agent comes. */
export function openMcpPort(host: () => Promise<Host>, viewer: () => string) {
  let http: McpOverHttp | null = null
  return {
    async answer(request: Request, person: McpPerson): Promise<Response> {
      const open = await host()
      http ??= await overHttp(open, viewer)
      return http.answer(request, person)
    },
    async close(): Promise<void> {
      await http?.close()
    },
  }
}

/** A viewer to which no agent comes needs nothing of this. */
async function open(io: Io, home: Home, options: WorldOptions): Promise<Host> {
  const { openMcpHost } = await import("./mcp-host.ts")
  return openMcpHost(io, home, options)
}

async function overHttp(host: Host, viewer: () => string): Promise<McpOverHttp> {
  const { mcpOverHttp } = await import("./mcp-host.ts")
  return mcpOverHttp(host, async () => viewer())
}
