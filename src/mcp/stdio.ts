import { once } from "node:events"
import type { Readable, Writable } from "node:stream"
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import { createMcpServer } from "./server.ts"
import type { McpDeps, McpPerson } from "./session.ts"

/** Serves one client over a pair of streams until it closes its end, or the signal aborts. */
export async function serveMcpStdio(
  deps: McpDeps,
  person: McpPerson,
  { input, output, isPlain, signal }: { input: Readable; output: Writable; isPlain: boolean; signal: AbortSignal },
): Promise<void> {
  const { server, close } = createMcpServer(deps, person, { isPlain })
  const gone = new AbortController()
  for (const name of ["end", "close", "error"]) input.once(name, () => gone.abort())
  await server.connect(new StdioServerTransport(input, output))
  const ended = AbortSignal.any([gone.signal, signal])
  if (!ended.aborted) await once(ended, "abort")
  await close()
}
