import { html } from "hono/html"
import type { Json } from "../src/db/tables.ts"
import type { ListQuery, Page } from "../src/leads/listing.ts"
import { changed } from "./address.ts"
import { fieldName, shownValue, status, time } from "./elements.ts"
import type { Html } from "./layout.ts"

/** A row as a table shows it: its values by the names of the columns. */
export type TableRow = { id: number; values: Record<string, Json>; bases: Record<string, string> }
export type TableState = {
  /** Where the table stands: `/` or `/companies`. */
  path: string
  parameters: URLSearchParams
  query: ListQuery
  columns: string[]
  allColumns: string[]
  filterable: string[]
}

/** The rows in their order, with the head that orders them. */
export function rowsTable(state: TableState, rows: TableRow[], cell: (row: TableRow, column: string) => Html): Html {
  return html`<div class="scroll" tabindex="-1"><table class="rows" data-first="${String(!state.query.from)}" data-limit="${state.query.limit}" data-order="${state.query.sort} ${state.query.dir}">
<colgroup>${state.columns.map((column) => html`<col data-column="${column}">`)}</colgroup>
<thead><tr>${state.columns.map((column) => headCell(state, column))}</tr></thead>
<tbody>${rows.map((row) => tableRow(state.columns, row, cell))}</tbody>
</table></div>`
}

export function tableRow(columns: string[], row: TableRow, cell: (row: TableRow, column: string) => Html): Html {
  return html`<tr data-id="${row.id}">${columns.map((column) => {
    const basis = row.bases[column]
    const attributes = html`data-column="${column}"${basis ? html` data-basis="${basis}"` : ""}`
    return column === "name"
      ? html`<th scope="row" ${attributes}>${cell(row, column)}</th>`
      : html`<td ${attributes}>${cell(row, column)}</td>`
  })}</tr>`
}

/** A value as most columns show it. */
export function plainCell(row: TableRow, column: string): Html {
  const value = row.values[column] ?? null
  if (column === "status" && typeof value === "string") return status(value)
  if (column.endsWith("_at") && typeof value === "string") return time(value)
  return shownValue(value)
}

function headCell({ path, parameters, query, columns }: TableState, column: string): Html {
  const isSorted = query.sort === column
  const dir =
    isSorted && query.dir === "asc" ? "desc" : isSorted && query.dir === "desc" ? "asc" : firstDirection(column)
  const aria = isSorted ? html` aria-sort="${query.dir === "asc" ? "ascending" : "descending"}"` : ""
  const label = fieldName(column)
  if (column.startsWith("custom.") || !columns.includes(column))
    return html`<th scope="col" data-column="${column}">${label}</th>`
  return html`<th scope="col" data-column="${column}"${aria}><a data-go data-key="sort-${column}" href="${changed(path, parameters, { sort: column, dir })}">${label}<span class="arrow" aria-hidden="true">${isSorted ? (query.dir === "asc" ? "↑" : "↓") : ""}</span></a></th>`
}

/** Numbers and times are looked at from the top. */
function firstDirection(column: string): "asc" | "desc" {
  return column.endsWith("_at") || ["id", "score", "value", "leads"].includes(column) ? "desc" : "asc"
}

export function pager(
  { path, parameters }: TableState,
  { previous, next }: Pick<Page<unknown>, "previous" | "next">,
): Html {
  const link = (after: string | null, key: string, words: string) =>
    after === null
      ? html`<span aria-disabled="true">${words}</span>`
      : html`<a data-go data-key="${key}" rel="${key}" href="${changed(path, parameters, { after })}">${words}</a>`
  if (previous === null && next === null) return html``
  return html`<nav class="pager" aria-label="More rows">${link(previous, "prev", "← Previous")}${link(next, "next", "Next →")}</nav>`
}

/** The filters that are on, each with a cross that takes it off. */
export function activeFilters({ path, parameters }: TableState, shownElsewhere: string[]): Html[] {
  const known = ["q", "sort", "dir", "after", "limit", "cols", "open", ...shownElsewhere]
  return [...parameters]
    .filter(([name, value]) => !known.includes(name) && !known.includes(`${name}=${value}`))
    .map(([name, value]) => {
      const words = describeFilter(name, value)
      return html`<a class="chip on" data-go data-key="off-${name}" href="${changed(path, parameters, { [name]: null })}" aria-label="Take away the filter: ${words}">${words}<span aria-hidden="true">×</span></a>`
    })
}

function describeFilter(name: string, value: string): string {
  if (name === "missing") return `no ${fieldName(value).toLowerCase()}`
  const sign = /[!~<>]$/.exec(name)?.[0] ?? ""
  const field = fieldName(name.slice(0, name.length - sign.length))
  if (value === "") return sign === "!" ? `has ${field.toLowerCase()}` : `no ${field.toLowerCase()}`
  const compares: Record<string, string> = { "": "is", "!": "is not", "~": "contains", ">": "≥", "<": "≤" }
  return `${field} ${compares[sign]} ${value}`
}

/** Adds a filter for any column. Without a script the form sends its parts, and the page puts them together. */
export function filterForm({ path, parameters, filterable }: TableState): Html {
  return html`<details class="menu" data-key="filter"><summary>Filter</summary>
<form method="get" action="${path}" data-filter>
  ${hiddenInputs(parameters)}
  <label>Column <select name="filter">${filterable.map((column) => html`<option value="${column}">${fieldName(column)}</option>`)}</select></label>
  <label>How <select name="compare">
    <option value="~">contains</option><option value="">is</option><option value="!">is not</option>
    <option value=">">is at least</option><option value="<">is at most</option>
    <option value="absent">is empty</option><option value="present">is filled in</option>
  </select></label>
  <label>Value <input name="value" autocomplete="off" maxlength="200"></label>
  <button>Add</button>
</form></details>`
}

/** The address that the parts of the filter form mean, or null where it was not sent. */
export function filterAdded(path: string, parameters: URLSearchParams): string | null {
  const column = parameters.get("filter")
  if (column === null) return null
  const compare = parameters.get("compare") ?? ""
  const value = parameters.get("value") ?? ""
  const rest = new URLSearchParams([...parameters].filter(([name]) => !["filter", "compare", "value"].includes(name)))
  if (compare === "absent") return changed(path, rest, { [column]: "" })
  if (compare === "present") return changed(path, rest, { [`${column}!`]: "" })
  return changed(path, rest, { [column + compare]: value })
}

export function columnForm({ path, parameters, columns, allColumns }: TableState): Html {
  const others = new URLSearchParams([...parameters].filter(([name]) => name !== "cols"))
  return html`<details class="menu" data-key="columns"><summary>Columns</summary>
<form method="get" action="${path}" data-columns>
  ${hiddenInputs(others)}
  <fieldset><legend>Shown columns</legend>${allColumns.map(
    (column) =>
      html`<label><input type="checkbox" name="cols" value="${column}" data-key="column-${column}"${columns.includes(column) ? html` checked` : ""}> ${fieldName(column)}</label>`,
  )}</fieldset>
  <button>Show</button>
</form></details>`
}

export function searchForm({ path, parameters, query }: TableState, placeholder: string): Html {
  const others = new URLSearchParams([...parameters].filter(([name]) => !["q", "sort", "dir"].includes(name)))
  return html`<form class="search" role="search" method="get" action="${path}">
  ${hiddenInputs(others)}
  <input type="search" name="q" id="search" value="${query.words}" placeholder="${placeholder}" aria-label="Search" autocomplete="off" spellcheck="false" maxlength="200">
  <kbd aria-hidden="true">/</kbd>
</form>`
}

function hiddenInputs(parameters: URLSearchParams): Html[] {
  return [...parameters]
    .filter(([name]) => !["after", "open"].includes(name))
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
}

/** Which columns are shown: those that the address names, as far as there are such, or the usual ones. */
export function chosenColumns(asked: URLSearchParams, all: string[], usual: string[]): string[] {
  const named = asked.getAll("cols").flatMap((names) => names.split(","))
  const chosen = named.filter((name) => all.includes(name) || /^custom\.[^"\\]{1,60}$/.test(name))
  if (chosen.length === 0) return usual
  return ["name", ...new Set(chosen.filter((name) => name !== "name"))]
}
