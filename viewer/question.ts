import type { Context } from "hono"
import type { AskedCall } from "../src/db/tables/runs.ts"
import { csrfField } from "./deed.ts"
import { actorName, time } from "./elements.ts"
import { type Html, html } from "./html.ts"
import type { PageEnv } from "./layout.ts"
import type { AskedQuestion } from "./questions.ts"

/** What an agent wants to do and may not by itself: exactly the calls, and a person's yes or no to them. */
export function questionCard(c: Context<PageEnv>, question: AskedQuestion["question"], back: string): Html {
  const { id, calls, seal, answer } = question
  return html`<section class="question" id="question-${id}" data-answer="${answer ?? "open"}" aria-label="Question ${id}">
<h2>${answer === null ? "This waits for your yes" : `${answer === "approved" ? "Agreed" : "Refused"} by ${actorName(question.answeredBy ?? "")}`}</h2>
${calls.map(
  (call) =>
    html`<div class="asked-call"><code>${call.action}</code>${whom(call)}<p>${call.reason}</p><pre>${argumentsText(call.arguments)}</pre></div>`,
)}
${
  answer === null
    ? html`<div class="decide">${decision(c, id, seal, back, "yes", "Yes, do it")}${decision(c, id, seal, back, "no", "No")}</div>`
    : html`<p class="quiet">${question.outcome ?? ""} ${question.answeredAt ? time(question.answeredAt) : ""}</p>`
}</section>`
}

/** The leads or companies that a call names by their numbers, to look at before saying yes. */
function whom({ action, arguments: given }: AskedCall): Html {
  const [place] = /^(leads|companies)\./.exec(action) ?? []
  const ids = place && Array.isArray(given) ? given.filter((value) => typeof value === "number") : []
  if (ids.length === 0) return html``
  const one = place === "leads." ? "lead" : "company"
  return html`<p class="whom">${ids.map((id) => html`<a href="/${place?.slice(0, -1)}/${id}">${one} ${id}</a> `)}</p>`
}

function argumentsText(given: AskedCall["arguments"]): string {
  const line = JSON.stringify(given)
  return line.length < 90 ? line : JSON.stringify(given, null, 2)
}

function decision(
  c: Context<PageEnv>,
  id: number,
  seal: string,
  back: string,
  answer: "yes" | "no",
  words: string,
): Html {
  return html`<form method="post" action="/do/questions/${id}/${answer}" data-act="${answer}">${csrfField(c)}<input type="hidden" name="seal" value="${seal}"><input type="hidden" name="back" value="${back}"><button${answer === "yes" ? html` class="primary"` : html` class="small"`}>${words}</button></form>`
}
