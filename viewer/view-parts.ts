import { randomUUID } from "node:crypto"
import { own } from "../src/db/json.ts"
import type { Answered, ViewRow } from "../src/views/asking.ts"
import type { Values } from "../src/views/inputs.ts"
import type { Manifest, ViewAction, ViewInput, ViewPart } from "../src/views/manifest.ts"
import { isReviewOfDrafts } from "../src/views/manifest.ts"
import { versionOf } from "../src/views/proposal.ts"
import { fieldName, number, status, time } from "./elements.ts"
import { type Html, html } from "./html.ts"
import { viewChart } from "./view-chart.ts"

/** A view as it is drawn for one person. */
export type Drawn = {
  id: number
  version: number
  manifest: Manifest
  values: Values
  answers: Record<string, Answered>
  csrf: string
  /** Whether this person can have anything done in it now. */
  canAct: boolean
  /** The drafts of a review, as they are decided on. */
  draftCards(ids: number[]): Promise<Html[]>
}

/** Every part in its order; numbers that follow each other stand side by side. */
export async function viewParts(drawn: Drawn): Promise<Html[]> {
  const parts: Html[] = []
  let stats: Html[] = []
  for (const part of drawn.manifest.parts ?? []) {
    if (part.type === "stat") {
      stats.push(statPart(drawn, part))
      continue
    }
    if (stats.length > 0) parts.push(html`<dl class="view-stats">${stats}</dl>`)
    stats = []
    parts.push(await titled(drawn, part, await partOf(drawn, part)))
  }
  if (stats.length > 0) parts.push(html`<dl class="view-stats">${stats}</dl>`)
  return parts
}

async function titled(drawn: Drawn, part: Exclude<ViewPart, { type: "stat" }>, content: Html): Promise<Html> {
  const answer = part.type === "form" ? undefined : drawn.answers[part.query]
  const cut =
    answer?.kind === "rows" && answer.isCut
      ? html`<p class="quiet">There are more than these ${answer.rows.length}.</p>`
      : ""
  return html`<section class="view-part" data-part="${part.type}">${part.title ? html`<h2>${part.title}</h2>` : ""}${content}${cut}</section>`
}

async function partOf(drawn: Drawn, part: Exclude<ViewPart, { type: "stat" }>): Promise<Html> {
  if (part.type === "form") return formPart(drawn, part)
  const answer = drawn.answers[part.query]
  if (!answer || answer.kind === "refused")
    return html`<p class="notice" role="alert">${answer?.reason ?? "There is no such query."}</p>`
  const { rows, columns } = answer
  if (isReviewOfDrafts(part, columns)) return draftReview(drawn, rows)
  if (rows.length === 0 && part.type !== "board") return html`<p class="quiet view-none">Nothing here now.</p>`
  switch (part.type) {
    case "table":
      return tablePart(drawn, part, columns, rows)
    case "cards":
      return html`<ul class="view-cards">${rows.map((row) => html`<li class="view-card">${cardOf(drawn, part, columns, row)}</li>`)}</ul>`
    case "review":
      return reviewPart(drawn, part, columns, rows)
    case "board":
      return boardPart(drawn, part, columns, rows)
    case "chart":
      return viewChart(part, rows)
  }
}

type Rows<Type extends ViewPart["type"]> = Extract<ViewPart, { type: Type }>

function tablePart(drawn: Drawn, part: Rows<"table">, columns: string[], rows: ViewRow[]): Html {
  const shown = part.columns ?? columns.filter((column) => !isLink(column))
  const actions = part.actions ?? []
  return html`<div class="view-scroll" tabindex="0" role="region" aria-label="${part.title ?? "Rows"}"><table class="view-table"><thead><tr>${shown.map(
    (column) => html`<th scope="col">${fieldName(column)}</th>`,
  )}${actions.length > 0 ? html`<th scope="col"><span class="unseen">Actions</span></th>` : ""}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${shown.map((column, at) => (at === 0 ? html`<th scope="row">${linked(row, shownOf(row, column))}</th>` : html`<td>${shownOf(row, column)}</td>`))}${
        actions.length > 0 ? html`<td class="view-acts">${buttons(drawn, actions, part.query, row)}</td>` : ""
      }</tr>`,
  )}</tbody></table></div>`
}

function cardOf(drawn: Drawn, part: Rows<"cards" | "review">, columns: string[], row: ViewRow): Html {
  const { heading, lines } = sidesOf(part, columns)
  const text = part.type === "review" && part.text !== undefined ? row[part.text] : null
  const rest = lines.filter((column) => row[column] !== null && row[column] !== "")
  return html`${heading === null ? "" : html`<h3>${linked(row, shownOf(row, heading))}</h3>`}
${text === null ? "" : html`<blockquote class="view-text">${text}</blockquote>`}
${rest.length === 0 ? "" : html`<dl class="view-lines">${rest.map((column) => html`<div><dt>${fieldName(column)}</dt><dd>${shownOf(row, column)}</dd></div>`)}</dl>`}
<div class="view-acts">${buttons(drawn, part.actions ?? [], part.query, row, part.type === "review")}</div>`
}

function reviewPart(drawn: Drawn, part: Rows<"cards" | "review">, columns: string[], rows: ViewRow[]): Html {
  return html`<div class="review" data-review><ol class="review-list">${rows.map(
    (row) =>
      html`<li class="review-card" data-row="${versionOf(row)}" tabindex="-1">${cardOf(drawn, part, columns, row)}</li>`,
  )}</ol>${reviewFoot}</div>`
}

/** The drafts themselves, whatever the query says of them: what a person approves is what stands in the database. */
async function draftReview(drawn: Drawn, rows: ViewRow[]): Promise<Html> {
  const ids = [...new Set(rows.map((row) => Number(row.draft_id)).filter((id) => Number.isSafeInteger(id) && id > 0))]
  const cards = await drawn.draftCards(ids)
  if (cards.length === 0) return html`<p class="quiet view-none">No draft waits for you.</p>`
  return html`<div class="review" data-review data-of="drafts"><ol class="review-list">${cards.map((card) => html`<li class="review-card" tabindex="-1">${card}</li>`)}</ol>${reviewFoot}</div>`
}

const reviewFoot = html`<p class="review-foot quiet"><output data-progress></output><span class="keys"><kbd>←</kbd> <kbd>→</kbd> move</span></p>`

function boardPart(drawn: Drawn, part: Rows<"board">, columns: string[], rows: ViewRow[]): Html {
  const { heading, lines } = sidesOf(part, columns)
  const { move } = part
  return html`<div class="view-board" tabindex="0" role="region" aria-label="${part.title ?? "Board"}">${part.values.map(
    (value) => {
      const own = rows.filter((row) => String(row[part.by] ?? "") === value)
      return html`<section class="view-column" data-to="${value}"><h3>${value} <span class="quiet">${own.length}</span></h3><ul>${own.map(
        (
          row,
        ) => html`<li class="view-card"${move && drawn.canAct ? html` draggable="true"` : ""} data-row="${versionOf(row)}">
${heading === null ? "" : html`<h4>${linked(row, shownOf(row, heading))}</h4>`}${lines.map((column) => (row[column] === null ? "" : html`<p class="quiet">${shownOf(row, column)}</p>`))}
${move ? moveForm(drawn, move, part, row) : ""}</li>`,
      )}</ul></section>`
    },
  )}</div>`
}

/** Moving without a mouse: a list of places and a button. */
function moveForm(drawn: Drawn, move: string, part: Rows<"board">, row: ViewRow): Html {
  if (!drawn.canAct) return html``
  const others = part.values.filter((value) => value !== String(row[part.by] ?? ""))
  return html`<form class="view-move" method="post" action="/do/views/${drawn.id}/act" data-view-act>${hidden(drawn, move, part.query, row)}
<select name="to" aria-label="Move to">${others.map((value) => html`<option>${value}</option>`)}</select><button class="small" aria-label="Move">→</button></form>`
}

function statPart({ answers }: Drawn, part: Rows<"stat">): Html {
  const answer = answers[part.query]
  const row = answer?.kind === "rows" ? answer.rows[0] : undefined
  const column = part.value ?? (answer?.kind === "rows" ? answer.columns[0] : undefined)
  const value = row && column !== undefined ? (row[column] ?? null) : null
  return html`<div><dt>${part.label}</dt><dd>${typeof value === "number" ? number(value) : (value ?? "–")}</dd></div>`
}

function formPart(drawn: Drawn, part: Rows<"form">): Html {
  const action = drawn.manifest.actions?.[part.action]
  if (!action) return html``
  return html`<form class="view-form" method="post" action="/do/views/${drawn.id}/act" data-view-act>${hidden(drawn, part.action, null, null)}
${fieldsOf(action.fields, `form-${part.action}`)}${question(action)}<button class="primary"${drawn.canAct ? "" : html` disabled`}>${action.label ?? part.action}</button></form>`
}

/** What can be done with a row. What asks for something first opens; each says which action of the catalogue it is. */
function buttons(drawn: Drawn, names: string[], query: string, row: ViewRow, hasKeys = false): Html[] {
  const keys = hasKeys ? keysFor(names.map((name) => drawn.manifest.actions?.[name]?.label ?? name)) : []
  return names.map((name, at) => {
    const action = drawn.manifest.actions?.[name]
    if (!action) return html``
    const label = action.label ?? name
    const key = keys[at]
    const marked = key ? html` <kbd>${key}</kbd>` : ""
    const off = drawn.canAct ? "" : html` disabled`
    const form = (inside: Html) =>
      html`<form method="post" action="/do/views/${drawn.id}/act" data-view-act>${hidden(drawn, name, query, row)}${inside}</form>`
    if (Object.keys(action.fields ?? {}).length === 0 && action.confirm === undefined) {
      return form(
        html`<button class="small" title="${action.call}"${key ? html` data-key="${key}"` : ""}${off}>${label}${marked}</button>`,
      )
    }
    const scope = `${name}-${versionOf(row)}`
    return html`<details class="view-more"><summary class="small" title="${action.call}"${key ? html` data-key="${key}"` : ""}>${label}${marked}</summary>${form(
      html`${fieldsOf(action.fields, scope, row)}${question(action)}<button class="primary"${off}>${label}</button>`,
    )}</details>`
  })
}

function question({ confirm }: ViewAction): Html {
  return confirm === undefined ? html`` : html`<p class="view-confirm">${confirm}</p>`
}

function hidden({ csrf, values, version }: Drawn, action: string, query: string | null, row: ViewRow | null): Html {
  return html`<input type="hidden" name="csrf" value="${csrf}"><input type="hidden" name="version" value="${version}"><input type="hidden" name="action" value="${action}"><input type="hidden" name="key" value="${randomUUID()}">${
    query === null || row === null
      ? ""
      : html`<input type="hidden" name="query" value="${query}"><input type="hidden" name="row" value="${versionOf(row)}">`
  }<input type="hidden" name="inputs" value="${JSON.stringify(values)}">`
}

/** Fields by their types. A field that is called like a column of the row begins with the row's value. */
export function fieldsOf(
  fields: Record<string, ViewInput> = {},
  scope: string,
  given: ViewRow = {},
  prefix = "field.",
): Html[] {
  return Object.entries(fields).map(([name, input]) => {
    const id = `${scope}-${name}`
    const value = own(given, name) ?? input.value ?? ""
    return html`<div class="view-field"><label for="${id}">${input.label ?? fieldName(name)}</label>${control(id, prefix + name, input, String(value))}</div>`
  })
}

function control(id: string, name: string, { type, choices }: ViewInput, value: string): Html {
  if (type === "choice") {
    return html`<select id="${id}" name="${name}"><option value=""></option>${(choices ?? []).map((one) => html`<option${one === value ? html` selected` : ""}>${one}</option>`)}</select>`
  }
  if (type === "long") return html`<textarea id="${id}" name="${name}" rows="4" maxlength="10000">${value}</textarea>`
  const kind =
    type === "number"
      ? html`type="number" step="any"`
      : type === "date"
        ? html`type="date"`
        : html`type="text" maxlength="500"`
  return html`<input id="${id}" name="${name}" ${kind} value="${value}">`
}

/** For each label a letter of its own. */
function keysFor(labels: string[]): string[] {
  const taken = new Set(["j", "k"])
  return labels.map((label, at) => {
    const key = [...label.toLowerCase().replace(/[^a-z]/g, "")].find((letter) => !taken.has(letter)) ?? String(at + 1)
    taken.add(key)
    return key
  })
}

function sidesOf(
  part: { heading?: string | undefined; lines?: string[] | undefined; text?: string | undefined },
  columns: string[],
) {
  const shown = columns.filter((column) => !isLink(column))
  const heading = part.heading ?? shown[0] ?? null
  const lines = part.lines ?? shown.filter((column) => column !== heading && column !== part.text)
  return { heading, lines }
}

const places: Record<string, string> = {
  lead_id: "/leads",
  company_id: "/companies",
  draft_id: "/drafts",
  run_id: "/runs",
}

function isLink(column: string): boolean {
  return Object.hasOwn(places, column)
}

/** To the row's own page of this viewer. Nothing in a view leads elsewhere. */
function linked(row: ViewRow, words: Html): Html {
  const column = Object.keys(places).find((name) => Number.isSafeInteger(row[name]))
  return column ? html`<a href="${places[column]}/${row[column]}">${words}</a>` : words
}

/** A value as text. An address is not followed from here: its words might say something that nobody is to know. */
function shownOf(row: ViewRow, column: string): Html {
  const value = row[column] ?? null
  if (value === null || value === "") return html`<span class="none">–</span>`
  if (typeof value === "number") return html`${number(value)}`
  if (column === "status") return status(value)
  if (column === "state") return html`<span class="state" data-state="${value}">${value}</span>`
  return /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/.test(value) ? time(value) : html`${value}`
}
