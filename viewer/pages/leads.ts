import { sql } from "drizzle-orm"
import type { Context, Hono } from "hono"
import { html } from "hono/html"
import { type Json, tables } from "../../src/db/tables.ts"
import { countLeads, type LeadCounts, leadListing } from "../../src/leads/find.ts"
import { type Row, rowsById } from "../../src/leads/listing.ts"
import { leadProfile } from "../../src/leads/profile.ts"
import { splitAddress } from "../address.ts"
import type { Html, PageEnv } from "../layout.ts"
import { type TableRow, tableRow } from "../table.ts"
import { cellOf, chosenColumns, type Reading, tableRoutes } from "../table-routes.ts"
import { shownTables } from "../tables.ts"
import { leadFragment } from "./lead.ts"

/** The table of leads, with a drawer beside it. */
export function leadsRoutes(reading: Reading): Hono<PageEnv> {
  const { store, aside } = reading
  const app = tableRoutes("leads", reading, {
    withBases,
    part: async (name, c) => (name === "rows" ? changedRows(c) : null),
    beside: drawer,
    async counts(query, limit) {
      if (limit === null) return said(await countLeads(store, query))
      const answer = await aside.read("leadCounts", { query }, limit)
      return answer.kind === "read" ? said(answer.value) : { total: null, of: {}, most: null }
    },
  })
  app.get("/leads", (c) => c.redirect(`/${new URL(c.req.url).search}`))

  /** The rows whose leads changed, whichever filter is on, for a page that shows them already. */
  async function changedRows(c: Context<PageEnv>): Promise<Html> {
    const { kept, page } = splitAddress(c.req.url)
    const ids = (page.ids ?? "").split(",").map(Number).filter(Number.isSafeInteger).slice(0, 500)
    const columns = chosenColumns(shownTables.leads, kept)
    const rows = await withBases(await rowsById(store, leadListing, ids, columns))
    return html`<table><tbody>${rows.map((row) => tableRow(columns, row, cellOf("leads", "name")))}</tbody></table>`
  }

  async function drawer(c: Context<PageEnv>): Promise<Html> {
    const open = Number(c.req.query("open"))
    const profile = Number.isInteger(open) && open > 0 ? await leadProfile(store, open) : null
    return html`<aside id="drawer" aria-label="Lead" tabindex="-1"${profile ? "" : html` hidden`}>${profile ? leadFragment(profile, "drawer") : ""}</aside>`
  }

  /** Which values rest on facts that are current and say the same. */
  async function withBases(rows: Row[]): Promise<TableRow[]> {
    const { facts } = tables
    const current = await store.rows<{ id: number; field: string; basis: string; value: Json }>(sql`
      SELECT ${facts.entityId} AS id, ${facts.field} AS field, ${facts.basis} AS basis, json_extract(${facts.value}, '$') AS value
      FROM json_each(${JSON.stringify(rows.map(({ id }) => id))}) AS shown
      CROSS JOIN ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = shown.value AND ${facts.state} = 'current'`)
    const byLead = Map.groupBy(current, ({ id }) => id)
    return rows.map((values) => {
      const own = (byLead.get(values.id) ?? []).flatMap(({ field, basis, value }) => {
        const column = field in values ? field : `custom.${field}`
        return values[column] === value ? [[column, basis]] : []
      })
      return { values, bases: Object.fromEntries(own) }
    })
  }

  return app
}

function said({ total, byStatus, most }: LeadCounts) {
  return { total, of: Object.fromEntries(byStatus.map(({ status, count }) => [status, count])), most }
}
