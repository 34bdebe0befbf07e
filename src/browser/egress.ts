import { randomBytes, timingSafeEqual } from "node:crypto"
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
  STATUS_CODES,
} from "node:http"
import { type AddressInfo, connect, isIP, isIPv6, type Socket } from "node:net"
import { type Duplex, pipeline } from "node:stream"
import { isPublicAddress } from "./public-address.ts"

/** Where granted hosts are found. `resolve` answers every address of a host and throws when there is none. In a replica each
 * of them is the replica's port, and `spki` (base64 SHA-256 of its public key) is the one key that the browser is to accept. */
export type Route =
  | { kind: "live"; resolve: (host: string) => Promise<string[]> }
  | { kind: "replica"; port: number; spki: string }

export type Refusal = {
  host: string
  port: number
  why: "not granted" | "odd port" | "address literal" | "private address" | "unresolved" | "unreachable"
  /** ISO 8601, UTC. */
  at: string
}

export type Egress = {
  /** What a browser needs to speak through here, as Playwright's launch options. */
  launch: { proxy: { server: string; bypass: string; username: string; password: string }; args: string[] }
  /** Lets the browser speak to these hosts (`name.example` or `*.name.example`) until the function it returns is called;
   * connections that only this grant allowed end with it. */
  grant: (hosts: readonly string[]) => () => void
  /** What went through so far, in bytes; `refusals` keeps the newest two hundred, `refused` counts all. */
  traffic: () => { sent: number; received: number; refused: number; refusals: readonly Refusal[] }
  close: () => Promise<void>
}

type Target = { host: string; port: number }
type Dialled = { kind: "connected"; socket: Socket } | { kind: "refused"; status: 403 | 502; refusal: Refusal }

/** Marks this proxy's own refusals (RFC 9209), so that they are not taken for the site's. */
export const refusalHeader = "proxy-status"
const connectMs = 15_000
const idleMs = 120_000
const refusalsKept = 200

/** A forward proxy on 127.0.0.1, through which alone a lane's browser speaks. It lets through granted hosts on ports 80 and
 * 443; it resolves a name once, checks every address and connects to exactly those, so a name cannot change its mind in
 * between. Its password is made anew for each proxy, so other programs of this machine cannot use it. */
export async function openEgress(options: { route: Route; clock: () => Date }): Promise<Egress> {
  const { route, clock } = options
  const password = randomBytes(24).toString("base64url")
  const expected = Buffer.from(`Basic ${Buffer.from(`lane:${password}`).toString("base64")}`)
  const grants = new Set<readonly string[]>()
  const clients = new Set<Socket>()
  const open = new Map<Socket, Target>()
  const refusals: Refusal[] = []
  const closed = { sent: 0, received: 0, refused: 0 }

  const server = createServer((incoming, response) => void forward(incoming, response))
  server.on("connect", (incoming, client, head) => void tunnel(incoming, client, head))
  server.on("connection", (client) => {
    clients.add(client)
    client.once("close", () => clients.delete(client))
  })
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject)
    server.listen(0, "127.0.0.1", resolve)
  })

  return {
    launch: {
      proxy: {
        server: `http://127.0.0.1:${portOf(server.address())}`,
        bypass: "<-loopback>",
        username: "lane",
        password,
      },
      args: route.kind === "replica" ? [`--ignore-certificate-errors-spki-list=${route.spki}`] : [],
    },
    grant(hosts) {
      const grant = [...hosts]
      grants.add(grant)
      return () => {
        grants.delete(grant)
        for (const [socket, target] of open) if (!isGranted(target.host)) socket.destroy()
      }
    },
    traffic() {
      const sockets = [...open.keys()]
      return {
        sent: sockets.reduce((sum, socket) => sum + socket.bytesWritten, closed.sent),
        received: sockets.reduce((sum, socket) => sum + socket.bytesRead, closed.received),
        refused: closed.refused,
        refusals: [...refusals],
      }
    },
    close() {
      for (const socket of [...open.keys(), ...clients]) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }

  async function tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer): Promise<void> {
    client.on("error", () => client.destroy())
    if (!isOurBrowser(incoming.headers))
      return void client.end(statusLine(407, 'Proxy-Authenticate: Basic realm="lane"'))
    const target = targetOf(`https://${incoming.url}`, 443)
    if (!target) return void client.end(statusLine(400))
    const dialled = await dial(target)
    if (dialled.kind === "refused") {
      return void client.end(statusLine(dialled.status, `${refusalHeader}: ${refusalText(dialled.refusal)}`))
    }
    if (client.destroyed) return void dialled.socket.destroy()
    client.write(statusLine(200))
    dialled.socket.write(head)
    pipeline(client, dialled.socket, client, () => dialled.socket.destroy())
  }

  async function forward(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOurBrowser(incoming.headers)) {
      return void response.writeHead(407, { "proxy-authenticate": 'Basic realm="lane"' }).end()
    }
    const target = incoming.url?.startsWith("http://") ? targetOf(incoming.url, 80) : null
    if (!target || !incoming.url) return void response.writeHead(400).end()
    const { pathname, search } = new URL(incoming.url)
    if (route.kind === "replica" && target.port === 80 && isGranted(target.host)) {
      return void response.writeHead(308, { location: `https://${target.host}${pathname}${search}` }).end()
    }
    const dialled = await dial(target)
    if (dialled.kind === "refused") {
      return void response
        .writeHead(dialled.status, { [refusalHeader]: refusalText(dialled.refusal), "content-type": "text/plain" })
        .end(`${dialled.refusal.host}: ${dialled.refusal.why}`)
    }
    const onward = request({
      createConnection: () => dialled.socket,
      agent: false,
      method: incoming.method,
      path: pathname + search,
      headers: { ...endToEnd(incoming.headers), host: target.host },
    })
    onward.once("response", (answer) => {
      try {
        response.writeHead(answer.statusCode ?? 0, endToEnd(answer.headers))
      } catch {
        // A status or header that no honest server sends must not end this process.
        return void response.destroy()
      }
      pipeline(answer, response, () => dialled.socket.destroy())
    })
    pipeline(incoming, onward, (error) => {
      if (error) response.destroy()
    })
    response.once("close", () => dialled.socket.destroy())
  }

  async function dial(target: Target): Promise<Dialled> {
    if (isIP(target.host.replace(/^\[|\]$/g, ""))) return refused(target, 403, "address literal")
    if (!isGranted(target.host)) return refused(target, 403, "not granted")
    if (target.port !== 80 && target.port !== 443) return refused(target, 403, "odd port")
    if (route.kind === "replica") {
      return target.port === 443 ? connected(target, route.port, ["127.0.0.1"]) : refused(target, 403, "odd port")
    }
    const addresses = await route.resolve(target.host).catch(() => [])
    if (addresses.length === 0) return refused(target, 502, "unresolved")
    if (!addresses.every(isPublicAddress)) return refused(target, 403, "private address")
    return connected(target, target.port, addresses)
  }

  function connected(target: Target, port: number, addresses: string[]): Promise<Dialled> {
    if (!isGranted(target.host)) return Promise.resolve(refused(target, 403, "not granted"))
    const pinned = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }))
    const socket = connect({
      host: target.host,
      port,
      autoSelectFamily: true,
      lookup: (_host, _options, found) => found(null, pinned),
    })
    open.set(socket, target)
    socket.setTimeout(connectMs, () => socket.destroy())
    socket.once("close", () => {
      open.delete(socket)
      closed.sent += socket.bytesWritten
      closed.received += socket.bytesRead
    })
    return new Promise((resolve) => {
      const fail = () => resolve(refused(target, 502, "unreachable"))
      socket.on("error", () => socket.destroy())
      socket.once("close", fail)
      socket.once("connect", () => {
        socket.off("close", fail)
        socket.setTimeout(idleMs)
        resolve({ kind: "connected", socket })
      })
    })
  }

  function refused(target: Target, status: 403 | 502, why: Refusal["why"]): Dialled {
    const refusal = { ...target, why, at: clock().toISOString() }
    closed.refused += 1
    refusals.push(refusal)
    if (refusals.length > refusalsKept) refusals.shift()
    return { kind: "refused", status, refusal }
  }

  function isGranted(host: string): boolean {
    return [...grants].some((hosts) => hosts.some((pattern) => matchesHost(pattern, host)))
  }

  function isOurBrowser(headers: IncomingHttpHeaders): boolean {
    const given = Buffer.from(headers["proxy-authorization"] ?? "")
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new TypeError("The proxy listens on no port.")
  return address.port
}

function targetOf(text: string, usualPort: number): Target | null {
  if (!URL.canParse(text)) return null
  const { hostname, port } = new URL(text)
  return { host: hostname, port: port === "" ? usualPort : Number(port) }
}

function matchesHost(pattern: string, host: string): boolean {
  return pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) : host === pattern
}

function statusLine(status: 200 | 400 | 403 | 407 | 502, header?: string): string {
  const ending = status === 200 ? "" : "Content-Length: 0\r\nConnection: close\r\n"
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${header ? `${header}\r\n` : ""}${ending}\r\n`
}

function refusalText({ why }: Refusal): string {
  return `lane; error=${errorTypes[why]}; details="${why}"`
}

const errorTypes: Record<Refusal["why"], string> = {
  "not granted": "http_request_denied",
  "odd port": "http_request_denied",
  "address literal": "http_request_denied",
  "private address": "destination_ip_prohibited",
  unresolved: "dns_error",
  unreachable: "destination_unavailable",
}

/** Without the headers that belong to one hop. */
function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase())
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !oneHop.has(name) && !named.includes(name)))
}

const oneHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  refusalHeader,
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
])
