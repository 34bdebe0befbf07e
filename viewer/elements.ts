import type { Json } from "../src/db/json.ts"
import type { Fact } from "../src/db/tables.ts"
import { escaped, Html, html } from "./html.ts"

/** A moment; the page's script puts it into the reader's zone and words. */
export function time(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 10)}</time>`
}

/** A link only where the address is one of the web, and always one that says nothing about us and vouches for nothing. */
export function outsideLink(address: string, words: string = address): Html {
  return isWebAddress(address)
    ? html`<a href="${address}" rel="noopener noreferrer nofollow" target="_blank">${words}</a>`
    : new Html(escaped(words))
}

function isWebAddress(address: string): boolean {
  return /^https?:\/\//i.test(address) && URL.canParse(address)
}

/** What stands where there is no value. */
export const nothing = html`<span class="none">&ndash;</span>`

/** A value as it is read; lists and objects as JSON. */
export function shownValue(value: Json): Html {
  if (value === null || value === "") return nothing
  if (typeof value === "string") return outsideLink(value)
  if (typeof value === "number") return html`${number(value)}`
  return html`${JSON.stringify(value)}`
}

export function status(name: string): Html {
  return html`<span class="status" data-status="${name}">${name}</span>`
}

const basisWords: Record<Fact["basis"], string> = {
  human: "A person said so",
  imported: "It came with an import",
  observed: "It was read from a source",
  inferred: "An agent concluded it",
}

export function basisMeans(basis: Fact["basis"]): string {
  return basisWords[basis]
}

/** A round mark with the first letters of a name, in one of eight hues. A page has fifty of them: one walk through each name, in which
 * nothing is made. */
export function initials(name: string): Html {
  let first = ""
  let last = ""
  let hue = 0
  let isInWord = false
  for (let at = 0; at < name.length; at++) {
    const code = name.codePointAt(at) ?? 0
    const isOfWord = isWordLetter(code)
    if (isOfWord && !isInWord) {
      const letter = String.fromCodePoint(code)
      if (first === "") first = letter
      else last = letter
    }
    hue = (hue * 31 + code) % 8
    isInWord = isOfWord
    if (code > 0xff_ff) at += 1
  }
  const letters = (first + last).toUpperCase() || "?"
  return html`<span class="initials" data-hue="${hue}" aria-hidden="true">${letters}</span>`
}

function isWordLetter(code: number): boolean {
  if (code > 127) return /[\p{L}\p{N}]/u.test(String.fromCodePoint(code))
  const small = code | 32
  return (small >= 97 && small <= 122) || (code >= 48 && code <= 57)
}

/** `agent:enricher` as people say it. */
export function actorName(actor: string): string {
  if (actor === "outside") return "another program"
  return actor.replace(/^(human|agent):/, "")
}

/** A model by name; the stand-in is always called what it is. */
export function modelName(model: string): string {
  return model === "rehearsal" ? "rehearsal (scripted)" : model
}

const fieldNames = new Map(
  Object.entries({
    linkedin_url: "LinkedIn",
    x_handle: "X",
    x_followers: "X followers",
    company_id: "Company no.",
    id: "No.",
    op: "Change",
    cost_usd: "Cost",
    table_name: "Table",
    lead_id: "Lead",
    run_id: "Run",
    task_id: "Task",
    parent_id: "Started by",
    evidence_id: "Evidence",
    entity_id: "Whose",
    row_id: "Row",
    changeset_id: "Changeset",
  }),
)

export function fieldName(field: string): string {
  const name = namesOfFields.get(field) ?? nameOf(field)
  if (namesOfFields.size > mostNames) namesOfFields.clear()
  namesOfFields.set(field, name)
  return name
}

/** A page has a hundred of them. The team's own fields may have any names, so there may be any number. */
const namesOfFields = new Map<string, string>()
const mostNames = 1_000

function nameOf(field: string): string {
  const plain = field
    .replace(/^custom\./, "")
    .replace(/_at$/, "")
    .replaceAll("_", " ")
  return fieldNames.get(field) ?? plain.charAt(0).toUpperCase() + plain.slice(1)
}

const plainNumber = new Intl.NumberFormat("en", { maximumFractionDigits: 2 })
const dollars = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const cents = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 4 })

export function number(value: number): string {
  if (Number.isInteger(value) && value >= 0 && value < 1_000) return String(value)
  return plainNumber.format(value)
}

/** What language models cost is often less than a cent. */
export function money(usd: number): string {
  return `$${(usd > 0 && usd < 1 ? cents : dollars).format(usd)}`
}

/** Whether a column holds moments. */
export function isTime(column: string): boolean {
  return column.endsWith("_at") || column === "not_before" || column.endsWith("_until")
}

export function closeIcon(): Html {
  return html`<svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M3.5 3.5l9 9m0-9l-9 9"/></svg>`
}
