import { Hono } from "hono"
import { html } from "hono/html"
import type { Store } from "../../src/db/store.ts"
import type { Company, Json } from "../../src/db/tables.ts"
import { type CompanyQuery, companyListing, companyQuery, findCompanies } from "../../src/leads/find-companies.ts"
import { askedIn } from "../../src/leads/listing.ts"
import { changed, splitAddress } from "../address.ts"
import { csvAnswer } from "../csv.ts"
import { initials } from "../elements.ts"
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
} from "../table.ts"

const usual = ["name", "domain", "industry", "size", "location", "leads", "updated_at"]
const filterable = Object.keys(companyListing.columns).filter((column) => column !== "id")
const columns = [...filterable, "leads"]
const chunk = 500

/** The table of companies. */
export function companiesRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  app.get("/companies", async (c) => {
    const { table, kept, page } = splitAddress(c.req.url)
    const added = filterAdded("/companies", kept)
    if (added !== null) return c.redirect(added)
    const query = queryOf(table)
    const found = await findCompanies(store, query)
    const shown = chosenColumns(kept, columns, usual)
    const state: TableState = {
      path: "/companies",
      parameters: kept,
      query,
      columns: shown,
      allColumns: columns,
      filterable,
    }
    const rows = found.rows.map((company) => ({ id: company.id, values: valuesOf(company), bases: {} }))
    const listing = html`<div class="chips" role="group" aria-label="Filters">${activeFilters(state, [])}</div>
<div class="tools">${filterForm(state)}${columnForm(state)}<a class="tool" href="${changed("/companies.csv", kept, { cols: null })}" download>CSV</a></div>
${rows.length === 0 ? emptyTable(query) : html`${rowsTable(state, rows, companyCell)}${pager(state, found)}`}`
    if (page.part === "table") return c.html(listing)
    const content = html`<section class="listing" aria-label="Companies">
<div class="bar">${searchForm(state, "Search names and domains")}</div><div id="listing" data-path="/companies">${listing}</div></section>`
    return frame(c, { title: "Companies", at: "/companies" }, content)
  })
  app.get("/companies.json", async (c) => c.json(await findCompanies(store, queryOf(splitAddress(c.req.url).table))))
  app.get("/companies.csv", (c) =>
    csvAnswer("companies", columns, csvPages(store, queryOf(splitAddress(c.req.url).table))),
  )
  return app
}

function queryOf(parameters: URLSearchParams): CompanyQuery {
  const parsed = companyQuery.safeParse(askedIn(parameters))
  if (!parsed.success) throw new BadAddress(parsed.error)
  return parsed.data
}

function valuesOf(company: Company & { leads: number }): Record<string, Json> {
  const { linkedinUrl, xHandle, createdAt, updatedAt, ...rest } = company
  return { ...rest, linkedin_url: linkedinUrl, x_handle: xHandle, created_at: createdAt, updated_at: updatedAt }
}

function companyCell(row: TableRow, column: string): Html {
  if (column !== "name") return plainCell(row, column)
  const words = String(row.values.name ?? row.values.domain ?? "No name yet")
  return html`${initials(words)}<a class="open" href="/companies/${row.id}">${words}</a>`
}

function emptyTable(query: CompanyQuery): Html {
  return query.words || query.conditions.length > 0
    ? html`<section class="empty"><h2>No company fits that</h2><p><a data-go data-key="all" href="/companies">Show all companies</a></p></section>`
    : html`<section class="empty"><h2>No companies yet</h2><p>They appear as soon as a lead names one: <code>giant import FILE.csv</code></p></section>`
}

async function* csvPages(store: Store, query: CompanyQuery): AsyncGenerator<Json[][]> {
  let from = query.from
  for (;;) {
    const page = await findCompanies(store, { ...query, limit: chunk, from })
    yield page.rows.map((company) => {
      const values = valuesOf(company)
      return columns.map((column) => values[column] ?? null)
    })
    if (page.next === null) return
    from = companyQuery.parse({ sort: query.sort, dir: query.dir, after: page.next }).from
  }
}
