import { type AnyColumn, and, count, inArray, isNull, sql } from "drizzle-orm"
import type { z } from "zod"
import { sortKey } from "../db/sorting.ts"
import type { Store } from "../db/store.ts"
import { type Company, tables } from "../db/tables.ts"
import { type Column, type Listing, listQuery, type Page, pageOf, sorting } from "./listing.ts"

const { companies, leads } = tables
const text = (column: AnyColumn): Column => ({ kind: "text", column, key: sortKey(column), absent: "" })

export const companyListing: Listing = {
  columns: {
    id: { kind: "number", column: companies.id, key: sql`${companies.id}`, absent: null },
    name: text(companies.name),
    domain: text(companies.domain),
    industry: text(companies.industry),
    size: text(companies.size),
    location: text(companies.location),
    linkedin_url: text(companies.linkedinUrl),
    x_handle: text(companies.xHandle),
    description: text(companies.description),
    created_at: { kind: "time", column: companies.createdAt, key: sql`${companies.createdAt}`, absent: null },
    updated_at: { kind: "time", column: companies.updatedAt, key: sql`${companies.updatedAt}`, absent: null },
  },
  id: sql`${companies.id}`,
  shown: isNull(companies.mergedInto),
  custom: null,
  newest: "created_at",
}

export const companyQuery = listQuery(companyListing)
export type CompanyQuery = z.output<typeof companyQuery>

/** One page of the companies that are not merged into another. Words are looked for within the name and the domain. */
export function findCompanies(store: Store, query: CompanyQuery): Promise<Page<Company & { leads: number }>> {
  const { key } = sorting(companyListing, query)
  const named = query.words.split(/\s+/).filter(Boolean).map(isNamed)
  return pageOf(companyListing, query, (where, order, limit) =>
    store.read(async (db) => {
      const rows = await db
        .select({ row: companies, id: companies.id, key: sql<string | number>`${key}` })
        .from(companies)
        .where(and(where, ...named))
        .orderBy(...order)
        .limit(limit)
      const working = await db
        .select({ id: leads.companyId, leads: count() })
        .from(leads)
        .where(
          and(
            inArray(
              leads.companyId,
              rows.map(({ id }) => id),
            ),
            isNull(leads.mergedInto),
          ),
        )
        .groupBy(leads.companyId)
      const leadsOf = (id: number) => working.find((counted) => counted.id === id)?.leads ?? 0
      return rows.map(({ row, ...rest }) => ({ ...rest, row: { ...row, leads: leadsOf(row.id) } }))
    }),
  )
}

function isNamed(word: string) {
  return sql`(instr(lower(${companies.name}), ${word.toLowerCase()}) > 0 or instr(${companies.domain}, ${word.toLowerCase()}) > 0)`
}
