import { linesOf } from "../editor.ts"
import type { Said } from "../inbox.ts"
import { html, json, type Markup } from "../markup.ts"
import { memberId, type Person } from "../person.ts"
import { viewer } from "../strangers.ts"
import { emberPage } from "./ember.ts"

/** The conversation with one person, with its editor below; drawn by Ember still. */
export function conversationPage(person: Person, messages: readonly Said[]): Markup {
  return emberPage(
    `Messaging | LinkedIn`,
    "d_flagship3_messaging_conversation_detail",
    html`<section class="msg-thread" data-recipient="${memberId(person.slug)}">
<h2 class="msg-entity-lockup__entity-title"><a class="msg-thread__link-to-profile" href="/in/${memberId(person.slug)}/">${person.name}</a></h2>
<ul class="msg-s-message-list-content">${messages.map((message, at) => event(person, message, messages[at - 1]?.from !== message.from))}</ul>
<form class="msg-form">
<div class="msg-form__contenteditable" contenteditable="true" role="textbox" aria-multiline="true" aria-label="Write a message…" style="white-space: pre-wrap; min-height: 80px; border: 1px solid #ccc; padding: 8px"><p><br></p></div>
<button class="msg-form__send-button" type="submit">Send</button>
</form>
</section>
${sendOnSubmit}`,
  )
}

/** A paragraph of the editor is a line of the message. */
const sendOnSubmit = html`<script>
const thread = document.querySelector(".msg-thread")
const editor = document.querySelector(".msg-form__contenteditable")
document.querySelector(".msg-form").addEventListener("submit", async (submitted) => {
  submitted.preventDefault()
  const body = linesOf(editor).join("\\n")
  if (body === "") return
  const answer = await fetch("/messaging/send", {
    method: "POST",
    body: new URLSearchParams({ recipient: thread.dataset.recipient, body }),
  })
  if (!answer.ok) return
  const list = document.querySelector(".msg-s-message-list-content")
  list.insertAdjacentHTML("beforeend", '<li class="msg-s-message-list__event"><p class="msg-s-event-listitem__body" style="white-space: pre-wrap"></p></li>')
  list.lastElementChild.firstElementChild.textContent = body
  editor.innerHTML = "<p><br></p>"
})
${linesOf}
</script>`

/** Messages of one writer that follow each other stand in a group, and only the first says whose they are. */
function event(person: Person, { from, body }: Said, isFirst: boolean): Markup {
  const isTheirs = from === "them"
  const who = isTheirs
    ? { name: person.name, address: `/in/${memberId(person.slug)}/` }
    : { name: viewer.name, address: `/in/${viewer.slug}/` }
  const head = html`<div class="msg-s-message-group__meta"><a class="msg-s-message-group__profile-link" href="${who.address}">${who.name}</a></div>`
  return html`<li class="msg-s-message-list__event"><div class="msg-s-event-listitem${isTheirs ? " msg-s-event-listitem--other" : ""}">${isFirst ? head : ""}<p class="msg-s-event-listitem__body" style="white-space: pre-wrap">${body}</p></div></li>`
}

/** Opens the dialog of an invitation on a profile, and what comes of it. `left`: how many notes the account has this month. */
export function invitationScript(person: Person, left: number): Markup {
  const texts = { slug: person.slug, name: person.name, left: String(left) }
  return html`<script type="application/json" id="invitation">${json(texts)}</script>
<script>
document.addEventListener("click", (clicked) => {
  const link = clicked.target.closest('a[href*="/preload/custom-invite/"]')
  if (!link) return
  clicked.preventDefault()
  const { slug, name, left } = JSON.parse(document.getElementById("invitation").textContent)
  const dialog = document.createElement("dialog")
  dialog.setAttribute("open", "")
  dialog.dataset.vanityName = slug
  document.body.append(dialog)
  const draw = (markup) => { dialog.innerHTML = markup }
  draw('<h2></h2><p>Add a note to your invitation?</p><button type="button" aria-label="Add a note">Add a note</button><button type="button" aria-label="Send without a note">Send without a note</button>')
  dialog.querySelector("h2").textContent = "Invite " + name + " to connect"
  dialog.addEventListener("click", async (pressed) => {
    const label = pressed.target.getAttribute("aria-label")
    if (label === "Add a note") {
      if (left === "0") return draw('<h2>No free personalized invitations left</h2><a href="/premium/products/">Try Premium</a>')
      draw('<h2></h2><textarea id="custom-message" name="message" maxlength="200" rows="6" cols="40"></textarea><p>' + left + ' personalized invitations remaining for this month.</p><button type="button" aria-label="Cancel">Cancel</button><button type="button" aria-label="Send invitation">Send</button>')
      dialog.querySelector("h2").textContent = "Invite " + name + " to connect"
    }
    if (label === "Cancel") dialog.remove()
    if (label === "Send invitation") {
      const body = new URLSearchParams({ vanityName: slug, message: dialog.querySelector("textarea").value })
      const answer = await fetch("/preload/custom-invite/", { method: "POST", body })
      if (!answer.ok) return
      dialog.remove()
      for (const row of document.querySelectorAll('[componentkey$="_connect"]')) {
        row.setAttribute("componentkey", row.getAttribute("componentkey").replace("_connect", "_pending"))
        row.querySelector('a[href*="/preload/custom-invite/"]')?.replaceWith("Pending")
      }
    }
  })
})
</script>`
}
