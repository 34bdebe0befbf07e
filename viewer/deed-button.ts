import type { Context } from "hono"
import { csrfField } from "./deed.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"

/** What a button does: where it is sent, the page to go on with where no script runs, and its name for those who hear it. */
export type ButtonDeed = {
  path: string
  back: string
  words: Html | string
  label: string
  kind?: "primary" | "plain"
  /** What is sent besides. */
  also?: Record<string, string>
}

/** A button that does something as the person who is signed in; nothing for who only looks. */
export function deedButton(
  c: Context<PageEnv>,
  { path, back, words, label, kind = "plain", also = {} }: ButtonDeed,
): Html {
  if (!mayDo(c)) return html``
  return html`<form class="deed" method="post" action="${path}" data-deed>${csrfField(c)}<input type="hidden" name="back" value="${back}">${Object.entries(also).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}<button class="${kind}" aria-label="${label}">${words}</button></form>`
}

/** Whether who looks may also do something. */
export function mayDo(c: Context<PageEnv>): boolean {
  return c.get("person").role !== "viewer"
}
