import type { Context } from "hono"
import type { Fact } from "../src/db/tables.ts"
import { deedButton, mayDo } from "./deed-button.ts"
import { fieldName } from "./elements.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"

/** A person's yes and no to what an agent suggests. */
export function decisionButtons(c: Context<PageEnv>, { id, field, value }: Fact, back: string): Html {
  if (!mayDo(c)) return html``
  const what = `${fieldName(field)} ${typeof value === "string" ? value : JSON.stringify(value)}`
  const accept = {
    path: `/do/suggestions/${id}/accept`,
    words: "Accept",
    label: `Accept: ${what}`,
    kind: "primary",
  } as const
  const reject = { path: `/do/suggestions/${id}/reject`, words: "Reject", label: `Reject: ${what}` }
  return html`<div class="decide">${deedButton(c, { ...accept, back })}${deedButton(c, { ...reject, back })}</div>`
}
