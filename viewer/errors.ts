import type { Context } from "hono"
import { html } from "hono/html"
import type { z } from "zod"
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

/** The one place where an error becomes an answer: a sentence on a page, or JSON where JSON was asked for. */
export async function errorAnswer(
  c: Context<PageEnv>,
  frame: Frame,
  error: Error,
  report: (error: unknown) => void = () => {},
): Promise<Response> {
  const { status, code, message, hint } = described(error)
  if (status === 500) report(error)
  if (c.req.path.endsWith(".json")) return c.json({ error: { code, message, hint } }, status)
  if (/\.(csv|jsonl)$/.test(c.req.path)) return c.text(`${message} ${hint}\n`, status)
  const content = html`<section class="notice"><h1>${message}</h1><p>${hint}</p><p><a href="/">All leads</a></p></section>`
  return frame(c, { title: "Not here", at: null }, content, status)
}

function described(error: Error) {
  if (error instanceof NotFound) {
    const hint = "It may have been merged, undone or forgotten; or the address has a typing mistake."
    return { status: 404, code: error.code, message: error.message, hint } as const
  }
  if (error instanceof BadAddress) {
    const hint = "Correct the address, or begin again with the whole table."
    return { status: 400, code: error.code, message: error.message, hint } as const
  }
  if (error instanceof TooSlow) {
    const hint = "Ask for fewer filters, or for another order."
    return { status: 503, code: error.code, message: error.message, hint } as const
  }
  const message = "The viewer could not read that."
  return { status: 500, code: "failed", message, hint: "The terminal that runs it says why." } as const
}
