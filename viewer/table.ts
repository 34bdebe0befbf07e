import type { Json } from "../src/db/tables.ts"
import { columnNamed, type ListQuery, type Page, type Row } from "../src/leads/listing.ts"
import { changed } from "./address.ts"
import { actorName, fieldName, modelName, money, outsideLink, shownValue, status, time } from "./elements.ts"
import { Html, html } from "./html.ts"
import type { Table } from "./tables.ts"

/** A row as it is shown, with what its values rest on where that is known. */
export type TableRow = { values: Row; bases: Record<string, string> }
export type Cell = (row: TableRow, column: string) => Html
export type TableState = {
  table: Table
  parameters: URLSearchParams
  query: ListQuery
  columns: string[]
  allColumns: string[]
  /** The column whose values stand over the rows that have them. */
  group: string | null
  /** How many columns stay in place when the table is moved sideways. */
  frozen: number
  /** Chosen widths, in pixels. */
  widths: Record<string, number>
}
/** How many rows have a value that the rows are grouped by; null while that is not known. */
export type GroupCounts = Map<Json, number> | null

/** The rows in their order, with the head that orders them. */
export function rowsTable(state: TableState, rows: TableRow[], cell: Cell, groups: GroupCounts): Html {
  const { query, columns, group, frozen } = state
  const row = rowMaker(state.table, columns, cell)
  return html`<div class="scroll" tabindex="-1"><table class="rows" data-first="${String(!query.from)}" data-limit="${query.limit}" data-order="${query.sort} ${query.dir}" data-frozen="${frozen}"${group === null ? "" : html` data-group="${group}"`}>
<colgroup>${columns.map((column) => html`<col data-column="${column}" width="${state.widths[column] ?? fittingWidth(column, rows)}">`)}</colgroup>
<thead><tr>${columns.map((column) => headCell(state, column))}</tr></thead>
<tbody>${group === null ? rows.map(row) : rows.map((one, at) => [groupRow(state, rows, at, groups), row(one)])}</tbody>
</table></div>`
}

/** Makes rows with these columns. There are hundreds of cells on a page: what is the same in every row is made once. */
export function rowMaker({ opens }: Table, columns: string[], cell: Cell): (row: TableRow) => Html {
  const starts = columns.map((column, at) => {
    const start =
      at === 0 ? html`<th scope="row" tabindex="-1" data-column="${column}"` : html`<td data-column="${column}"`
    return start.text
  })
  return (row) => {
    const { values, bases } = row
    let text = html`<tr data-id="${values.id}"${opens === null ? "" : html` data-opens="${String(values[opens])}"`}>`
      .text
    for (const [at, column] of columns.entries()) {
      const basis = bases[column]
      text += starts[at] + (basis ? html` data-basis="${basis}">`.text : ">")
      text += cell(row, column).text + (at === 0 ? "</th>" : "</td>")
    }
    return new Html(`${text}</tr>`)
  }
}

/** A value as most columns show it. */
export function plainCell({ values }: TableRow, column: string): Html {
  const value = values[column] ?? null
  if (value === null || value === "") return shownValue(value)
  if (column === "status") return status(String(value))
  if (column === "state" || column === "outcome")
    return html`<span class="state" data-state="${String(value)}">${String(value)}</span>`
  if (column === "basis") return html`<span class="basis" data-basis="${String(value)}">${String(value)}</span>`
  if (isTime(column)) return time(String(value))
  if (column === "cost_usd") return html`${money(Number(value))}`
  if (column === "model") return html`${modelName(String(value))}`
  if (column === "actor" || column === "person" || column === "author") return html`${actorName(String(value))}`
  const place = rowPlace(values, column)
  if (place) return html`<a href="${place}/${String(value)}">${String(value)}</a>`
  if (column.endsWith("_id")) return html`${String(value)}`
  return typeof value === "string" ? outsideLink(value) : shownValue(value)
}

/** Where the row that a column names has its page. */
function rowPlace(values: Row, column: string): string | null {
  const places: Record<string, string> = {
    lead_id: "/leads",
    company_id: "/companies",
    run_id: "/runs",
    parent_id: "/runs",
    evidence_id: "/evidence",
  }
  if (column === "entity_id") return values.entity === "company" ? "/companies" : "/leads"
  if (column !== "row_id") return places[column] ?? null
  return values.table_name === "leads" || values.table_name === "companies" ? `/${values.table_name}` : null
}

function groupRow({ group, columns }: TableState, rows: TableRow[], at: number, groups: GroupCounts): Html {
  const value = group === null ? null : (rows[at]?.values[group] ?? null)
  if (group === null || (at > 0 && (rows[at - 1]?.values[group] ?? null) === value)) return html``
  const words = value === null || value === "" ? `No ${fieldName(group).toLowerCase()}` : String(value)
  const count = groups?.get(value)
  const amount = count === undefined ? "" : count > mostInGroup ? `${mostInGroup}+` : String(count)
  return html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}"><span>${isTime(group) ? time(words) : words}</span> <span class="quiet">${amount}</span></th></tr>`
}

/** Counting the rows of a group stops here. */
export const mostInGroup = 1_000

const letterWidth = 7.2
const padding = 30
const narrowest = 72
const widest = 330
/** What a column gets at most for values that few rows have. */
const rarelyFilled = 150
const beside: Record<string, number> = { name: 72, lead: 72, status: 18, state: 18, outcome: 18, basis: 24, model: 84 }

/** A width in pixels at which four of five values can be read, and every name, within bounds. A column that is empty takes no more
 * than its heading. */
function fittingWidth(column: string, rows: TableRow[]): number {
  const heading = fieldName(column).length * letterWidth + padding + 14
  if (isTime(column)) return Math.max(112, Math.round(heading))
  const lengths = Uint32Array.from(rows, ({ values }) => String(values[column] ?? "").length).sort()
  const isName = column === "name" || column === "lead"
  const widthFor = (share: number) => {
    const letters = lengths[Math.floor((lengths.length - 1) * share)] ?? 0
    return letters * letterWidth + padding + (beside[column] ?? 0)
  }
  const content = Math.max(Math.min(widest, widthFor(isName ? 1 : 0.8)), Math.min(rarelyFilled, widthFor(1)))
  return Math.round(Math.max(narrowest, heading, content))
}

function isTime(column: string): boolean {
  return column.endsWith("_at") || column === "not_before" || column.endsWith("_until")
}

function headCell({ table, parameters, query, columns, group }: TableState, column: string): Html {
  const isSorted = query.sort === column
  const dir = isSorted ? (query.dir === "asc" ? "desc" : "asc") : firstDirection(table, column)
  const aria = isSorted ? html` aria-sort="${query.dir === "asc" ? "ascending" : "descending"}"` : ""
  const label = fieldName(column)
  const handle = html`<span class="resize" data-resize aria-hidden="true"></span>`
  if (!columnNamed(table.listing, column) || !columns.includes(column)) {
    return html`<th scope="col" data-column="${column}"><span>${label}</span>${handle}</th>`
  }
  const there = changed(table.path, parameters, { sort: column, dir, ...(group !== null && { group: column }) })
  return html`<th scope="col" data-column="${column}"${aria}><a data-go data-key="sort-${column}" href="${there}">${label}<span class="arrow" aria-hidden="true">${isSorted ? (query.dir === "asc" ? "↑" : "↓") : ""}</span></a>${handle}</th>`
}

/** Numbers and times are looked at from the top. */
function firstDirection({ listing }: Table, column: string): "asc" | "desc" {
  return columnNamed(listing, column)?.kind === "text" ? "asc" : "desc"
}

export function pager(
  { table: { path }, parameters }: TableState,
  { previous, next }: Pick<Page<unknown>, "previous" | "next">,
): Html {
  const link = (after: string | null, key: string, words: string) =>
    after === null
      ? html`<span aria-disabled="true">${words}</span>`
      : html`<a data-go data-key="${key}" rel="${key}" href="${changed(path, parameters, { after })}">${words}</a>`
  if (previous === null && next === null) return html``
  return html`<nav class="pager" aria-label="More rows">${link(previous, "prev", "← Previous")}${link(next, "next", "Next →")}</nav>`
}
