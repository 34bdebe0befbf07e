import type { Inbox } from "./inbox.ts"
import { html, type Markup } from "./markup.ts"

/** What the replica was asked. */
export type Question = {
  method: "GET" | "POST"
  url: URL
  /** The decoded parts of the path, without empty ones. */
  path: string[]
  cookies: ReadonlyMap<string, string>
  /** The fields of a posted form. */
  form: URLSearchParams
  /** What its people have been sent. */
  inbox: Inbox
}

export type Answer = {
  status: number
  headers: Record<string, string | string[]>
  body: string
  /** How long the answer lets the reader wait, in milliseconds. */
  delay: number
}

/** The header that says that the replica has no such page: readers report it as not there. */
export const absentHeader = "x-giant-replica"

export function page(markup: Markup, status = 200, headers: Answer["headers"] = {}): Answer {
  return {
    status,
    headers: { "content-type": "text/html; charset=utf-8", ...headers },
    body: `<!DOCTYPE html>\n${markup.text}`,
    delay: 0,
  }
}

export function text(body: string, type: string): Answer {
  return { status: 200, headers: { "content-type": `${type}; charset=utf-8` }, body, delay: 0 }
}

export function redirect(to: string, headers: Answer["headers"] = {}): Answer {
  return { status: 302, headers: { location: to, ...headers }, body: "", delay: 0 }
}

/** The answer for an address that stands neither in the overlay nor among the built-in pages. */
export function absent(url: URL): Answer {
  return page(
    html`<html lang="en">
<head><meta charset="utf-8"><title>Not in the replica</title></head>
<body>
<h1>Not in the replica</h1>
<p>The replica has no page for ${url.host}${url.pathname}.</p>
<p>It is an offline web with invented people: nothing was fetched from the network.</p>
</body>
</html>`,
    404,
    { [absentHeader]: "absent" },
  )
}
