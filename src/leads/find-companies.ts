import { isNull, sql } from "drizzle-orm"
import type { z } from "zod"
import type { Store } from "../db/store.ts"
import { type Company, tables } from "../db/tables.ts"
import { holds } from "../db/text.ts"
import { fullColumn, type Listing, type Page, sorting, textColumn } from "./listing.ts"
import { valuesOf } from "./listing-conditions.ts"
import { listQuery } from "./listing-query.ts"
import { pageOf, stretchesOf, withKey } from "./listing-rows.ts"

const { companies, leads } = tables

/** How many leads work there; of more than 1,000 no more are counted. */
const working = sql`(SELECT count(*) FROM (SELECT 1 FROM ${leads} WHERE ${leads.companyId} = ${companies.id} AND ${leads.mergedInto} IS NULL LIMIT 1000) AS found)`

export const companyListing: Listing = {
  from: sql`${companies}`,
  columns: {
    id: fullColumn("number", companies.id),
    name: textColumn(companies.name),
    domain: textColumn(companies.domain),
    industry: textColumn(companies.industry),
    size: textColumn(companies.size),
    location: textColumn(companies.location),
    linkedin_url: textColumn(companies.linkedinUrl),
    x_handle: textColumn(companies.xHandle),
    description: textColumn(companies.description),
    created_at: fullColumn("time", companies.createdAt),
    updated_at: fullColumn("time", companies.updatedAt),
  },
  id: sql`${companies.id}`,
  shown: isNull(companies.mergedInto),
  custom: companies.custom,
  newest: "created_at",
  words: {
    terms: (text) => text.toLowerCase().split(/\s+/).filter(Boolean),
    holds: (term) => sql`(${holds(companies.name, term)} or ${holds(companies.domain, term)})`,
  },
}

/** The companies as a table shows them. */
export const companyTable: Listing = {
  ...companyListing,
  columns: { ...companyListing.columns, leads: fullColumn("number", working) },
}

export const companyQuery = listQuery(companyListing)
type CompanyQuery = z.output<typeof companyQuery>

/** One page of the companies that are not merged into another. Words are looked for within the name and the domain. */
export async function findCompanies(store: Store, asked: CompanyQuery): Promise<Page<Company & { leads: number }>> {
  const query = await withKey(store, companyListing, asked)
  const { key } = sorting(companyListing, query)
  const values = valuesOf(companyListing, query)
  const found = await pageOf(
    query,
    stretchesOf(companyListing, query),
    ({ where, order }, limit) =>
      store.read(async (db) =>
        db
          .select({
            company: companies,
            id: companies.id,
            key: sql<string | number | null>`${key}`,
            leads: sql<number>`${working}`,
          })
          .from(companies)
          .where(where)
          .orderBy(...order)
          .limit(limit)
          .prepare()
          .all(values),
      ),
    (row) => row,
  )
  return { ...found, rows: found.rows.map(({ company, leads }) => ({ ...company, leads })) }
}
