import { linesOf } from "../editor.ts"
import type { Said } from "../inbox.ts"
import { html, type Markup } from "../markup.ts"
import { number } from "../seed.ts"
import type { Account } from "./accounts.ts"
import { xFrame } from "./frame.ts"

/** The number by which X knows an account. */
export function restId(handle: string): string {
  return String(number(handle, 2_000_000_000))
}

/** The conversation with one account, with its editor below. */
export function xConversationPage({ author }: Account, messages: readonly Said[]): Markup {
  return xFrame(
    `${author.name} / X`,
    html`<div data-testid="DmActivityContainer" data-recipient="${restId(author.handle)}">
<div data-testid="DmActivityHeader"><a role="link" href="/${author.handle}"><span>${author.name}</span> <span>@${author.handle}</span></a></div>
<div data-testid="DmActivityViewport">${messages.map((message) => entry(author.handle, message))}</div>
<div data-testid="dmComposerTextInput" contenteditable="true" role="textbox" aria-label="Start a new message" style="white-space: pre-wrap; min-height: 60px; border: 1px solid #ccc; padding: 8px"></div>
<button type="button" data-testid="dmComposerSendButton" aria-label="Send">Send</button>
</div>
${sendOnClick}`,
  )
}

const sendOnClick = html`<script>
const thread = document.querySelector('[data-testid="DmActivityContainer"]')
const editor = document.querySelector('[data-testid="dmComposerTextInput"]')
document.querySelector('[data-testid="dmComposerSendButton"]').addEventListener("click", async () => {
  const body = linesOf(editor).join("\\n")
  if (body === "") return
  const answer = await fetch("/i/api/dm/new", {
    method: "POST",
    body: new URLSearchParams({ recipient: thread.dataset.recipient, body }),
  })
  if (!answer.ok) return
  const sent = document.createElement("div")
  sent.dataset.testid = "messageEntry"
  sent.append(document.createElement("div"))
  sent.firstChild.dataset.testid = "tweetText"
  sent.firstChild.style.whiteSpace = "pre-wrap"
  sent.firstChild.textContent = body
  document.querySelector('[data-testid="DmActivityViewport"]').append(sent)
  editor.textContent = ""
})
${linesOf}
</script>`

/** The other's picture stands beside each of their messages. */
function entry(handle: string, { from, body }: Said): Markup {
  const picture = html`<a role="link" href="/${handle}"><div data-testid="UserAvatar-Container-${handle}"></div></a>`
  return html`<div data-testid="messageEntry">${from === "them" ? picture : ""}<div data-testid="tweetText" style="white-space: pre-wrap">${body}</div></div>`
}
