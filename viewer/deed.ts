import type { Context } from "hono"
import { z } from "zod"
import type { Desk } from "../src/conversation/desk.ts"
import type { JsonObject } from "../src/db/json.ts"
import type { Store } from "../src/db/store.ts"
import type { OutreachPort } from "../src/outreach/port.ts"
import type { TrialDesk } from "../src/recipes/trials.ts"
import type { Role } from "../src/team/users.ts"
import type { ViewsPort } from "../src/views/port.ts"
import { isJsonAsked } from "./errors.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"

/** What is known of who does something, before it is done: the person, and that one of this viewer's pages sent it. */
export type DoEnv = PageEnv
/** What deeds need to be done. */
export type DoDeps = {
  store: Store
  clock: () => Date
  /** Where people ask the sales agent; left out, nobody answers here. */
  ask?: Desk
  /** What decides about drafts and sends them; left out, nothing is approved here. */
  outreach?: OutreachPort
  /** Where versions of recipes are tried; left out, they are not tried here. */
  trials?: TrialDesk
  /** What views need; left out, they are not served. */
  views?: ViewsPort
}

const ranks: Role[] = ["viewer", "member", "admin"]

/** What was sent, as JSON or by a form, in the shape of `schema`. In a form a name that stands there more than once, and one that
 * ends in `[]`, is a list. Throws WrongBody. */
export async function bodyOf<Shape extends z.ZodType>(c: Context<DoEnv>, schema: Shape): Promise<z.output<Shape>> {
  const parsed = schema.safeParse(isForm(c) ? await formBody(c) : await jsonBody(c))
  if (!parsed.success) throw new WrongBody(z.prettifyError(parsed.error))
  return parsed.data
}

/** Throws NotAllowed where who asks has a lesser role. */
export function needs(c: Context<DoEnv>, role: Role): void {
  if (ranks.indexOf(c.get("person").role) < ranks.indexOf(role)) throw new NotAllowed(role)
}

/** Answers a script with JSON, and a form with the page to go on with. */
export function deedAnswer(c: Context<DoEnv>, json: JsonObject, back: string): Response {
  return isJsonAsked(c) ? c.json(json) : c.redirect(localPath(back), 303)
}

/** What a form carries to show that a page of this viewer sent it. */
export function csrfField(c: Context<PageEnv>): Html {
  return html`<input type="hidden" name="csrf" value="${c.get("csrf")}">`
}

/** A page of this viewer, whatever is asked for. Two slashes at its beginning, which dots may leave over too, would name another host. */
export function localPath(path: string): string {
  const here = "http://viewer.invalid"
  if (!path.startsWith("/") || !URL.canParse(path, here)) return "/"
  const url = new URL(path, here)
  const isOurs = url.origin === here && !url.pathname.startsWith("//")
  return isOurs ? `${url.pathname}${url.search}${url.hash}` : "/"
}

export class StalePage extends Error {
  readonly code = "stale_page"
  readonly status = 403
  readonly hint = "Reload it and do it again; nothing was done."
  constructor() {
    super("This page was not made for who is signed in now, or the viewer was started again since.")
  }
}

export class NotAllowed extends Error {
  readonly code = "not_allowed"
  readonly status = 403
  readonly hint = "Ask an admin of your team for another role."
  constructor(role: Role) {
    super(`That takes the role of ${role === "member" ? "a member" : "an admin"}.`)
  }
}

export class WrongBody extends Error {
  readonly code = "wrong_body"
  readonly status = 400
  readonly hint = "Correct it and send it again; nothing was done."
  constructor(why: string) {
    super(`What was sent is not what is needed here. ${why}`)
  }
}

export class TooLong extends Error {
  readonly code = "too_long"
  readonly status = 413
  readonly hint = "Make it shorter; nothing was done."
  constructor() {
    super("That is more than can be sent at once.")
  }
}

export function isForm(c: Context): boolean {
  return /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(c.req.header("content-type") ?? "")
}

async function formBody(c: Context): Promise<unknown> {
  const { csrf: _, ...fields } = await parsedForm(c)
  return fields
}

/** What a form sent. Throws WrongBody where it only says that it is one. */
export async function parsedForm(c: Context) {
  try {
    return await c.req.parseBody({ all: true })
  } catch (error) {
    if (error instanceof TypeError) throw new WrongBody("It is no form.")
    throw error
  }
}

async function jsonBody(c: Context): Promise<unknown> {
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? "")) {
    throw new WrongBody("Send JSON or a form.")
  }
  const text = await c.req.text()
  try {
    return JSON.parse(text || "{}")
  } catch {
    throw new WrongBody("It is no JSON.")
  }
}
