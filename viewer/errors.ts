import type { Context } from "hono"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import type { z } from "zod"
import { html } from "./html.ts"
import type { Frame, PageEnv } from "./layout.ts"

export class NotFound extends Error {
  readonly code = "not_found"
}

export class BadAddress extends Error {
  readonly code = "bad_address"
  constructor(error: z.core.$ZodError) {
    super(error.issues.map(({ path, message }) => `${String(path.at(-1) ?? "The address")}: ${message}`).join(" "))
  }
}

export class TooSlow extends Error {
  readonly code = "too_slow"
  constructor(limit: number) {
    super(
      `There is no index for this order and these filters, and looking at every row takes longer than ${limit / 1000} s.`,
    )
  }
}

/** An expected no to something that a person wanted to do. */
export class Refused extends Error {
  readonly code = "refused"
  readonly status = 409
  readonly hint: string
  constructor(reason: string, hint: string) {
    super(reason)
    this.hint = hint
  }
}

/** Whether a script asks, and not a person's browser for a page. */
export function isJsonAsked(c: Context): boolean {
  return c.req.path.endsWith(".json") || /\bapplication\/json\b/i.test(c.req.header("accept") ?? "")
}

/** The one place where an error becomes an answer: a sentence on a page, or JSON where JSON was asked for. */
export async function errorAnswer(
  c: Context<PageEnv>,
  frame: Frame,
  error: Error,
  report: (error: unknown) => void = () => {},
): Promise<Response> {
  const { status, code, message, hint } = described(error)
  if (status === 500) report(error)
  if (isJsonAsked(c)) return c.json({ error: { code, message, hint } }, status)
  if (/\.(csv|jsonl)$/.test(c.req.path) || !c.get("person")) return c.text(`${message} ${hint}\n`, status)
  const content = html`<section class="notice"><h1>${message}</h1><p>${hint}</p><p><a href="/">All leads</a></p></section>`
  const page = frame(c, { title: "Not here", at: null }, content, status)
  // What stands around a page is read from the database too, which may be what is broken.
  return status === 500 ? page.catch(() => c.text(`${message} ${hint}\n`, status)) : page
}

type Described = { status: ContentfulStatusCode; code: string; message: string; hint: string }

function described(error: Error): Described {
  const { message } = error
  if (error instanceof NotFound) {
    const hint = "It may have been merged, undone or forgotten; or the address has a typing mistake."
    return { status: 404, code: error.code, message, hint }
  }
  if (error instanceof BadAddress) {
    const hint = "Correct the address, or begin again with the whole table."
    return { status: 400, code: error.code, message, hint }
  }
  if (error instanceof TooSlow) {
    return { status: 503, code: error.code, message, hint: "Ask for fewer filters, or for another order." }
  }
  return (
    named(error) ?? {
      status: 500,
      code: "failed",
      message: "The viewer could not do that.",
      hint: "The terminal that runs it says why.",
    }
  )
}

const statuses = [400, 401, 403, 404, 409, 413, 422, 429, 503] as const

/** What errors say that carry a code and a hint; without a status of their own it is what was asked that was wrong. */
function named(error: Error): Described | null {
  if (!("code" in error) || !("hint" in error)) return null
  const own = "status" in error ? error.status : 400
  const status = statuses.find((one) => one === own) ?? 500
  return { status, code: String(error.code), message: error.message, hint: String(error.hint) }
}
