import { type AnyColumn, and, count, desc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm"
import type { z } from "zod"
import { searchQuery } from "../db/search.ts"
import { sortKey } from "../db/sorting.ts"
import type { Store } from "../db/store.ts"
import { type Lead, leadStatuses, tables } from "../db/tables.ts"
import { type Column, conditionsOf, type Listing, listQuery, type Page, pageOf, sorting } from "./listing.ts"

const { leads, facts } = tables
const text = (column: AnyColumn): Column => ({ kind: "text", column, key: sortKey(column), absent: "" })
const time = (column: AnyColumn): Column => ({ ...text(column), kind: "time" })
/** Below every number that a lead is given. */
const noNumber = -1e15
const number = (column: AnyColumn): Column => ({
  kind: "number",
  column,
  key: sql`coalesce(${column}, ${sql.raw(String(noNumber))})`,
  absent: noNumber,
})

/** What agents would set if a person agreed. */
const suggestions = sql`(SELECT count(*) FROM ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = ${leads.id} AND ${facts.state} = 'suggested')`

export const leadListing: Listing = {
  columns: {
    id: { kind: "number", column: leads.id, key: sql`${leads.id}`, absent: null },
    name: text(leads.name),
    title: text(leads.title),
    company: text(leads.company),
    company_id: number(leads.companyId),
    email: text(leads.email),
    phone: text(leads.phone),
    linkedin_url: text(leads.linkedinUrl),
    x_handle: text(leads.xHandle),
    location: text(leads.location),
    status: { kind: "text", column: leads.status, key: sql`${leads.status}`, absent: null, choices: leadStatuses },
    value: number(leads.value),
    score: number(leads.score),
    suggestions: { kind: "number", column: suggestions, key: suggestions, absent: null },
    owner: text(leads.owner),
    source: text(leads.source),
    enriched_at: time(leads.enrichedAt),
    created_at: { kind: "time", column: leads.createdAt, key: sql`${leads.createdAt}`, absent: null },
    updated_at: { kind: "time", column: leads.updatedAt, key: sql`${leads.updatedAt}`, absent: null },
  },
  id: sql`${leads.id}`,
  shown: isNull(leads.mergedInto),
  custom: leads.custom,
  newest: "created_at",
}

/** The same leads in the order of the index that knows their words, where the newest have the highest row. */
const wordRow = sql`lead_search.rowid`
const foundListing: Listing = {
  ...leadListing,
  columns: { ...leadListing.columns, id: { kind: "number", column: leads.id, key: wordRow, absent: null } },
  id: wordRow,
}

export const leadQuery = listQuery(leadListing)
export type LeadQuery = z.output<typeof leadQuery>

/** Beyond this many, leads are not counted. */
const most = 10_000

/** How many leads a query finds, and how many in each status if it named none. A count above `most` means "or more". */
export type LeadCounts = { total: number; byStatus: { status: Lead["status"]; count: number }[]; most: number }

/** One page of the leads that are not merged into another, newest first unless another order is asked for. */
export function findLeads(store: Store, query: LeadQuery): Promise<Page<Lead>> {
  const listing = query.words ? foundListing : leadListing
  const { key } = sorting(listing, query)
  return pageOf(listing, query, (where, order, limit) =>
    store.read(async (db) => {
      const rows = db.select({ row: leads, id: leads.id, key: sql<string | number>`${key}` }).from(leads)
      return (query.words ? rows.innerJoin(words, sameRow).where(and(where, hasWords(query.words))) : rows.where(where))
        .orderBy(...order)
        .limit(limit)
    }),
  )
}

/** These leads in no order, without those that do not exist. */
export function leadsById(store: Store, ids: number[]): Promise<Lead[]> {
  return store.read(async (db) => db.select().from(leads).where(inArray(leads.id, ids)))
}

/** Counts, apart from the page because counting is slower than finding. Of a search only the newest matches are counted. */
export async function countLeads(store: Store, query: LeadQuery): Promise<LeadCounts> {
  const open = query.conditions.filter(({ column }) => column !== "status")
  const byStatus = query.words
    ? await countFound(store, { ...query, conditions: open })
    : await countEach(store, { ...query, conditions: open })
  const wanted = (status: string) =>
    query.conditions.every(
      ({ column, is, value }) =>
        column !== "status" || (is === "is" ? value === status : is === "isnt" ? value !== status : is === "present"),
    )
  const total = byStatus.filter(({ status }) => wanted(status)).reduce((sum, { count }) => sum + count, 0)
  return { total, byStatus, most }
}

/** One short walk of the index for each status. */
async function countEach(store: Store, query: LeadQuery): Promise<LeadCounts["byStatus"]> {
  const where = and(...conditionsOf(leadListing, query))
  return store.read(async (db) => {
    const counts: LeadCounts["byStatus"] = []
    for (const status of leadStatuses) {
      const some = db
        .select({ id: leads.id })
        .from(leads)
        .where(and(eq(leads.status, status), where))
        .limit(most + 1)
        .as("some")
      const [counted] = await db.select({ count: count() }).from(some)
      counts.push({ status, count: counted?.count ?? 0 })
    }
    return counts
  })
}

async function countFound(store: Store, query: LeadQuery): Promise<LeadCounts["byStatus"]> {
  const where = and(hasWords(query.words), ...conditionsOf(foundListing, query))
  return store.read(async (db) => {
    const found = db
      .select({ status: leads.status })
      .from(leads)
      .innerJoin(words, sameRow)
      .where(where)
      .orderBy(desc(wordRow))
      .limit(most + 1)
      .as("found")
    const counted = await db.select({ status: found.status, count: count() }).from(found).groupBy(found.status)
    return leadStatuses.map((status) => ({ status, count: counted.find((row) => row.status === status)?.count ?? 0 }))
  })
}

const words = sql`lead_search`
const sameRow = sql`${wordRow} = ${leads.id}`

function hasWords(text: string): SQL {
  return sql`lead_search match ${searchQuery(text) ?? '""'}`
}
