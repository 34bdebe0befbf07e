import { createHash, X509Certificate } from "node:crypto"
import { once } from "node:events"
import type { IncomingMessage } from "node:http"
import { createServer } from "node:https"
import type { AddressInfo } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"
import { generate } from "selfsigned"
import { decodedPath } from "./web/address.ts"
import { type Answer, absent, absentHeader, page } from "./web/answer.ts"
import { builtIn } from "./web/built-in.ts"
import { companies } from "./web/companies.ts"
import { type Inbox, openInbox } from "./web/inbox.ts"
import { html } from "./web/markup.ts"
import { type Overlay, openOverlay } from "./web/overlay.ts"

export type Replica = {
  port: number
  /** Base64 of the SHA-256 of the public key, as Chromium's --ignore-certificate-errors-spki-list takes it. */
  spki: string
  /** The certificate, PEM, for clients that check it against an authority. */
  certificate: string
  /** Whether something stands at an address, a wall or an error page too. */
  knows(url: string): boolean
  /** What was asked so far, oldest first; only the last thousand. */
  requests(): readonly SeenRequest[]
  /** What was sent to its people. */
  inbox: Inbox
  close(): Promise<void>
}

type SeenRequest = { method: string; url: string; status: number }

/** The replica could not listen on the port that it was told to. */
export class ReplicaPortTaken extends Error {
  override name = "ReplicaPortTaken"
  readonly port: number
  constructor(port: number) {
    super(`Port ${port} on 127.0.0.1 is taken. Leave the port out, and the replica takes a free one.`)
    this.port = port
  }
}

/**
 * Serves the offline web on 127.0.0.1 over HTTPS, under whatever host name it is asked for: pages of the overlay
 * directory first, then the built-in ones. Throws `OverlayMissing` and `ReplicaPortTaken`.
 */
export async function startReplica(options: { overlay: string | null; port?: number }): Promise<Replica> {
  const overlay = options.overlay === null ? null : openOverlay(options.overlay)
  const keys = await selfSigned()
  const seen: SeenRequest[] = []
  const inbox = openInbox()
  const server = createServer({ key: keys.private, cert: keys.cert }, async (request, response) => {
    const url = addressOf(request)
    const answer = await answerTo({ overlay, inbox }, url, request).catch((error: unknown) =>
      notice(500, String(error)),
    )
    seen.push({ method: request.method ?? "", url: url?.href ?? "", status: answer.status })
    if (seen.length > 1000) seen.shift()
    if (answer.delay > 0) await sleep(answer.delay, undefined, { ref: false })
    response.writeHead(answer.status, { "cache-control": "no-store", ...answer.headers })
    response.end(request.method === "HEAD" ? undefined : answer.body)
  })
  server.listen(options.port ?? 0, "127.0.0.1")
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? new ReplicaPortTaken(options.port ?? 0) : error
  })
  const { port } = server.address() as AddressInfo // a TCP server that listens has an address and no pipe's name
  return {
    port,
    spki: createHash("sha256")
      .update(new X509Certificate(keys.cert).publicKey.export({ type: "spki", format: "der" }))
      .digest("base64"),
    certificate: keys.cert,
    knows: (url) => URL.canParse(url) && !(absentHeader in lookUp({ overlay, inbox }, new URL(url), new Map()).headers),
    requests: () => [...seen],
    inbox,
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

/** An answer of the server itself, which belongs to no page. */
function notice(status: number, sentence: string, headers: Answer["headers"] = {}): Answer {
  return page(
    html`<html lang="en"><head><title>The replica</title></head><body>${sentence}</body></html>`,
    status,
    headers,
  )
}

/** One key and certificate for all hosts: whoever trusts the key does not look at the name. */
function selfSigned() {
  const hosts = [
    "linkedin.com",
    "licdn.com",
    "x.com",
    "twitter.com",
    "t.co",
    ...companies.map((company) => company.domain),
  ]
  return generate([{ name: "commonName", value: "replica.example" }], {
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "subjectAltName", altNames: hosts.flatMap((host) => [dnsName(host), dnsName(`*.${host}`)]) },
    ],
  })
}

function dnsName(value: string): { type: 2; value: string } {
  return { type: 2, value }
}

function addressOf(request: IncomingMessage): URL | null {
  const host = request.headers.host?.toLowerCase()
  if (host === undefined || !/^[a-z0-9.-]+(:\d+)?$/.test(host) || !request.url?.startsWith("/")) return null
  const address = `https://${host.replace(/:\d+$/, "")}${request.url}`
  return URL.canParse(address) ? new URL(address) : null
}

type Web = { overlay: Overlay | null; inbox: Inbox }

async function answerTo(web: Web, url: URL | null, request: IncomingMessage): Promise<Answer> {
  if (url === null) return notice(400, "A request needs a host and a path.")
  switch (request.method) {
    case "GET":
    case "HEAD":
      return lookUp(web, url, cookiesOf(request))
    case "POST": {
      const form = await formOf(request)
      return form === null
        ? notice(413, `A form may have ${longestForm} characters.`)
        : submit(web, url, cookiesOf(request), form)
    }
    default:
      return notice(405, "The replica answers GET, HEAD and its own forms.", { allow: "GET, HEAD, POST" })
  }
}

function lookUp({ overlay, inbox }: Web, url: URL, cookies: ReadonlyMap<string, string>): Answer {
  const path = decodedPath(url)
  if (path === null) return absent(url)
  return overlay?.(url) ?? builtIn({ method: "GET", url, path, cookies, form: new URLSearchParams(), inbox })
}

function submit({ inbox }: Web, url: URL, cookies: ReadonlyMap<string, string>, form: URLSearchParams): Answer {
  const path = decodedPath(url)
  return path === null ? absent(url) : builtIn({ method: "POST", url, path, cookies, form, inbox })
}

function cookiesOf(request: IncomingMessage): Map<string, string> {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="))
  return new Map(pairs.map(([name = "", ...value]) => [name, value.join("=")]))
}

/** In characters: the longest message, with each of its bytes escaped. */
const longestForm = 150_000

/** The fields of a posted form, or `null` if it is longer than any message. */
async function formOf(request: IncomingMessage): Promise<URLSearchParams | null> {
  let body = ""
  for await (const chunk of request.setEncoding("utf8")) {
    if (body.length <= longestForm) body += chunk
  }
  return body.length > longestForm ? null : new URLSearchParams(body)
}
