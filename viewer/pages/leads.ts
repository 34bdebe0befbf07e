import { sql } from "drizzle-orm"
import type { Hono } from "hono"
import { jsonWhole, listedIn } from "../../src/db/json.ts"
import { type Json, tables } from "../../src/db/tables.ts"
import type { LeadCounts } from "../../src/leads/find.ts"
import type { Row } from "../../src/leads/listing.ts"
import type { PageEnv } from "../layout.ts"
import type { TableRow } from "../table.ts"
import { type Reading, tableRoutes } from "../table-routes.ts"
import { leadDrawer } from "./lead.ts"

const { facts } = tables
/** Kept, because every page of leads asks for them. */
const currentFacts = sql`
  SELECT ${facts.entityId} AS id, ${facts.field} AS field, ${facts.basis} AS basis, ${jsonWhole(facts.value)} AS value
  FROM ${listedIn(sql.placeholder("ids"), "bigint")} AS shown
  CROSS JOIN ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = shown.value AND ${facts.state} = 'current'`

/** The table of leads, with a drawer beside it. */
export function leadsRoutes(reading: Reading): Hono<PageEnv> {
  const { store } = reading
  const app = tableRoutes("leads", reading, {
    withBases,
    beside: (c) => leadDrawer(store, c),
    async counts(query, where, limit) {
      const answer = await where.read("leadCounts", { query }, limit)
      return answer.kind === "read" ? said(answer.value) : { total: null, of: {}, most: null }
    },
  })
  app.get("/leads", (c) => c.redirect(`/${new URL(c.req.url).search}`))

  /** Which values rest on facts that are current and say the same. */
  async function withBases(rows: Row[]): Promise<TableRow[]> {
    const ids = JSON.stringify(rows.map(({ id }) => id))
    const current = await store.rows<{ id: number; field: string; basis: string; value: Json }>(currentFacts, { ids })
    if (current.length === 0) return rows.map((values) => ({ values, bases: {} }))
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
