import { and, eq, getTableColumns, inArray } from "drizzle-orm"
import { Hono } from "hono"
import { html } from "hono/html"
import type { Store } from "../../src/db/store.ts"
import { type Json, type Lead, leadStatuses, tables } from "../../src/db/tables.ts"
import { countLeads, findLeads, type LeadQuery, leadListing, leadQuery, leadsById } from "../../src/leads/find.ts"
import { askedIn, type Page } from "../../src/leads/listing.ts"
import { leadProfile } from "../../src/leads/profile.ts"
import { changed, splitAddress } from "../address.ts"
import { csvAnswer } from "../csv.ts"
import { fieldName, initials } from "../elements.ts"
import { BadAddress } from "../errors.ts"
import type { Frame, Html, PageEnv } from "../layout.ts"
import {
  activeFilters,
  chosenColumns,
  columnForm,
  filterAdded,
  filterForm,
  pager,
  plainCell,
  rowsTable,
  searchForm,
  type TableRow,
  type TableState,
  tableRow,
} from "../table.ts"
import { leadFragment } from "./lead.ts"

const usual = ["name", "title", "company", "email", "location", "status", "score", "updated_at"]
const filterable = Object.keys(leadListing.columns).sort((one, other) => Number(one === "id") - Number(other === "id"))
const columns = filterable.filter((column) => column !== "suggestions" && column !== "company_id")
/** The columns of a lead by the names of its properties. */
const columnNames = new Map(
  Object.entries(getTableColumns(tables.leads)).map(([property, { name }]) => [property, name]),
)
/** Rows of a CSV that are read at a time. */
const chunk = 500

/** The table of leads: the whole page, or the parts of it that its script asks for. */
export function leadsRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()

  app.get("/", async (c) => {
    const { table, kept, page } = splitAddress(c.req.url)
    const added = filterAdded("/", kept)
    if (added !== null) return c.redirect(added)
    if (page.part === "rows") return c.html(await changedRows(store, kept, page.ids ?? ""))
    const query = queryOf(table)
    const found = await findLeads(store, query)
    const state = stateOf(kept, query, found.rows)
    const listing = html`${toolbar(state)}${await leadsTable(store, state, found)}`
    if (page.part === "table") return c.html(listing)
    const open = Number(page.open)
    const profile = Number.isInteger(open) && open > 0 ? await leadProfile(store, open) : null
    const content = html`<div class="browse">
<section class="listing" aria-label="Leads">
  <div class="bar">${searchForm(state, "Search names, titles, companies, emails, places")}
    <output id="count" aria-live="polite"></output>
    <button type="button" id="arrived" class="arrived" hidden></button></div>
  <div id="listing" data-path="/">${listing}</div>
</section>
<aside id="drawer" aria-label="Lead" tabindex="-1"${profile ? "" : html` hidden`}>${profile ? leadFragment(profile, "drawer") : ""}</aside>
</div>`
    return frame(c, { title: "Leads", at: "/" }, content)
  })

  app.get("/leads", (c) => c.redirect(`/${new URL(c.req.url).search}`))

  app.get("/leads.json", async (c) => c.json(await findLeads(store, queryOf(splitAddress(c.req.url).table))))

  app.get("/counts.json", async (c) => c.json(await countLeads(store, queryOf(splitAddress(c.req.url).table))))

  app.get("/leads.csv", (c) => {
    const query = queryOf(splitAddress(c.req.url).table)
    return csvAnswer("leads", columns, csvPages(store, query))
  })

  return app
}

function queryOf(parameters: URLSearchParams): LeadQuery {
  const parsed = leadQuery.safeParse(askedIn(parameters))
  if (!parsed.success) throw new BadAddress(parsed.error)
  return parsed.data
}

function stateOf(parameters: URLSearchParams, query: LeadQuery, rows: Lead[]): TableState {
  const chosen = chosenColumns(parameters, columns, usual)
  const custom = rows.flatMap((lead) => Object.keys(lead.custom).map((name) => `custom.${name}`))
  const own = [...new Set([...custom, ...chosen.filter((name) => name.startsWith("custom."))])].sort()
  return {
    path: "/",
    parameters,
    query,
    columns: chosen,
    allColumns: [...columns, ...own],
    filterable: [...filterable, ...own],
  }
}

async function leadsTable(store: Store, state: TableState, { rows, previous, next }: Page<Lead>): Promise<Html> {
  if (rows.length === 0) return emptyTable(state)
  return html`${rowsTable(state, await tableRows(store, rows), leadCell)}${pager(state, { previous, next })}`
}

function emptyTable({ parameters }: TableState): Html {
  const asked = [...parameters].some(([name]) => !["cols", "limit", "sort", "dir"].includes(name))
  return asked
    ? html`<section class="empty"><h2>Nobody fits that</h2><p>No lead matches these words and filters.</p><p><a data-go data-key="all" href="/">Show all leads</a></p></section>`
    : html`<section class="empty"><h2>No leads yet</h2>
<p>Run <code>npm start</code> to watch agents work through sample leads, or bring your own:</p>
<p><code>giant import FILE.csv</code></p><p class="quiet">They appear here by themselves.</p></section>`
}

/** The rows whose leads changed, whichever filter is on, for a page that shows them already. */
async function changedRows(store: Store, parameters: URLSearchParams, ids: string): Promise<Html> {
  const asked = ids.split(",").map(Number).filter(Number.isSafeInteger).slice(0, 500)
  const shown = chosenColumns(parameters, columns, usual)
  const rows = await tableRows(store, await leadsById(store, asked))
  return html`<table><tbody>${rows.map((row) => tableRow(shown, row, leadCell))}</tbody></table>`
}

async function tableRows(store: Store, leads: Lead[]): Promise<TableRow[]> {
  const { facts } = tables
  const ids = leads.map(({ id }) => id)
  const current = await store.read(async (db) =>
    db
      .select({ id: facts.entityId, field: facts.field, basis: facts.basis, value: facts.value })
      .from(facts)
      .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids), eq(facts.state, "current"))),
  )
  return leads.map((lead) => {
    const values = valuesOf(lead)
    const own = current.filter(
      (fact) => fact.id === lead.id && fact.value === (values[fact.field] ?? values[`custom.${fact.field}`]),
    )
    return { id: lead.id, values, bases: Object.fromEntries(own.map(({ field, basis }) => [field, basis])) }
  })
}

function valuesOf({ custom, ...lead }: Lead): Record<string, Json> {
  const values: Record<string, Json> = {}
  for (const [property, value] of Object.entries(lead)) values[columnNames.get(property) ?? property] = value
  for (const [name, value] of Object.entries(custom)) values[`custom.${name}`] = value
  return values
}

function leadCell(row: TableRow, column: string): Html {
  if (column !== "name") return plainCell(row, column)
  const { name, email } = row.values
  const words = typeof name === "string" && name ? name : typeof email === "string" && email ? email : "No name yet"
  return html`${initials(words)}<a class="open" href="/leads/${row.id}">${words}</a>`
}

function toolbar(state: TableState): Html {
  const { parameters } = state
  const here = parameters.get("status")
  const chip = (key: string, words: string, on: boolean, href: string) =>
    html`<a class="chip${on ? " on" : ""}" data-go data-key="${key}" href="${href}"${on ? html` aria-current="true"` : ""}>${words}</a>`
  const toggle = (words: string, name: string, value: string) => {
    const on = parameters.get(name) === value
    return chip(`toggle-${name}`, words, on, changed("/", parameters, { [name]: on ? null : value }))
  }
  const statuses = leadStatuses.map(
    (status) =>
      html`<a class="chip${here === status ? " on" : ""}" data-go data-key="status-${status}" data-status="${status}" href="${changed("/", parameters, { status: here === status ? null : status })}"${here === status ? html` aria-current="true"` : ""}>${fieldName(status)}<span class="n" data-count="${status}"></span></a>`,
  )
  return html`<div class="chips" role="group" aria-label="Filters">
  ${chip("all", "All", here === null, changed("/", parameters, { status: null }))}${statuses}
  <span class="gap"></span>
  ${toggle("Has email", "email!", "")}${toggle("No title", "missing", "title")}
  ${activeFilters(state, ["status", "email!=", "missing=title"])}
</div>
<div class="tools">${filterForm(state)}${columnForm(state)}<a class="tool" href="${changed("/leads.csv", parameters, { cols: null })}" download>CSV</a></div>`
}

async function* csvPages(store: Store, query: LeadQuery): AsyncGenerator<Json[][]> {
  let from: LeadQuery["from"] = query.from
  for (;;) {
    const page = await findLeads(store, { ...query, limit: chunk, from })
    yield page.rows.map((lead) => {
      const values = valuesOf(lead)
      return columns.map((column) => values[column] ?? null)
    })
    if (page.next === null) return
    const parsed = leadQuery.parse({ sort: query.sort, dir: query.dir, after: page.next })
    from = parsed.from
  }
}
