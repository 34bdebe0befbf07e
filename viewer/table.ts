import type { Json } from "../src/db/json.ts"
import { columnNamed, hasColumn, type ListQuery, type Page, type Row } from "../src/leads/listing.ts"
import { changed } from "./address.ts"
import { cellOf } from "./cells.ts"
import { fieldName, isTime, time } from "./elements.ts"
import { Html, html } from "./html.ts"
import { madeOnce } from "./made-once.ts"
import type { Table } from "./tables.ts"

/** A row as it is shown, with what its values rest on where that is known. */
export type TableRow = { values: Row; bases: Record<string, string> }
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
export function rowsTable(state: TableState, rows: TableRow[], groups: GroupCounts): Html {
  const { query, columns, group, frozen } = state
  const row = rowMaker(state.table, columns)
  return html`<div class="scroll" tabindex="-1"><table class="rows" data-first="${String(!query.from)}" data-limit="${query.limit}" data-order="${query.sort} ${query.dir}" data-frozen="${frozen}"${group === null ? "" : html` data-group="${group}"`}>
<colgroup>${columns.map((column) => html`<col data-column="${column}" width="${state.widths[column] ?? fittingWidth(column, rows)}">`)}</colgroup>
<thead><tr>${head(state)}</tr></thead>
<tbody>${group === null ? rows.map(row) : rows.map((one, at) => [groupRow(state, rows, at, groups), row(one)])}</tbody>
</table></div>`
}

/** Makes rows with these columns. There are hundreds of cells on a page: what is the same in every row is made once. */
export function rowMaker(table: Table, columns: string[]): (row: TableRow) => Html {
  const { opens } = table
  const cells = columns.map((column, at) => {
    const before = at === 0 ? "" : at === 1 ? "</th>" : "</td>"
    const start =
      at === 0 ? html`<th scope="row" tabindex="-1" data-column="${column}"` : html`<td data-column="${column}"`
    return { column, start: `${before}${start.text}`, plain: `${before}${start.text}>`, show: cellOf(table, column) }
  })
  const end = columns.length === 1 ? "</th></tr>" : "</td></tr>"
  return ({ values, bases }) => {
    const lead = opens === null ? "" : ` data-opens="${Number(values[opens])}"`
    let text = `<tr data-id="${Number(values.id)}"${lead}>`
    for (const { column, start, plain, show } of cells) {
      const basis = bases[column]
      text += basis === undefined ? plain : start + html` data-basis="${basis}">`.text
      text += show(values).text
    }
    return new Html(text + end)
  }
}

function groupRow({ group, columns }: TableState, rows: TableRow[], at: number, groups: GroupCounts): Html {
  if (group === null) return html``
  const value = groupOf(rows[at]?.values, group)
  if (at > 0 && groupOf(rows[at - 1]?.values, group) === value) return html``
  const words = value === null ? `No ${fieldName(group).toLowerCase()}` : String(value)
  const count = groups?.get(value)
  const amount = count === undefined ? "" : count > mostInGroup ? `${mostInGroup}+` : String(count)
  return html`<tr class="group"><th scope="rowgroup" colspan="${columns.length}"><span>${isTime(group) ? time(words) : words}</span> <span class="quiet">${amount}</span></th></tr>`
}

/** The value by which a row is grouped. An empty text is none: both stand in the same place of the order. */
export function groupOf(values: Row | undefined, group: string): Json {
  const value = values?.[group] ?? null
  return value === "" ? null : value
}

/** Counting the rows of a group stops here. */
export const mostInGroup = 1_000

const letterWidth = 7.2
const padding = 30
const narrowest = 72
const widest = 330
/** What a column gets at most for values that few rows have. */
const rarelyFilled = 150
const beside: Record<string, number> = {
  id: 16,
  name: 72,
  lead: 72,
  status: 18,
  state: 18,
  outcome: 18,
  basis: 24,
  model: 84,
}

/** A width in pixels at which four of five values can be read, and every name, within bounds. A column that is empty takes no more
 * than its heading. */
function fittingWidth(column: string, rows: TableRow[]): number {
  const heading = fieldName(column).length * letterWidth + padding + 14
  if (isTime(column)) return Math.max(112, Math.round(heading))
  const isName = column === "name" || column === "lead"
  const [most, longest] = lengthsOf(column, rows)
  const widthFor = (letters: number) => letters * letterWidth + padding + (beside[column] ?? 0)
  const content = Math.max(
    Math.min(widest, widthFor(isName ? longest : most)),
    Math.min(rarelyFilled, widthFor(longest)),
  )
  return Math.round(Math.max(narrowest, heading, content))
}

/** More letters than this are wider than any column. */
const mostLetters = 64

/** How many letters four of five values have at most, and how many the longest. */
function lengthsOf(column: string, rows: TableRow[]): [most: number, longest: number] {
  const values = new Uint32Array(mostLetters + 1)
  for (const row of rows) {
    const letters = Math.min(mostLetters, String(row.values[column] ?? "").length)
    values[letters] = (values[letters] ?? 0) + 1
  }
  const wanted = Math.floor((rows.length - 1) * 0.8) + 1
  let [most, longest, seen] = [0, 0, 0]
  for (let letters = 0; letters <= mostLetters; letters++) {
    const count = values[letters] ?? 0
    if (count === 0) continue
    if (seen < wanted) most = letters
    longest = letters
    seen += count
  }
  return [most, longest]
}

const headOnce = madeOnce<Html>()

function head(state: TableState): Html {
  const { table, parameters, columns } = state
  const key = `${changed(table.path, parameters, {})} ${columns}`
  return headOnce(key, () => html`${columns.map((column) => headCell(state, column))}`)
}

function headCell({ table, parameters, query, columns, group }: TableState, column: string): Html {
  const isSorted = query.sort === column
  const dir = isSorted ? (query.dir === "asc" ? "desc" : "asc") : firstDirection(table, column)
  const aria = isSorted ? html` aria-sort="${query.dir === "asc" ? "ascending" : "descending"}"` : ""
  const label = fieldName(column)
  const handle = html`<span class="resize" data-resize aria-hidden="true"></span>`
  if (!hasColumn(table.listing, column) || !columns.includes(column)) {
    return html`<th scope="col" data-column="${column}"><span>${label}</span>${handle}</th>`
  }
  const there = changed(table.path, parameters, { sort: column, dir, ...(group !== null && { group: column }) })
  return html`<th scope="col" data-column="${column}"${aria}><a data-go data-key="sort-${column}" href="${there}">${label}<span class="arrow" aria-hidden="true">${isSorted ? (query.dir === "asc" ? html`&uarr;` : html`&darr;`) : ""}</span></a>${handle}</th>`
}

/** Numbers and times are looked at from the top. */
function firstDirection({ listing }: Table, column: string): "asc" | "desc" {
  return columnNamed(listing, column)?.kind === "text" ? "asc" : "desc"
}

export function pager(
  { table: { path }, parameters }: TableState,
  { previous, next }: Pick<Page<unknown>, "previous" | "next">,
): Html {
  const link = (after: string | null, key: string, words: Html) =>
    after === null
      ? html`<span aria-disabled="true">${words}</span>`
      : html`<a data-go data-key="${key}" rel="${key}" href="${changed(path, parameters, { after })}">${words}</a>`
  if (previous === null && next === null) return html``
  return html`<nav class="pager" aria-label="More rows">${link(previous, "prev", html`&larr; Previous`)}${link(next, "next", html`Next &rarr;`)}</nav>`
}
