import { createPrivateKey, X509Certificate } from "node:crypto"
import { createServer, type Server } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { isIP } from "node:net"
import { userInfo } from "node:os"
import { getRequestListener } from "@hono/node-server"
import { openAside } from "./aside.ts"
import { serveFrames } from "./frame-server.ts"
import type { ProxyInFront } from "./guard.ts"
import { createViewer, type ViewerOptions } from "./viewer.ts"

export class PortInUse extends Error {
  readonly code = "port_in_use"
  readonly hint: string
  constructor(port: number) {
    super(`Port ${port} is in use by another program.`)
    this.hint = `Choose another with --port, for example --port ${port + 1}.`
  }
}

export class NeedsTls extends Error {
  readonly code = "needs_tls"
  readonly hint =
    'Give --cert FILE and --key FILE (PEM), or name the proxy that does TLS in settings.json: "proxy": { "from": "127.0.0.1", "host": "crm.example.com", "header": "x-forwarded-proto" }. Without either, leave out --host, and forward the port over SSH.'
  constructor(address: string) {
    super(`At ${address} others could reach the viewer, and read along.`)
  }
}

export class BadCertificate extends Error {
  readonly code = "bad_certificate"
  readonly hint = "Both files are PEM; the certificate comes first, then those that it rests on."
  constructor(why: string) {
    super(`The certificate cannot be used: ${why}`)
  }
}

export type ServeOptions = Omit<ViewerOptions, "host" | "aside" | "frames" | "by" | "access"> & {
  /** The address to listen at. Without TLS or a proxy it is one of this machine's own. */
  hostname?: string
  /** The port to listen at, and no other; 0 for any. Left out, it is 4400 or the next that is free. */
  port?: number
  /** Names, with their port, by which the viewer is reached besides its own. */
  alsoHost?: string[]
  /** PEM. Who comes signs in. */
  tls?: { cert: string; key: string }
  /** Only the proxy may come, and who comes through it signs in. `host` is the name that people know. */
  proxy?: ProxyInFront & { host: string }
}
export type RunningViewer = { url: string; port: number; close(): Promise<void> }

const usualPort = 4400
const portsTried = 20

/** Serves the viewer until it is closed. Throws PortInUse, NeedsTls and BadCertificate. */
export async function serveViewer(options: ServeOptions): Promise<RunningViewer> {
  const { hostname = "127.0.0.1", port, alsoHost = [], tls, proxy, ...viewer } = options
  const isOpen = !tls && !proxy
  if (isOpen && !loopback.includes(hostname)) throw new NeedsTls(hostname)
  const certified = tls ? namesOf(tls) : []
  const server = tls ? createTlsServer(tls) : createServer()
  const taken = await listen(server, hostname, port)
  const names = tls ? certified : hostname === "127.0.0.1" ? ["127.0.0.1", "localhost"] : [hostname]
  const own = names.flatMap((name) => withPort(name, taken, tls ? 443 : 80))
  const host = [...(proxy ? [proxy.host.toLowerCase()] : own), ...alsoHost]
  const aside = openAside(options.store.place)
  // A proxy leads to one port, so free HTML has no origin of its own behind it.
  const frames = proxy ? null : await serveFrames({ hostname, ...(tls && { tls }), clock: options.clock })
  const app = createViewer({
    ...viewer,
    host,
    aside,
    ...(frames && { frames }),
    by: proxy ?? (tls ? "https" : "http"),
    access: isOpen ? { kind: "open", systemName: userInfo().username } : { kind: "signed-in" },
  })
  server.on("request", getRequestListener(app.fetch))
  return {
    url: `${isOpen ? "http" : "https"}://${host[0]}`,
    port: taken,
    close: () =>
      new Promise((resolve) => {
        aside.close()
        const ended = frames?.close() ?? Promise.resolve()
        server.close(() => ended.then(resolve))
        server.closeAllConnections()
      }),
  }
}

const loopback = ["127.0.0.1", "localhost", "::1"]

/** The names that a certificate is for, as far as each is one name. Throws BadCertificate. */
function namesOf({ cert, key }: { cert: string; key: string }): string[] {
  const certificate = readCertificate(cert)
  if (!certificate.checkPrivateKey(readKey(key))) throw new BadCertificate("the key is another's.")
  const names = (certificate.subjectAltName ?? "").split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""))
  const single = names.filter((name) => name !== "" && !name.includes("*")).map((name) => name.toLowerCase())
  if (single.length === 0) throw new BadCertificate("it names no host.")
  return single
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw new BadCertificate("the file holds none.")
  }
}

function readKey(pem: string) {
  try {
    return createPrivateKey(pem)
  } catch {
    throw new BadCertificate("the file of the key holds none that can be read.")
  }
}

/** As browsers write it in the Host header: without the port that the scheme has. */
function withPort(name: string, port: number, usual: number): string[] {
  const written = isIP(name) === 6 ? `[${name}]` : name
  return port === usual ? [written, `${written}:${port}`] : [`${written}:${port}`]
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
