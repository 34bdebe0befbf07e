import { createMiddleware } from "hono/factory"

const headers = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
}

/** Answers the hosts named here and only GET, so that neither another site (by rebinding a name of its own to this address) nor a
 * form elsewhere gets at the data. Every answer carries the headers that keep a page to itself. */
export function guard(host: string[]) {
  return createMiddleware(async (c, next) => {
    const refuse = (status: 403 | 405, code: string, message: string) =>
      c.req.path.endsWith(".json") ? c.json({ error: { code, message } }, status) : c.text(`${message}\n`, status)
    const asked = c.req.header("host")?.toLowerCase() ?? ""
    const origin = c.req.header("origin")
    if (!host.includes(asked)) {
      c.res = refuse(403, "wrong_host", `This viewer does not answer to that name; open it as http://${host[0]}.`)
    } else if (origin !== undefined && origin !== `http://${asked}` && origin !== `https://${asked}`) {
      c.res = refuse(403, "wrong_origin", "This viewer does not answer other sites.")
    } else if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      c.res = refuse(405, "only_get", "The viewer only shows; ask an agent, or use giant, to change something.")
      c.res.headers.set("allow", "GET, HEAD")
    } else {
      await next()
    }
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
    if (!c.res.headers.has("cache-control")) c.res.headers.set("cache-control", "no-store")
  })
}
