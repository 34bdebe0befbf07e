import { sql } from "drizzle-orm"
import type { Hono } from "hono"
import type { Json } from "../../src/db/json.ts"
import { jsonWhole, listedIn } from "../../src/db/json.ts"
import { tables } from "../../src/db/tables.ts"
import type { LeadCounts } from "../../src/leads/find.ts"
import type { Row } from "../../src/leads/listing.ts"
import type { PageEnv } from "../layout.ts"
import type { TableRow } from "../table.ts"
import { type Reading, tableRoutes } from "../table-routes.ts"
import { leadDrawer } from "./lead.ts"

const { facts } = tables
/** Kept, because every page of leads asks for them. As an expression the field is compared within the index of a lead's facts: most of
 * them are of fields that are not shown, and sought one by one they would take longer. */
const currentFacts = sql`
  SELECT ${facts.entityId} AS id, ${facts.field} AS field, ${facts.basis} AS basis, ${jsonWhole(facts.value)} AS value
  FROM ${listedIn(sql.placeholder("ids"), "bigint")} AS shown
  CROSS JOIN ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = shown.value AND ${facts.state} = 'current'
    AND ${facts.field} || '' IN (SELECT value FROM ${listedIn(sql.placeholder("fields"), "text")} AS field)`

type CurrentFact = [id: number, field: string, basis: string, value: Json]

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
    const fields = JSON.stringify(Object.keys(rows[0] ?? {}).map((column) => column.replace(/^custom\./, "")))
    const current = await store.lists<CurrentFact>(currentFacts, { ids, fields })
    const shown = rows.map((values): TableRow => ({ values, bases: {} }))
    const byId = new Map<number, TableRow>()
    for (const row of shown) byId.set(row.values.id, row)
    for (const [id, field, basis, value] of current) {
      const row = byId.get(id)
      const column = row && Object.hasOwn(row.values, field) ? field : `custom.${field}`
      if (row && row.values[column] === value) row.bases[column] = basis
    }
    return shown
  }

  return app
}

function said({ total, byStatus, most }: LeadCounts) {
  return { total, of: Object.fromEntries(byStatus.map(({ status, count }) => [status, count])), most }
}
