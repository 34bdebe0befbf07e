import type { Context } from "hono"
import { html } from "hono/html"
import { csrfField } from "./deed.ts"
import type { Html, PageEnv } from "./layout.ts"

/** What a button does: where it is sent, the page to go on with where no script runs, and its name for those who hear it. */
export type ButtonDeed = { path: string; back: string; words: Html | string; label: string; kind?: "primary" | "plain" }

/** A button that does something as the person who is signed in; nothing for who only looks. */
export function deedButton(c: Context<PageEnv>, { path, back, words, label, kind = "plain" }: ButtonDeed): Html {
  if (!mayDo(c)) return html``
  return html`<form class="deed" method="post" action="${path}" data-deed>${csrfField(c)}<input type="hidden" name="back" value="${back}"><button class="${kind}" aria-label="${label}">${words}</button></form>`
}

/** Whether who looks may also do something. */
export function mayDo(c: Context<PageEnv>): boolean {
  return c.var.person.role !== "viewer"
}
