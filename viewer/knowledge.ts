import type { HistoryEntry } from "../src/leads/history-entries.ts"
import type { KnownValue, Origin, OtherFact, Source } from "../src/leads/profile.ts"
import { actorName, basisMeans, fieldName, outsideLink, shownValue, time } from "./elements.ts"
import { type Html, html } from "./html.ts"

/** Every value with a badge for its basis, which opens what it rests on. `scope` makes the ids of one list unlike another's. */
export function valueList(values: KnownValue[], scope: string): Html {
  if (values.length === 0) return html`<p class="quiet">Nothing yet.</p>`
  return html`<dl class="values">${values.map(({ field, value, basis, origin }, at) => {
    const id = `why-${scope}-${at}`
    return html`<div><dt>${fieldName(field)}</dt><dd data-column="${field}"><span class="value">${field.endsWith("_at") ? time(String(value)) : shownValue(value)}</span>
<button type="button" class="basis" data-basis="${basis}" popovertarget="${id}" aria-label="${fieldName(field)}: ${basis}, why?">${basis}</button>
<div class="why" id="${id}" popover><p class="quiet">${basisMeans(basis)}</p>${origin ? originText(origin) : ""}</div></dd></div>`
  })}</dl>`
}

function originText(origin: Origin): Html {
  if (origin.kind === "fact") {
    const { fact, source } = origin
    return html`${source ? sourceText(source, fact.id, fact.quote) : ""}
${fact.reason ? html`<p>${fact.reason}</p>` : ""}
<p class="quiet">Stored ${time(fact.createdAt)}${fact.runId === null ? "" : html` by <a href="/runs/${fact.runId}">run ${fact.runId}</a>`}</p>`
  }
  const { actor, note, run, at, changeset } = origin
  return html`<p>Set by ${actorName(actor)}${note ? html` (${note})` : ""}${run === null ? "" : html`, <a href="/runs/${run}">run ${run}</a>`}</p>
<p class="quiet">${time(at)} · changeset ${changeset}</p>`
}

function sourceText({ id, url, kind, capturedAt, excerpt }: Source, fact: number, quote: string | null): Html {
  const words = excerpt
    ? html`<blockquote>${excerpt.before}<mark>${excerpt.quote}</mark>${excerpt.after}</blockquote>`
    : quote
      ? html`<blockquote>${quote}</blockquote>`
      : ""
  return html`${words}<p class="source">${outsideLink(url)}</p>
<p class="quiet">${kind}, read ${time(capturedAt)} · <a href="/evidence/${id}?fact=${fact}#quote">as it was captured</a></p>`
}

/** What agents would set. `decide` makes the buttons of one, for who may. */
export function suggestionList(
  suggested: OtherFact[],
  values: KnownValue[],
  decide: (fact: OtherFact["fact"]) => Html,
): Html {
  if (suggested.length === 0) return html``
  return html`<section class="suggestions"><h2>Agents suggest</h2><ul>${suggested.map(({ fact, source }) => {
    const present = values.find(({ field }) => field === fact.field)
    return html`<li><p><b>${fieldName(fact.field)}</b>: ${present ? html`<del>${shownValue(present.value)}</del> ` : ""}<ins>${shownValue(fact.value)}</ins></p>
${source ? sourceText(source, fact.id, fact.quote) : ""}${fact.reason ? html`<p class="quiet">${fact.reason}</p>` : ""}${decide(fact)}</li>`
  })}</ul></section>`
}

/** What changed, who did it, and what stood there before. */
export function historyList(history: HistoryEntry[]): Html {
  if (history.length === 0) return html``
  return html`<section><h2>History</h2><ol class="history">${history.map(
    (entry) => html`<li${entry.undoneBy === null ? "" : html` class="undone"`}>
<p><b>${actorName(entry.actor)}</b> ${historyWords(entry)} <span class="quiet">${time(entry.at)} · ${entry.run === null ? html`changeset ${entry.changeset}` : html`<a href="/runs/${entry.run}">run ${entry.run}</a>`}${entry.undoneBy === null ? "" : html` · undone`}</span></p>
${entry.values.length === 0 ? "" : html`<dl>${entry.values.map(({ field, before, after }) => html`<div><dt>${fieldName(field)}</dt><dd>${before === null ? "" : html`<del>${shownValue(before)}</del> → `}<ins>${shownValue(after)}</ins></dd></div>`)}</dl>`}</li>`,
  )}</ol></section>`
}

function historyWords({ kind, op, note }: HistoryEntry): string {
  const verb = { insert: "added it", update: "changed it", delete: "removed it" }[op]
  if (kind === "undo") return "took changes back"
  return note ? `${verb}: ${note}` : verb
}

export function earlierValues(earlier: OtherFact[]): Html {
  if (earlier.length === 0) return html``
  return html`<section><h2>Earlier values</h2><ul class="earlier">${earlier.map(
    ({ fact, source }) =>
      html`<li>${fieldName(fact.field)}: <del>${shownValue(fact.value)}</del> <span class="quiet">${fact.state}, ${fact.basis} ${time(fact.createdAt)}${source ? html` · <a href="/evidence/${source.id}?fact=${fact.id}#quote">evidence</a>` : ""}</span></li>`,
  )}</ul></section>`
}
