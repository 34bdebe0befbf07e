import { getConnInfo } from "@hono/node-server/conninfo"
import type { Context } from "hono"
import { createMiddleware } from "hono/factory"

/** What a page may load: what is ours, and nothing inline. */
export const pagePolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

const headers = {
  "content-security-policy": pagePolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Forms of the viewer's own pages have to say where they come from; other sites are told nothing.
  "referrer-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(self), geolocation=(), payment=(), usb=()",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "origin-agent-cluster": "?1",
}

/** What a proxy in front of the viewer is recognised by: its address, and the header in which it says that it was reached by TLS. */
export type ProxyInFront = { from: string; header: string }
export type GuardOptions = {
  /** The Host headers that are answered, with their port where it is not the usual one. */
  host: string[]
  /** How it is reached: without TLS only on this machine. */
  by: "http" | "https" | ProxyInFront
  /** Where a page may send something. */
  posts: string[]
  /** Where programs come that show a token, and no origin. */
  programs?: string[]
}

/** Answers the hosts named here, and only GET except where something may be done, so that neither another site (by rebinding a name of
 * its own to this address) nor a form elsewhere gets at the data. Every answer carries the headers that keep a page to itself. */
export function guard({ host, by, posts, programs = [] }: GuardOptions) {
  const scheme = by === "http" ? "http" : "https"
  return createMiddleware(async (c, next) => {
    const refusal = refusalOf(c)
    if (refusal) {
      const { status, code, message } = refusal
      c.res = c.req.path.endsWith(".json")
        ? c.json({ error: { code, message } }, status)
        : c.text(`${message}\n`, status)
      if (status === 405) c.res.headers.set("allow", "GET, HEAD")
    } else {
      await next()
    }
    for (const [name, value] of Object.entries(headers)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    }
    if (scheme === "https") c.res.headers.set("strict-transport-security", "max-age=31536000")
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store")
  })

  function refusalOf(c: Context): { status: 403 | 405; code: string; message: string } | null {
    const asked = c.req.header("host")?.toLowerCase() ?? ""
    if (!host.includes(asked)) {
      const message = `This viewer does not answer to that name; open it as ${scheme}://${host[0]}.`
      return { status: 403, code: "wrong_host", message }
    }
    const wrongWay = refusedWay(c)
    if (wrongWay) return { status: 403, code: "wrong_way", message: wrongWay }
    const isLooking = c.req.method === "GET" || c.req.method === "HEAD"
    const origin = c.req.header("origin")
    const isOurs = origin === `${scheme}://${asked}`
    const elsewhere = {
      status: 403,
      code: "wrong_origin",
      message: "This viewer does not answer other sites.",
    } as const
    if (origin !== undefined && !isOurs) return elsewhere
    if (isLooking) return null
    if (programs.includes(c.req.path) && ["POST", "DELETE"].includes(c.req.method)) return null
    if (c.req.method !== "POST" || !posts.some((path) => c.req.path.startsWith(path))) {
      const message = "The viewer only shows; ask an agent, or use giant, to change something."
      return { status: 405, code: "only_get", message }
    }
    const site = c.req.header("sec-fetch-site")
    return isOurs && (site === undefined || site === "same-origin") ? null : elsewhere
  }

  /** On this machine nobody stands in between, because whoever comes is taken for this machine's user; behind a proxy only the proxy
   * comes, and by TLS. */
  function refusedWay(c: Context): string | null {
    if (by === "https") return null
    if (by === "http") {
      const isForwarded = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded"].some((name) =>
        c.req.header(name),
      )
      return isForwarded ? "A proxy must be named in the settings: giant viewer --help says how." : null
    }
    if (getConnInfo(c).remote.address?.replace(/^::ffff:/, "") !== by.from)
      return "Only the proxy in the settings may come here."
    return c.req.header(by.header)?.toLowerCase() === "https" ? null : "The proxy has to be reached by https."
  }
}
