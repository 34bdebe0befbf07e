import type { Context } from "hono"
import { channelRules } from "../src/outreach/channels.ts"
import type { ClaimStanding, ShownClaim } from "../src/outreach/claims.ts"
import { recipientWords } from "../src/outreach/recipients.ts"
import type { ReviewedDraft } from "../src/outreach/review.ts"
import { csrfField } from "./deed.ts"
import { mayDo } from "./deed-button.ts"
import { actorName, fieldName, initials, outsideLink, shownValue, time } from "./elements.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"

/** A draft as it is decided on: exactly what would be sent, to whom, from where, and what each claim rests on. */
export function draftCard(c: Context<PageEnv>, reviewed: ReviewedDraft, back: string): Html {
  return draftToRead(reviewed, mayDo(c) ? html`<div class="draft-acts">${actsFor(c, reviewed, back)}</div>` : html``)
}

/** The same with something else below it in place of what a person can decide. */
export function draftToRead(reviewed: ReviewedDraft, below: Html): Html {
  const { draft, seal, claims } = reviewed
  return html`<article class="draft-card" data-draft="${draft.id}" data-seal="${seal}" data-state="${draft.state}">
${cardHead(reviewed)}
${draft.subject === null ? "" : html`<p class="draft-subject"><span class="quiet">Subject</span> ${withClaims(draft.subject, claims)}</p>`}
<div class="draft-text">${withClaims(draft.body, claims)}</div>
${warnings(reviewed)}
${claimList(claims)}
${below}
</article>`
}

function cardHead({ draft, lead, address }: ReviewedDraft): Html {
  const name = lead.name || lead.email || `Lead ${lead.id}`
  const { title } = channelRules[draft.channel]
  const source = address?.source
  return html`<header class="draft-head">${initials(name)}<div>
<h2><a href="/leads/${lead.id}">${name}</a></h2>
<p>${lead.title ?? html`<span class="none">no title yet</span>`}${lead.company ? html` at ${lead.company}` : ""}</p></div>
<dl class="draft-way"><div><dt>By</dt><dd>${title}</dd></div>
<div><dt>To</dt><dd>${recipientWords(draft.channel, draft.recipient)}${source ? html` <a class="quiet" href="/evidence/${source.id}?fact=${address.fact.id}#quote">where from</a>` : ""}</dd></div>
<div><dt>From</dt><dd>${draft.account ?? html`<span class="none">no account: copy it</span>`}</dd></div></dl></header>`
}

/** The text as it would be sent; what is claimed leads to what it rests on. */
function withClaims(text: string, claims: ShownClaim[]): Html {
  const places = claims
    .map((claim, nth) => ({ claim, nth, at: text.indexOf(claim.text) }))
    .filter(({ at }) => at >= 0)
    .toSorted((one, other) => one.at - other.at)
  const parts: Html[] = []
  let from = 0
  for (const { claim, at } of places) {
    if (at < from) continue
    const end = at + claim.text.length
    parts.push(html`${text.slice(from, at)}${claimWords(claim)}`)
    from = end
  }
  return html`${parts}${text.slice(from)}`
}

function claimWords({ text, standing, fact }: ShownClaim): Html {
  const why = `${text}: ${standingWords[standing]}`
  return fact?.evidenceId
    ? html`<a class="claim" data-standing="${standing}" href="/evidence/${fact.evidenceId}?fact=${fact.id}#quote" title="${why}">${text}</a>`
    : html`<span class="claim" data-standing="${standing}" title="${why}">${text}</span>`
}

const standingWords: Record<ClaimStanding, string> = {
  fact: "rests on a fact",
  imported: "came with an import and has no proof",
  outdated: "the fact was replaced since",
  inferred: "an agent only concluded it",
  none: "claims something without a fact",
}

function claimList(claims: ShownClaim[]): Html {
  if (claims.length === 0) return html`<p class="quiet draft-rests">It names no fact.</p>`
  return html`<section class="draft-rests"><h3>What it rests on</h3><ul>${claims.map(
    ({
      text,
      standing,
      field,
      fact,
      sourceUrl,
    }) => html`<li data-standing="${standing}"><span class="mark" aria-hidden="true"></span>
<div><p>“${text}” <span class="quiet">${standingWords[standing]}</span></p>
${fact ? html`<p class="quiet">${fieldName(fact.field)}: ${shownValue(fact.value)}${fact.quote ? html` · “${fact.quote}”` : ""}${sourceUrl ? html` · ${outsideLink(sourceUrl, hostOf(sourceUrl))}` : ""}</p>` : field ? html`<p class="quiet">${fieldName(field.replace(/^(lead|company)\./, ""))}</p>` : ""}</div></li>`,
  )}</ul></section>`
}

function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : address
}

function warnings({ draft, why, remarks, approval, sends }: ReviewedDraft): Html {
  const [last] = sends
  const lines = [
    ...(why !== null && draft.state !== "sent" && draft.state !== "rejected" ? [why] : []),
    ...(draft.state === "approved" && !approval && last?.outcome !== "unknown" && last?.outcome !== null
      ? ["The approval has expired or was used; approve it again."]
      : []),
    ...(draft.reason === null ? [] : [`${draft.state === "rejected" ? "Rejected: " : ""}${draft.reason}`]),
    ...remarks,
  ]
  return lines.length === 0 ? html`` : html`<ul class="draft-notes">${lines.map((line) => html`<li>${line}</li>`)}</ul>`
}

function actsFor(c: Context<PageEnv>, reviewed: ReviewedDraft, back: string): Html {
  const { draft, approval, sends, replies } = reviewed
  const [last] = sends
  const act = (deed: string, words: string, more: Html = html``, key: string | null = null, kind = "plain") =>
    html`<form method="post" action="/do/drafts/${draft.id}/${deed}" data-deed data-name="${deed}">${csrfField(c)}<input type="hidden" name="back" value="${back}">${more}<button class="${kind}"${key ? html` data-key="${key}"` : ""}>${words}${key ? html` <kbd aria-hidden="true">${key}</kbd>` : ""}</button></form>`
  if (last?.outcome === null)
    return html`<p class="quiet">It is being sent, or a window waits for you to press Send.</p>`
  if (last?.outcome === "unknown") {
    return html`<p>Nobody knows whether it arrived: ${last.reason}</p>${act("arrived", "It arrived")}${act("not-arrived", "It did not")}`
  }
  if (draft.state === "sent") {
    return html`<p class="quiet">Sent ${last?.endedAt ? time(last.endedAt) : ""} by ${actorName(last?.person ?? "")}${last?.evidenceId ? html` · <a href="/evidence/${last.evidenceId}">what was seen of it</a>` : ""}</p>
${replies.map(({ text, at }) => html`<blockquote class="draft-reply">${text} <span class="quiet">${time(at)}</span></blockquote>`)}
${folded("Reply", null, html`${act("reply", "Put it on the timeline", html`<label>What they answered<textarea name="text" rows="4" required></textarea></label>`)}`)}${act("bounced", "It came back")}`
  }
  if (draft.state === "rejected") return act("reopen", "Open it again")
  const editing = folded("Edit", "e", editForm(c, reviewed, back))
  if (draft.state === "approved" && approval) {
    return html`${act("send", "Send", html``, null, "primary")}${act("sent", "I sent it myself")}<button type="button" class="plain" data-copy>Copy the text</button>${act("withdraw", "Take the approval back", html``, "u")}${editing}
<p class="quiet">Approved by ${actorName(approval.person)}, until ${time(approval.expiresAt)}</p>`
  }
  return html`${act("approve", "Approve", html`<input type="hidden" name="seal" value="${reviewed.seal}">`, "a", "primary")}
${editing}
${folded("Reject", "r", html`${act("reject", "Reject", html`<label>Why? The writer may learn from it<input name="reason" maxlength="500" autocomplete="off"></label>`)}`)}
${folded("Later", "s", html`${act("snooze", "Put it off", html`<label>For<select name="days"><option value="1">a day</option><option value="7">a week</option><option value="30">a month</option></select></label>`)}`)}`
}

function folded(words: string, key: string | null, content: Html): Html {
  return html`<details class="draft-fold" data-fold="${words.toLowerCase()}"><summary${key ? html` data-key="${key}"` : ""}>${words}${key ? html` <kbd aria-hidden="true">${key}</kbd>` : ""}</summary>${content}</details>`
}

function editForm(c: Context<PageEnv>, { draft, others }: ReviewedDraft, back: string): Html {
  const { longest } = channelRules[draft.channel]
  return html`<form method="post" action="/do/drafts/${draft.id}/edit" data-deed data-name="edit" class="draft-edit">${csrfField(c)}<input type="hidden" name="back" value="${back}">
${draft.subject === null ? "" : html`<label>Subject<input name="subject" value="${draft.subject}" maxlength="200"></label>`}
${others.length === 0 ? "" : html`<label>To<select name="to">${[draft.recipient, ...others].map((one) => html`<option>${one}</option>`)}</select></label>`}
<label>Message<textarea name="body" rows="9" maxlength="${longest}">
${draft.body}</textarea></label>
<button class="primary">Save</button></form>`
}
