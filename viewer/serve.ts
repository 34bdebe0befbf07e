import { createServer, type Server } from "node:http"
import { getRequestListener } from "@hono/node-server"
import { openAside } from "./aside.ts"
import { createViewer, type ViewerOptions } from "./viewer.ts"

export class PortInUse extends Error {
  readonly code = "port_in_use"
  readonly hint: string
  constructor(port: number) {
    super(`Port ${port} is in use by another program.`)
    this.hint = `Choose another with --port, for example --port ${port + 1}.`
  }
}

export type ServeOptions = Omit<ViewerOptions, "host" | "aside"> & {
  /** The address to listen at. */
  hostname?: string
  /** The port to listen at, and no other; 0 for any. Left out, it is 4400 or the next that is free. */
  port?: number
  /** Names, with their port, by which the viewer is reached besides its own. */
  alsoHost?: string[]
}
export type RunningViewer = { url: string; port: number; close(): Promise<void> }

const usualPort = 4400
const portsTried = 20

/** Serves the viewer until it is closed. Throws PortInUse. */
export async function serveViewer({
  hostname = "127.0.0.1",
  port,
  alsoHost = [],
  ...options
}: ServeOptions): Promise<RunningViewer> {
  const server = createServer()
  const taken = await listen(server, hostname, port)
  const names = hostname === "127.0.0.1" ? ["127.0.0.1", "localhost"] : [hostname]
  const host = [...names.map((name) => `${name.includes(":") ? `[${name}]` : name}:${taken}`), ...alsoHost]
  const aside = openAside(options.store.path)
  server.on("request", getRequestListener(createViewer({ ...options, host, aside }).fetch))
  return {
    url: `http://${host[0]}`,
    port: taken,
    close: () =>
      new Promise((resolve) => {
        aside.close()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function listen(server: Server, hostname: string, asked: number | undefined): Promise<number> {
  const tries = asked === undefined ? Array.from({ length: portsTried }, (_, at) => usualPort + at) : [asked]
  for (const port of tries) {
    const taken = await tryPort(server, hostname, port)
    if (taken !== null) return taken
  }
  throw new PortInUse(asked ?? usualPort)
}

/** The port that is listened at now, or null where another program has it. */
function tryPort(server: Server, hostname: string, port: number): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(null) : reject(error))
    server.once("error", failed)
    server.listen(port, hostname, () => {
      server.off("error", failed)
      const address = server.address()
      resolve(typeof address === "object" && address !== null ? address.port : port)
    })
  })
}
