import { type Context, Hono } from "hono"
import type { Json, JsonObject } from "../src/db/json.ts"
import type { Store } from "../src/db/store.ts"
import { definedFields } from "../src/leads/custom-fields.ts"
import { hasColumn, type ListQuery, type Page, type Row } from "../src/leads/listing.ts"
import { isAskedFor } from "../src/leads/listing-conditions.ts"
import { askedIn, listQuery } from "../src/leads/listing-query.ts"
import { rowsById } from "../src/leads/listing-rows.ts"
import { listBookmarks, type Named } from "../src/team/bookmarks.ts"
import { changed, splitAddress } from "./address.ts"
import { answer } from "./answer.ts"
import { type Aside, readHere } from "./aside.ts"
import { bookmarkBar, bookmarkForm } from "./bookmark-bar.ts"
import { csvFile, jsonLinesFile, rowChunks } from "./download.ts"
import { BadAddress, TooSlow } from "./errors.ts"
import { isSmall } from "./events.ts"
import { type Html, html } from "./html.ts"
import { keepCounts } from "./kept-counts.ts"
import type { Frame, PageEnv } from "./layout.ts"
import {
  type GroupCounts,
  groupOf,
  mostInGroup,
  pager,
  rowMaker,
  rowsTable,
  type TableRow,
  type TableState,
} from "./table.ts"
import { shownTables, type Table, type TableName } from "./tables.ts"
import { filterAdded, searchForm, tableTools } from "./toolbar.ts"
import { untilChanged } from "./until-changed.ts"

export type Reading = { store: Store; aside: Aside; frame: Frame }
/** What a table has besides its rows. */
export type Extras = {
  /** Adds what the values rest on. */
  withBases?(rows: Row[]): Promise<TableRow[]>
  /** What stands beside the table. */
  beside?(c: Context<PageEnv>): Promise<Html>
  counts?(query: ListQuery, where: Aside, limit: number): Promise<JsonObject>
}
type Asked = { query: ListQuery; state: TableState; columns: string[]; isQuick: boolean }

/** How long an order or a filter without an index may take, in milliseconds. */
const patience = 2_000
/** How long it may take to put a whole file in order. */
const patienceForFile = 60_000
const mostCounted = 10_000

/** A table as a page, as JSON, and whole as CSV and as lines of JSON. */
export function tableRoutes(name: TableName, { store, aside, frame }: Reading, extras: Extras = {}): Hono<PageEnv> {
  const table = shownTables[name]
  const queryShape = listQuery(table.listing)
  const here = readHere(store)
  const kept = keepCounts()
  const keptColumns = untilChanged<string[]>(store)
  const keptBookmarks = untilChanged<Named[]>(store)
  const app = new Hono<PageEnv>()

  function parse(c: Context<PageEnv>): Asked {
    const { asked, kept, page } = splitAddress(c.req.url)
    const group = page.group && hasColumn(table.listing, page.group) ? page.group : null
    if (group !== null && asked.get("sort") !== group) asked.delete("dir")
    if (group !== null) asked.set("sort", group)
    const parsed = queryShape.safeParse(askedIn(asked))
    if (!parsed.success) throw new BadAddress(parsed.error)
    const query = { ...parsed.data, seenBy: table.seenBy(c.get("person")) }
    const all = shownColumns(table)
    const columns = chosenColumns(table, kept)
    const state: TableState = {
      table,
      parameters: kept,
      query,
      columns,
      allColumns: [...all, ...columns.filter((column) => !all.includes(column))],
      group,
      frozen: Math.min(4, Math.max(1, Math.trunc(Number(page.frozen)) || 1)),
      widths: chosenWidths(page.widths),
    }
    return { query, state, columns, isQuick: isSmall(c.get("position")) || table.isQuick(query) }
  }

  async function find({ query, state, isQuick }: Asked, columns: string[]): Promise<Page<Row> | null> {
    const wanted = [...new Set([...columns, ...[state.group, table.opens].filter((one) => one !== null)])]
    if (isQuick) return table.find(store, query, wanted)
    const answer = await aside.read("rows", { table: name, query, columns: wanted }, patience)
    if (answer.kind === "failed") throw new Error(answer.why)
    return answer.kind === "read" ? answer.value : null
  }

  async function groupCounts({ query, state: { group }, isQuick }: Asked, rows: Row[]): Promise<GroupCounts> {
    if (group === null || query.words) return null
    const values = [...new Set(rows.map((row) => scalar(groupOf(row, group))))]
    const asked = { table: name, query, column: group, values, most: mostInGroup }
    const counts = isQuick ? await here.read("counts", asked, patience) : await aside.read("counts", asked, patience)
    return counts.kind === "read" ? new Map(values.map((value, at) => [value, counts.value[at] ?? 0])) : null
  }
  async function listing(c: Context<PageEnv>, asked: Asked): Promise<Html> {
    const { state } = asked
    const { actor } = c.get("person")
    const bookmarks = await keptBookmarks(actor, () => listBookmarks(store, actor))
    const toolbar = (known: TableState) =>
      html`${bookmarkBar(c, known, bookmarks)}${tableTools(known, bookmarkForm(c, known))}`
    const found = await find(asked, [...state.columns, ...(table.listing.custom ? ["custom"] : [])])
    if (found === null) return html`${toolbar(state)}${slowTable(state)}`
    const rows = extras.withBases ? await extras.withBases(found.rows) : found.rows.map(withoutBases)
    const named = customNames(found.rows)
    const known = { ...state, allColumns: [...new Set([...state.allColumns, ...named])] }
    if (rows.length === 0) return html`${toolbar(known)}${emptyTable(known)}`
    const groups = await groupCounts(asked, found.rows)
    return html`${toolbar(known)}${rowsTable(known, rows, groups)}${pager(known, found)}`
  }

  app.get(table.path, async (c) => {
    const { kept, page } = splitAddress(c.req.url)
    const added = filterAdded(table.path, kept)
    if (added !== null) return c.redirect(added)
    if (page.part === "rows") return answer(c, "html", (await changedRows(c, kept, page.ids ?? "")).text)
    const asked = parse(c)
    const shown = await listing(c, asked)
    if (page.part === "table") return answer(c, "html", shown.text)
    const search = searchForm(asked.state)
    const content = html`<div class="browse"><section class="listing" aria-label="${table.title}">
<h1 class="unseen">${table.title}</h1>
<div class="bar">${search}<output id="count" aria-live="polite"></output>
<button type="button" id="arrived" class="arrived" hidden></button></div>
<div id="listing" data-path="${table.path}" data-file="${table.file}">${shown}</div></section>${extras.beside ? await extras.beside(c) : ""}</div>`
    return frame(c, { title: table.title, at: table.path }, content)
  })

  app.get(`/${table.file}.json`, async (c) => {
    const asked = parse(c)
    const columns = new URL(c.req.url).searchParams.has("cols") ? asked.columns : await allColumns()
    const found = await find(asked, columns)
    if (found === null) throw new TooSlow(patience)
    const only = (row: Row) => {
      const shown: Row = { id: row.id }
      for (const column of columns) shown[column] = row[column] ?? null
      return shown
    }
    return answer(c, "json", JSON.stringify({ ...found, rows: found.rows.map(only) }))
  })

  app.get(`/${table.file}/counts.json`, async (c) => {
    const asked = parse(c)
    const { words, conditions } = asked.query
    const key = JSON.stringify([words, conditions, asked.query.seenBy])
    const { change } = c.get("position")
    const areFew = isSmall(c.get("position"))
    const count = () => countsOf(asked, areFew || (extras.counts && asked.isQuick) ? here : aside)
    const countAside = areFew ? null : () => countsOf(asked, aside)
    const counts = table.isJournalled ? await kept({ key, change, count, countAside }) : await count()
    return answer(c, "json", JSON.stringify(counts))
  })

  /** How many rows there are in all, and with each of the values that are offered as filters. */
  async function countsOf({ query }: Asked, where: Aside): Promise<JsonObject> {
    if (extras.counts) return extras.counts(query, where, patience)
    if (!table.chips || query.words) return { total: null, of: {}, most: mostCounted }
    const { column, values } = table.chips
    const open = { ...query, conditions: query.conditions.filter((condition) => condition.column !== column) }
    const asked = { table: name, query: open, column, values: [...values], most: mostCounted }
    const counts = await where.read("counts", asked, patience)
    if (counts.kind !== "read") return { total: null, of: {}, most: mostCounted }
    const of = Object.fromEntries(values.map((value, at) => [value, counts.value[at] ?? 0]))
    const total = values
      .filter((value) => isAskedFor(query, column, value))
      .reduce((sum, value) => sum + (of[value] ?? 0), 0)
    return { total, of, most: mostCounted }
  }

  for (const [kind, file] of [
    ["csv", csvFile],
    ["jsonl", jsonLinesFile],
  ] as const) {
    app.get(`/${table.file}.${kind}`, async (c) => {
      const { query, columns: shown } = parse(c)
      const columns = new URL(c.req.url).searchParams.has("cols") ? shown : await allColumns()
      const isQuick = isSmall(c.get("position")) || (query.conditions.length === 0 && table.isQuick(query))
      const ids = isQuick ? null : await aside.read("ids", { table: name, query }, patienceForFile)
      if (ids && ids.kind !== "read") throw new TooSlow(patienceForFile)
      return file(table.file, columns, rowChunks(store, table, query, columns, ids?.value ?? null))
    })
  }

  /** The rows that changed, whichever filter is on, for a page that shows them already. */
  async function changedRows(c: Context<PageEnv>, kept: URLSearchParams, named: string): Promise<Html> {
    const ids = named.split(",").map(Number).filter(Number.isSafeInteger).slice(0, 500)
    const columns = chosenColumns(table, kept)
    const wanted = [...new Set([...columns, ...(table.opens === null ? [] : [table.opens])])]
    const found = await rowsById(store, table.listing, ids, wanted, table.seenBy(c.get("person")))
    const rows = extras.withBases ? await extras.withBases(found) : found.map(withoutBases)
    return html`<table><tbody>${rows.map(rowMaker(table, columns))}</tbody></table>`
  }

  /** Every column, those that the team added included. */
  async function allColumns(): Promise<string[]> {
    const own = shownColumns(table)
    if (name !== "leads" && name !== "companies") return own
    return keptColumns("", async () => {
      const added = await definedFields(store, name === "leads" ? "lead" : "company")
      return [...own, ...added.map((field) => `custom.${field.name}`)]
    })
  }

  return app
}

function withoutBases(values: Row): TableRow {
  return { values, bases: {} }
}

/** Which columns are shown: those that the address names, as far as there are such, or the usual ones. */
export function chosenColumns(table: Table, asked: URLSearchParams): string[] {
  const named = asked.getAll("cols").flatMap((names) => names.split(","))
  const all = shownColumns(table)
  const chosen = named.filter(
    (name) => all.includes(name) || (name.startsWith("custom.") && hasColumn(table.listing, name)),
  )
  if (chosen.length === 0) return table.usual
  const [first = "id"] = table.usual
  return [first, ...new Set(chosen.filter((name) => name !== first))]
}

/** Suggestions are filtered by, but counted only in the lead itself. */
function shownColumns({ listing }: Table): string[] {
  return Object.keys(listing.columns).filter((column) => column !== "suggestions")
}

/** `title:220,company:180`; what is not so is left out. */
function chosenWidths(text: string | null | undefined): Record<string, number> {
  const pairs = (text ?? "").split(",").map((pair) => pair.split(":"))
  return Object.fromEntries(
    pairs.flatMap(([column, width]) => {
      const pixels = Math.round(Number(width))
      return column && pixels >= 40 && pixels <= 1_200 ? [[column, pixels]] : []
    }),
  )
}

/** The fields of the team's own that some of these rows have. */
function customNames(rows: Row[]): string[] {
  const names = new Set<string>()
  for (const { custom } of rows) {
    if (typeof custom !== "string" || custom === "{}") continue
    for (const name in JSON.parse(custom)) names.add(name)
  }
  return [...names].map((name) => `custom.${name}`).sort()
}

function scalar(value: Json | undefined): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null
}

function slowTable({ table, parameters, query }: TableState): Html {
  const plain = changed(table.path, parameters, { sort: null, dir: null, group: null })
  return html`<section class="empty" role="status"><h2>That takes longer than ${patience / 1000} seconds</h2>
<p>There is no index for this order and these filters, and there are too many rows to look at each.</p>
<p><a data-go data-key="all" href="${plain}">Show them newest first</a>${query.conditions.length > 0 ? html`, or <a data-go href="${table.path}">without filters</a>` : ""}</p></section>`
}

function emptyTable({ table, parameters }: TableState): Html {
  const isAsked = [...parameters].some(
    ([name]) => !["cols", "widths", "frozen", "limit", "sort", "dir", "group", "open"].includes(name),
  )
  const { words, command } = table.empty
  if (isAsked) {
    const none = table.path === "/" ? "Nobody fits that" : "Nothing fits that"
    return html`<section class="empty"><h2>${none}</h2><p>No row matches these words and filters.</p><p><a data-go data-key="all" href="${table.path}">Show all</a></p></section>`
  }
  return html`<section class="empty"><h2>${words}</h2>
${table.path === "/" ? html`<p>Run <code>npm start</code> to watch agents work through sample leads, or bring your own:</p>` : ""}
${command === null ? "" : html`<p><code>${command}</code></p>`}<p class="quiet">It appears here by itself.</p></section>`
}
