import { gzipSync } from "node:zlib"
import type { Context } from "hono"
import type { ContentfulStatusCode } from "hono/utils/http-status"

const types = { html: "text/html; charset=UTF-8", json: "application/json" } as const
/** Where it pays to compress, in characters. */
const least = 1_024
/** Higher levels take twice the time for a tenth of the bytes. */
const level = 3

/** Answers with a page or its numbers, at once and compressed where the reader takes that: a stream would take five times as long. */
export function answer(
  c: Context,
  kind: keyof typeof types,
  text: string,
  status: ContentfulStatusCode = 200,
): Response {
  const headers = { "content-type": types[kind], vary: "Accept-Encoding" }
  if (text.length < least || !/\bgzip\b/.test(c.req.header("accept-encoding") ?? ""))
    return c.body(text, status, headers)
  return c.body(gzipSync(text, { level }), status, { ...headers, "content-encoding": "gzip" })
}
