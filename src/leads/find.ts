import { and, isNull, type SQL, sql } from "drizzle-orm"
import type { z } from "zod"
import type { Rows } from "../db/rows.ts"
import { searchQuery } from "../db/search.ts"
import type { Store } from "../db/store.ts"
import { leadStatuses } from "../db/tables/leads.ts"
import { type Lead, tables } from "../db/tables.ts"
import { inWholeWords } from "../db/whole-words.ts"
import { hasWords, isSameRow, wordIndex, wordRow } from "../db/words.ts"
import {
  fullColumn,
  type Listing,
  type ListQuery,
  type Page,
  plainColumn,
  type Row,
  sorting,
  textColumn,
} from "./listing.ts"
import { conditionsOf, isAskedFor, valuesOf } from "./listing-conditions.ts"
import { listQuery } from "./listing-query.ts"
import { findIds, findLists, findRows, pageOf, stretchesOf, withKey } from "./listing-rows.ts"

const { leads, facts } = tables
/** What agents would set if a person agreed. */
const suggestions = sql`(SELECT count(*) FROM ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = ${leads.id} AND ${facts.state} = 'suggested')`

export const leadListing: Listing = {
  from: sql`${leads}`,
  columns: {
    id: fullColumn("number", leads.id),
    name: textColumn(leads.name),
    title: textColumn(leads.title),
    company: textColumn(leads.company),
    company_id: plainColumn("number", leads.companyId),
    email: textColumn(leads.email),
    phone: textColumn(leads.phone),
    linkedin_url: textColumn(leads.linkedinUrl),
    x_handle: textColumn(leads.xHandle),
    location: textColumn(leads.location),
    status: fullColumn("text", leads.status, leadStatuses),
    value: plainColumn("number", leads.value),
    score: plainColumn("number", leads.score),
    suggestions: fullColumn("number", suggestions),
    owner: textColumn(leads.owner),
    source: textColumn(leads.source),
    enriched_at: plainColumn("time", leads.enrichedAt),
    created_at: fullColumn("time", leads.createdAt),
    updated_at: fullColumn("time", leads.updatedAt),
  },
  id: sql`${leads.id}`,
  shown: isNull(leads.mergedInto),
  custom: leads.custom,
  newest: "created_at",
  words: null,
}

/** The same leads in the order of the index that knows their words, where the newest have the highest row. */
const foundListing: Listing = {
  ...leadListing,
  from: sql`${wordIndex} JOIN ${leads} ON ${isSameRow}`,
  columns: { ...leadListing.columns, id: { kind: "number", column: leads.id, key: wordRow, absent: null } },
  id: wordRow,
  words: {
    terms: (text) => [searchQuery(text) ?? '""'],
    holds: hasWords,
  },
}

export const leadQuery = listQuery(leadListing)
export type LeadQuery = z.output<typeof leadQuery>

/** Beyond this many, leads are not counted. */
const most = 10_000

/** How many leads a query finds, and how many in each status if it named none. A count above `most` means "or more". */
export type LeadCounts = { total: number; byStatus: { status: Lead["status"]; count: number }[]; most: number }

/** What is asked: the store, or its rows as of one moment. */
export type Asked = Rows & Pick<Store, "place">

/** One page of the leads that are not merged into another, newest first unless another order is asked for. */
export async function findLeads(store: Store, asked: LeadQuery): Promise<Page<Lead>> {
  const listing = listingOf(asked)
  const query = await withKey(store, listing, await lookedUp(store, asked))
  const { key } = sorting(listing, query)
  const values = valuesOf(listing, query)
  const found = await pageOf(
    query,
    stretchesOf(listing, query),
    ({ where, order }, limit) =>
      store.read(async (db) => {
        const rows = db.select({ lead: leads, id: leads.id, key: sql<string | number | null>`${key}` }).from(leads)
        return (query.words ? rows.innerJoin(wordIndex, isSameRow).where(where) : rows.where(where))
          .orderBy(...order)
          .limit(limit)
          .prepare()
          .all(values)
      }),
    (row) => row,
  )
  return { ...found, rows: found.rows.map(({ lead }) => lead) }
}

/** One page of the same leads with these columns alone, by the names that the database gives them. */
export async function leadRows(store: Store, asked: ListQuery, columns: string[]): Promise<Page<Row>> {
  const query = await lookedUp(store, asked)
  return findRows(store, listingOf(query), query, columns)
}

/** The same page, each row as the list of these columns. */
export async function leadLists(store: Asked, asked: ListQuery, columns: string[]): ReturnType<typeof findLists> {
  const query = await lookedUp(store, asked)
  return findLists(store, listingOf(query), query, columns)
}

/** The ids of all the leads that are found, in their order. */
export async function leadIds(store: Store, asked: ListQuery): Promise<number[]> {
  const query = await lookedUp(store, asked)
  return findIds(store, listingOf(query), query)
}

async function lookedUp<Query extends ListQuery>(store: Asked, query: Query): Promise<Query> {
  if (!query.words || store.place.engine !== "sqlite") return query
  const whole = await inWholeWords(store, query.words)
  return whole === null ? query : { ...query, terms: [whole] }
}

function listingOf({ words }: ListQuery): Listing {
  return words ? foundListing : leadListing
}

/** The sorts and filters that have an index of their own, whatever the number of leads. */
const indexed = {
  all: ["id", "created_at", "updated_at", "name", "title", "company", "location", "status", "score", "enriched_at"],
  status: ["id", "created_at", "name", "score"],
  gap: { columns: ["title", "company", "email", "location"], sort: "created_at" },
}

/** Whether a page of this is found at once among millions. Other orders and filters may have to look at every lead. */
export function isQuickToFind({ words, sort, conditions }: ListQuery): boolean {
  if (words) return conditions.length === 0 && sort === "id" && (words.match(/[\p{L}\p{N}]+/gu) ?? []).every(isLong)
  const [only, ...others] = conditions
  if (!only) return indexed.all.includes(sort)
  if (others.length > 0) return false
  if (only.column === "status") return only.is === "is" && indexed.status.includes(sort)
  if (only.column === "score") return (only.is === "at least" || only.is === "at most") && sort === "score"
  if (only.column === "owner") return only.is === "is" && sort === "created_at"
  return only.is === "absent" && indexed.gap.columns.includes(only.column) && sort === indexed.gap.sort
}

/** The search index knows the beginnings of words from two letters on. */
function isLong(word: string): boolean {
  return word.length > 1
}

/** Counts, apart from the page because counting is slower than finding. With words or filters, matches beyond `most` are counted in
 * no status. */
export async function countLeads(store: Store, asked: LeadQuery): Promise<LeadCounts> {
  const query = await lookedUp(store, asked)
  const open = { ...query, conditions: query.conditions.filter(({ column }) => column !== "status") }
  const byStatus = query.words || open.conditions.length > 0 ? await countFound(store, open) : await countEach(store)
  const isCut = byStatus.reduce((sum, { count }) => sum + count, 0) > most
  if (isCut && (query.words || open.conditions.length > 0)) {
    return { total: await countRows(store, query), byStatus, most }
  }
  const total = byStatus
    .filter(({ status }) => isAskedFor(query, "status", status))
    .reduce((sum, { count }) => sum + count, 0)
  return { total, byStatus, most }
}

/** Counted in the index alone, which holds the merged ones too. */
async function countEach(store: Store): Promise<LeadCounts["byStatus"]> {
  // Grouped by an expression, so that the small index of merged leads is read and not the large one of statuses.
  const merged = await store.rows<{ status: string; n: number }>(sql`
    SELECT coalesce(${leads.status}, '') AS status, count(*) AS n FROM ${leads} WHERE ${leads.mergedInto} IS NOT NULL
    GROUP BY coalesce(${leads.status}, '')`)
  const mergedIn = (status: string) => merged.find((row) => row.status === status)?.n ?? 0
  const counts = leadStatuses.map(
    (status) =>
      sql`(SELECT count(*) FROM (SELECT 1 FROM ${leads} WHERE ${leads.status} = ${status} LIMIT ${most + 1 + mergedIn(status)}) AS counted) AS ${sql.identifier(status)}`,
  )
  const [counted] = await store.rows<Record<string, number>>(sql`SELECT ${sql.join(counts, sql`, `)}`)
  return leadStatuses.map((status) => ({ status, count: (counted?.[status] ?? 0) - mergedIn(status) }))
}

async function countFound(store: Store, query: LeadQuery): Promise<LeadCounts["byStatus"]> {
  const counted = await store.rows<{ status: string; n: number }>(
    sql`SELECT status, count(*) AS n FROM (${matches(query, sql`${leads.status} AS status`)}) AS found GROUP BY status`,
    valuesOf(listingOf(query), query),
  )
  return leadStatuses.map((status) => ({ status, count: counted.find((row) => row.status === status)?.n ?? 0 }))
}

async function countRows(store: Store, query: LeadQuery): Promise<number> {
  const [counted] = await store.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM (${matches(query, sql`1 AS one`)}) AS found`,
    valuesOf(listingOf(query), query),
  )
  return counted?.n ?? 0
}

/** As many matches as are counted; of words the newest. */
function matches(query: LeadQuery, selected: SQL): SQL {
  const listing = listingOf(query)
  const order = query.words ? sql`ORDER BY ${wordRow} DESC` : sql``
  return sql`SELECT ${selected} FROM ${listing.from} WHERE ${and(...conditionsOf(listing, query))} ${order} LIMIT ${most + 1}`
}
