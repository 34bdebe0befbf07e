import { hasColumn } from "../src/leads/listing.ts"
import { changed } from "./address.ts"
import { fieldName } from "./elements.ts"
import { type Html, html } from "./html.ts"
import { madeOnce } from "./made-once.ts"
import type { TableState } from "./table.ts"

type Tools = { before: Html; after: Html }
/** They take as long to make as half of the rows. */
const toolsOnce = madeOnce<Tools>()

/** What narrows a table down, and what says how it is shown. `more` stands among the tools. */
export function tableTools(state: TableState, more: Html): Html {
  const key = `${changed(state.table.path, state.parameters, {})} ${state.allColumns}`
  const tools = toolsOnce(key, () => toolsOf(state))
  return html`${tools.before}${more}${tools.after}`
}

function toolsOf(state: TableState): Tools {
  const { table, parameters, columns } = state
  const cols = columns.join(",")
  const file = (kind: string) => changed(`/${table.file}.${kind}`, parameters, { cols, limit: null })
  return {
    before: html`<div class="chips" role="group" aria-label="Filters">${valueChips(state)}${table.path === "/" ? gapChips(state) : ""}${otherFilters(state)}</div>
<div class="tools">${filterForm(state)}${columnForm(state)}${groupForm(state)}`,
    after: html`<a class="tool" href="${file("csv")}" download>CSV</a><a class="tool" href="${file("jsonl")}" download>JSON</a></div>`,
  }
}

export function searchForm({ table, parameters, query }: TableState): Html {
  if (table.searched === null) return html``
  const others = new URLSearchParams([...parameters].filter(([name]) => !["q", "sort", "dir"].includes(name)))
  return html`<form class="search" role="search" method="get" action="${table.path}">
  ${hiddenInputs(others)}
  <input type="search" name="q" id="search" value="${query.words}" placeholder="${table.searched}" aria-label="Search" autocomplete="off" spellcheck="false" maxlength="200">
  <kbd aria-hidden="true">/</kbd>
</form>`
}

function chip(key: string, words: string, on: boolean, href: string, more: Html | string = ""): Html {
  return html`<a class="chip${on ? " on" : ""}" data-go data-key="${key}" href="${href}"${on ? html` aria-current="true"` : ""}>${words}${more}</a>`
}

/** One chip for each value of the column that the table is mostly narrowed down by; counts come after the rows. */
function valueChips({ table: { path, chips }, parameters }: TableState): Html {
  if (!chips) return html``
  const { column, values } = chips
  const here = parameters.get(column)
  return html`${chip("all", "All", here === null, changed(path, parameters, { [column]: null }))}${values.map(
    (value) => {
      const on = here === value
      return html`<a class="chip${on ? " on" : ""}" data-go data-key="${column}-${value}" data-${column === "status" ? "status" : "state"}="${value}" href="${changed(path, parameters, { [column]: on ? null : value })}"${on ? html` aria-current="true"` : ""}>${fieldName(value)}<span class="n" data-count="${value}"></span></a>`
    },
  )}<span class="gap"></span>`
}

const gaps = ["title", "email", "company", "location"]

function gapChips({ table: { path }, parameters }: TableState): Html {
  const missing = parameters.get("missing")
  return html`<span class="gaps" role="group" aria-label="Without a value">without${gaps.map((column) => {
    const on = missing === column
    return chip(`missing-${column}`, column, on, changed(path, parameters, { missing: on ? null : column }))
  })}</span>`
}

/** The other filters that are on, each with a cross that takes it off. */
function otherFilters({ table: { path, chips }, parameters }: TableState): Html {
  const known = ["q", "sort", "dir", "after", "limit", "cols", "widths", "frozen", "group", "open", chips?.column]
  const others = [...parameters].filter(
    ([name, value]) => !known.includes(name) && !(path === "/" && name === "missing" && gaps.includes(value)),
  )
  return html`${others.map(([name, value]) => {
    const words = describeFilter(name, value)
    return html`<a class="chip on" data-go data-key="off-${name}" href="${changed(path, parameters, { [name]: null })}" aria-label="Take away the filter: ${words}">${words}<span aria-hidden="true">×</span></a>`
  })}`
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
function filterForm(state: TableState): Html {
  const { table, parameters } = state
  return html`<details class="menu" data-key="filter"><summary>Filter</summary>
<form method="get" action="${table.path}" data-filter>
  ${hiddenInputs(parameters)}
  <label>Column <select name="filter">${filterable(state).map((column) => html`<option value="${column}">${fieldName(column)}</option>`)}</select></label>
  <label>How <select name="compare">
    <option value="~">contains</option><option value="">is</option><option value="!">is not</option>
    <option value=">">is at least</option><option value="<">is at most</option>
    <option value="absent">is empty</option><option value="present">is filled in</option>
  </select></label>
  <label>Value <input name="value" autocomplete="off" maxlength="200"></label>
  <button>Add</button>
</form></details>`
}

/** The columns that can be sorted, filtered and grouped by, ids last. */
function filterable({ table, allColumns }: TableState): string[] {
  const known = allColumns.filter((column) => hasColumn(table.listing, column))
  return known.sort((one, other) => Number(one === "id") - Number(other === "id"))
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

/** Which columns are shown, in which order, and how many of them stay in place. */
function columnForm({ table, parameters, columns, allColumns, frozen }: TableState): Html {
  const others = new URLSearchParams([...parameters].filter(([name]) => name !== "cols" && name !== "frozen"))
  const first = columns[0]
  const inOrder = [...columns, ...allColumns.filter((column) => !columns.includes(column))]
  return html`<details class="menu" data-key="columns"><summary>Columns</summary>
<form method="get" action="${table.path}" data-columns>
  ${hiddenInputs(others)}
  <fieldset><legend>Shown columns, in their order</legend>${inOrder.map(
    (column) =>
      html`<div class="column"><label><input type="checkbox" name="cols" value="${column}" data-key="column-${column}"${columns.includes(column) ? html` checked` : ""}${column === first ? html` disabled` : ""}> ${fieldName(column)}</label>${column === first ? "" : html`<button type="button" data-move="-1" data-key="up-${column}" aria-label="${fieldName(column)} further to the left">&uarr;</button><button type="button" data-move="1" data-key="down-${column}" aria-label="${fieldName(column)} further to the right">&darr;</button>`}</div>`,
  )}</fieldset>
  <label>Stay in place <select name="frozen" data-key="frozen">${[1, 2, 3, 4].map((count) => html`<option value="${count}"${count === frozen ? html` selected` : ""}>${count === 1 ? "the first column" : `the first ${count} columns`}</option>`)}</select></label>
  <button class="send">Show</button>
</form></details>`
}

function groupForm(state: TableState): Html {
  const { table, parameters, group } = state
  const others = new URLSearchParams([...parameters].filter(([name]) => !["group", "sort", "dir"].includes(name)))
  return html`<details class="menu" data-key="group"><summary>Group</summary>
<form method="get" action="${table.path}" data-group-form>
  ${hiddenInputs(others)}
  <label>Rows by <select name="group" data-key="group-by"><option value="">nothing</option>${filterable(state)
    .filter((column) => column !== "id")
    .map(
      (column) =>
        html`<option value="${column}"${column === group ? html` selected` : ""}>${fieldName(column)}</option>`,
    )}</select></label>
  <button class="send">Group</button>
</form></details>`
}

function hiddenInputs(parameters: URLSearchParams): Html {
  return html`${[...parameters]
    .filter(([name]) => !["after", "open"].includes(name))
    .map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}
