import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { documentOf, frameHeaders } from "../src/views/document.ts"

/** Where free HTML comes from: an origin of its own beside the viewer's. */
export type FrameServer = {
  /** Puts a page there, to be fetched once and soon by a page of the viewer at `host`. */
  put(html: string, host: string): { origin: string; path: string }
  close(): Promise<void>
}

/** In milliseconds, and at once. */
const kept = 60_000
const mostKept = 200

type Waiting = { html: string; viewer: string; until: number }

/** A page of our own that tries to get out, where only the list of allowed connections stands against it: by that a browser shows
 * whether it knows of such lists. */
const probePath = "/probe"
const reachedPath = "/reached"
const probe = `<!doctype html><script>
const say = (word) => parent.postMessage(word, "*")
fetch("${reachedPath}", { mode: "no-cors" }).then(() => say("open"), () => say("held"))
</script>`
const probeHeaders = {
  ...frameHeaders("*"),
  "content-security-policy": "default-src 'none'; script-src 'unsafe-inline'; connect-src *",
}

/** Serves pages that a viewer's page was given the address of, and nothing else. What they may not do stands in their headers. */
export async function serveFrames(options: {
  hostname: string
  tls?: { cert: string; key: string }
  clock: () => Date
}): Promise<FrameServer> {
  const waiting = new Map<string, Waiting>()
  const now = () => options.clock().getTime()

  const answer: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? "/", "http://frame.invalid").pathname
    if (path === probePath) return give(response, 200, probeHeaders, probe)
    if (path === reachedPath) return give(response, 204, {}, "")
    const found = waiting.get(path)
    waiting.delete(path)
    if (request.method !== "GET" || !found || found.until < now()) {
      return give(response, 404, { "content-type": "text/plain" }, "There is nothing at this address.\n")
    }
    give(response, 200, frameHeaders(found.viewer), documentOf(found.html))
  }

  const server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer)
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(0, options.hostname, resolve)
  })
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  const scheme = options.tls ? "https" : "http"
  return {
    put(html, host) {
      for (const [path, { until }] of waiting) if (until < now() || waiting.size >= mostKept) waiting.delete(path)
      const path = `/${randomBytes(24).toString("base64url")}`
      waiting.set(path, { html, viewer: `${scheme}://${host}`, until: now() + kept })
      return { origin: `${scheme}://${hostnameFor(host)}:${port}`, path }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** On this machine every page gets a name of its own, which browsers take for a site of its own and give a process of its own: a loop
 * in one is not a loop in the others. */
function hostnameFor(host: string): string {
  const hostname = host.replace(/:\d+$/, "")
  const isHere = hostname === "127.0.0.1" || hostname === "localhost" || hostname === "[::1]"
  return isHere ? `v${randomBytes(8).toString("hex")}.localhost` : hostname
}

function give(response: ServerResponse, status: number, headers: Record<string, string>, body: string): void {
  response.writeHead(status, { "cache-control": "no-store", ...headers })
  response.end(body)
}
