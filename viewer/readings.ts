import type { Store } from "../src/db/store.ts"
import { readStats } from "../src/game/stats.ts"
import { likelyDuplicates } from "../src/leads/duplicates.ts"
import { countLeads } from "../src/leads/find.ts"
import type { ListQuery } from "../src/leads/listing.ts"
import { countValues } from "../src/leads/listing-rows.ts"
import { shownTables, type TableName } from "./tables.ts"

/** What may take long where there are millions of rows, by name, so that another process can be asked for it. */
export const readings = {
  rows: (store: Store, { table, query, columns }: { table: TableName; query: ListQuery; columns: string[] }) =>
    shownTables[table].find(store, query, columns),
  ids: (store: Store, { table, query }: { table: TableName; query: ListQuery }) => shownTables[table].ids(store, query),
  leadCounts: (store: Store, { query }: { query: ListQuery }) => countLeads(store, query),
  counts: (store: Store, { table, query, column, values, most }: CountsAsked) =>
    countValues(store, shownTables[table].listing, query, column, values, most),
  duplicates: (store: Store, { limit }: { limit: number }) => likelyDuplicates(store, { limit }),
  stats: (store: Store, { now }: { now: string }) => readStats(store, new Date(now)),
}

type CountsAsked = {
  table: TableName
  query: ListQuery
  column: string
  values: (string | number | null)[]
  /** Where counting stops. */
  most: number
}
export type Readings = typeof readings
export type ReadingName = keyof Readings
export type Asked<Name extends ReadingName> = Parameters<Readings[Name]>[1]
export type Read<Name extends ReadingName> = Awaited<ReturnType<Readings[Name]>>
