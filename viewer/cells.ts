import type { Json } from "../src/db/json.ts"
import type { Row } from "../src/leads/listing.ts"
import {
  actorName,
  initials,
  isTime,
  modelName,
  money,
  nothing,
  outsideLink,
  shownValue,
  status,
  time,
} from "./elements.ts"
import { type Html, html } from "./html.ts"
import type { Table } from "./tables.ts"

/** How the values of one column are shown: looked up once, because a page has hundreds of cells. The first column names the row and
 * leads to it. */
export function cellOf({ page, usual }: Table, column: string): (values: Row) => Html {
  if (column === usual[0] && page !== null) return nameCell(page, column)
  const show = showOf(column)
  return (values) => {
    const value = values[column] ?? null
    return value === null || value === "" ? nothing : show(value, values)
  }
}

function nameCell(page: (row: Row) => string, column: string): (values: Row) => Html {
  if (column !== "name" && column !== "lead") {
    return (values) => html`<a class="open" href="${page(values)}">${String(values[column] ?? null)}</a>`
  }
  return (values) => {
    const other = values.email ?? values.domain ?? values.recipient
    const words = String(values[column] || other || "No name yet")
    return html`${initials(words)}<a class="open" href="${page(values)}">${words}</a>`
  }
}

type Show = (value: Exclude<Json, null>, values: Row) => Html

function showOf(column: string): Show {
  if (column === "status") return once((value) => status(String(value)))
  if (isTime(column)) return (value) => time(String(value))
  const own = Object.hasOwn(ownWays, column) ? ownWays[column] : undefined
  if (own) return own
  const place = Object.hasOwn(places, column) ? places[column] : undefined
  if (place) return (value) => linkTo(place, value)
  // A number that names a row is no amount.
  return column === "id" || column.endsWith("_id") ? (value) => html`${String(value)}` : plain
}

/** Makes the markup of each value once: there are few values, and many rows. */
function once(show: (value: Exclude<Json, null>) => Html): Show {
  const made = new Map<Json, Html>()
  return (value) => {
    const known = made.get(value) ?? show(value)
    made.set(value, known)
    return known
  }
}

const plain: Show = (value) => (typeof value === "string" ? outsideLink(value) : shownValue(value))

const state: Show = (value) => html`<span class="state" data-state="${String(value)}">${String(value)}</span>`
const actor: Show = (value) => html`${actorName(String(value))}`

const ownWays: Record<string, Show> = {
  state,
  outcome: state,
  basis: (value) => html`<span class="basis" data-basis="${String(value)}">${String(value)}</span>`,
  cost_usd: (value) => html`${money(Number(value))}`,
  model: (value) => html`${modelName(String(value))}`,
  actor,
  person: actor,
  author: actor,
  entity_id: (value, { entity }) => linkTo(entity === "company" ? "/companies" : "/leads", value),
  row_id: (value, { table_name: table }) =>
    table === "leads" || table === "companies" ? linkTo(`/${table}`, value) : html`${String(value)}`,
}

/** Where the row that a column names has its page. */
const places: Record<string, string> = {
  lead_id: "/leads",
  company_id: "/companies",
  run_id: "/runs",
  parent_id: "/runs",
  evidence_id: "/evidence",
}

function linkTo(place: string, value: Json): Html {
  return html`<a href="${place}/${String(value)}">${String(value)}</a>`
}
