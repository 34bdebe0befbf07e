import type { Context } from "hono"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"

/** What somebody may ask on a page: `after` is the conversation that goes on there, `words` what stands in the bar already. */
export type AskBar = { after?: number | null; words?: string }

/** The bar at the foot of every page. It works without a script: whatever is sent leads to the conversation's page. */
export function askBar(c: Context<PageEnv>, { after = null, words = "" }: AskBar = {}): Html {
  if (c.get("person").role === "viewer") return html``
  const hint = after === null ? "Ask or tell the sales agent: show me the latest leads" : "Go on with this conversation"
  return html`<form class="ask-bar" id="ask-bar" method="post" action="/do/ask" autocomplete="off" aria-label="Ask">
<input type="hidden" name="csrf" value="${c.get("csrf")}">${after === null ? "" : html`<input type="hidden" name="after" value="${after}">`}
<div class="ask-box"><textarea id="ask" name="prompt" rows="1" maxlength="20000" required aria-label="Ask the sales agent" placeholder="${hint}">${words}</textarea>
<button type="button" class="ask-speak" id="ask-speak" hidden aria-pressed="false" aria-label="Speak instead of typing"><svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 2a2 2 0 0 1 2 2v4a2 2 0 0 1-4 0V4a2 2 0 0 1 2-2zM4 7.5a4 4 0 0 0 8 0M8 11.5V14"/></svg></button>
<button class="ask-send" aria-label="Ask"><svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M8 13V3m0 0L4 7m4-4l4 4"/></svg></button></div>
<p class="ask-note" id="ask-note" role="status"></p></form>`
}
