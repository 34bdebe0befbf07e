import { and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import { listedIn } from "../db/json.ts"
import type { Rows } from "../db/rows.ts"
import type { Store } from "../db/store.ts"
import { columnNamed, type Listing, type ListQuery, type Page, type Row, sorting } from "./listing.ts"
import { conditionsOf, shapeOf, valuesOf } from "./listing-conditions.ts"
import { type Cursor, cursorText } from "./listing-cursor.ts"

/** Where a row stands in the order of its listing. */
export type Place = { id: number; key: string | number | null }
/** One stretch of the index that a page may reach into. */
export type Stretch = { where: SQL; order: SQL[] }

/** One page of a listing. Rows go by the sort's key and then by id, and those that lack a value come last in either direction.
 * Each stretch is one of an index: an expression compared as a row value would not be sought. `read` reads at most `limit` rows. */
export async function pageOf<Part, Row>(
  query: ListQuery,
  stretches: Part[],
  read: (stretch: Part, limit: number) => Promise<Row[]>,
  placeOf: (row: Row) => Place,
): Promise<Page<Row>> {
  const back = query.from?.back ?? false
  let found: Row[] = []
  for (const stretch of stretches) {
    const rows = await read(stretch, query.limit + 1 - found.length)
    found = found.length === 0 ? rows : [...found, ...rows]
    if (found.length > query.limit) break
  }
  const more = found.length > query.limit
  if (more) found.pop()
  if (back) found.reverse()
  const { sort, dir } = query
  const cursorAt = (row: Row | undefined, back: boolean) => {
    if (!row) return null
    const { key, id } = placeOf(row)
    return cursorText({ sort, dir, key, id, back })
  }
  return {
    rows: found,
    next: back || more ? cursorAt(found.at(-1), false) : null,
    previous: (back ? more : query.from !== null) ? cursorAt(found[0], true) : null,
  }
}

/** The query with the key that was too long for its cursor. */
export async function withKey<Query extends ListQuery>(store: Rows, listing: Listing, query: Query): Promise<Query> {
  const { from, sort } = query
  if (!from?.isLong) return query
  const [row] = await store.lists<[Json]>(
    sql`SELECT ${selected(listing, [sort])} FROM ${listing.from} WHERE ${and(eq(listing.id, sql.placeholder("id")), listing.shown)}`,
    valuesOf(listing, query),
  )
  return { ...query, from: { ...from, key: scalar(row?.[0]) ?? sorting(listing, query).absent?.key ?? null } }
}

/** One page of a listing with these columns, as the database has them, and the one that it is sorted by. */
export async function findRows(
  store: Store,
  listing: Listing,
  asked: ListQuery,
  columns: string[],
): Promise<Page<Row>> {
  const query = await withKey(store, listing, asked)
  const values = valuesOf(listing, query)
  const absent = sorting(listing, query).absent?.key ?? null
  return pageOf(
    query,
    selectsOf(listing, query, withId([...columns, query.sort])),
    (select, limit) => store.rows<Row>(select, { ...values, limit }),
    (row) => ({ id: row.id, key: scalar(row[query.sort]) ?? absent }),
  )
}

/** The same page with each row as the list of these columns alone, for files of very many rows. */
export async function findLists(
  store: Rows,
  listing: Listing,
  query: ListQuery,
  columns: string[],
): Promise<{ rows: Json[][]; next: Cursor | null }> {
  const values = valuesOf(listing, query)
  const rows: Json[][] = []
  for (const select of selectsOf(listing, query, [...columns, "id", query.sort])) {
    if (rows.length >= query.limit) break
    for (const row of await store.lists<Json[]>(select, { ...values, limit: query.limit - rows.length })) rows.push(row)
  }
  const last = rows.length < query.limit ? undefined : rows.at(-1)
  if (!last) return { rows, next: null }
  const key = scalar(last[columns.length + 1]) ?? sorting(listing, query).absent?.key ?? null
  const { sort, dir } = query
  return { rows, next: { sort, dir, key, id: Number(last[columns.length]), back: false } }
}

/** The ids of all rows of a listing in their order, wherever the page begins. */
export async function findIds(store: Store, listing: Listing, query: ListQuery): Promise<number[]> {
  const ids: number[] = []
  const values = valuesOf(listing, query)
  for (const { where, order } of stretchesOf(listing, { ...query, from: null })) {
    const found = sql`SELECT ${listing.id} FROM ${listing.from} WHERE ${where} ORDER BY ${sql.join(order, sql`, `)}`
    for (const [id] of await store.lists<[number]>(found, values)) ids.push(id)
  }
  return ids
}

/** These rows in this order, without those that are not there. */
export function rowsById(
  store: Store,
  listing: Listing,
  ids: number[],
  columns: string[],
  seenBy: string | null,
): Promise<Row[]> {
  return store.rows<Row>(selectById(listing, withId(columns)), { ids: JSON.stringify(ids), seenBy })
}

/** The same, each row as the list of these columns. */
export function listsById(
  store: Store,
  listing: Listing,
  ids: number[],
  columns: string[],
  seenBy: string | null,
): Promise<Json[][]> {
  return store.lists<Json[]>(selectById(listing, columns), { ids: JSON.stringify(ids), seenBy })
}

/** How many rows of a query have each of these values in a column; each count stops after `most`. */
export async function countValues(
  store: Store,
  listing: Listing,
  query: ListQuery,
  column: string,
  values: (string | number | null)[],
  most: number,
): Promise<number[]> {
  const of = columnNamed(listing, column)
  if (!of || values.length === 0) return []
  const rest = conditionsOf(listing, query)
  const counts = values.map((value, at) => {
    const has = value === null || value === of.absent?.key ? of.absent?.lacking : eq(of.key, value)
    return sql`(SELECT count(*) FROM (SELECT 1 FROM ${listing.from} WHERE ${and(has, ...rest)} LIMIT ${most + 1}) AS found) AS ${sql.identifier(String(at))}`
  })
  const [counted] = await store.lists<number[]>(sql`SELECT ${sql.join(counts, sql`, `)}`, valuesOf(listing, query))
  return values.map((_, at) => counted?.[at] ?? 0)
}

/** The stretches of the sort's index that a page may reach into, in the order of the page (backwards for a page before). */
export function stretchesOf(listing: Listing, query: ListQuery): Stretch[] {
  const { from } = query
  const { key, keyOf, absent } = sorting(listing, query)
  const back = from?.back ?? false
  const isUp = back === (query.dir === "desc")
  const [order, beyond] = isUp ? [asc, gt] : [desc, lt]
  const conditions = conditionsOf(listing, query)
  const stretch = (order: SQL[], ...where: (SQL | undefined)[]) => ({
    where: and(...where, ...conditions) ?? sql.raw("true"),
    order,
  })
  const byId = (...where: (SQL | undefined)[]) => stretch([order(listing.id)], ...where)
  const ordered = (...where: (SQL | undefined)[]) => stretch([order(key), order(listing.id)], ...where)
  const beyondRow = beyond(listing.id, sql.placeholder("id"))

  if (query.sort === "id") return [byId(from ? beyondRow : undefined)]
  const present = ordered(absent?.present)
  const lacking = absent ? [byId(absent.lacking)] : []
  if (!from) return [present, ...lacking]
  if (absent && from.key === absent.key) {
    const rest = byId(absent.lacking, beyondRow)
    return back ? [rest, present] : [rest]
  }
  const given = keyOf ? keyOf(sql.placeholder("key")) : sql.placeholder("key")
  const same = byId(eq(key, given), beyondRow)
  const further = ordered(beyond(key, given), absent?.present)
  return back ? [same, further] : [same, further, ...lacking]
}

/** Queries by their shape, so that those of a listing are put together once and not for every page. */
const known = new WeakMap<Listing, Map<string, SQL[]>>()
/** Filters by the team's own fields may be of any number of shapes. */
const mostKnown = 500

function selectsOf(listing: Listing, query: ListQuery, columns: string[]): SQL[] {
  return kept(listing, `${shapeOf(listing, query)} ${JSON.stringify(columns)}`, () =>
    stretchesOf(listing, query).map(
      ({ where, order }) =>
        sql`SELECT ${selected(listing, columns)} FROM ${listing.from} WHERE ${where} ORDER BY ${sql.join(order, sql`, `)} LIMIT ${sql.placeholder("limit")}`,
    ),
  )
}

function selectById(listing: Listing, columns: string[]): SQL {
  const [select = sql``] = kept(listing, `by id ${JSON.stringify(columns)}`, () => [
    sql`SELECT ${selected(listing, columns)} FROM ${listedIn(sql.placeholder("ids"), "bigint")} AS wanted
      CROSS JOIN ${listing.from} WHERE ${and(sql`${listing.id} = wanted.value`, listing.shown)} ORDER BY wanted.key`,
  ])
  return select
}

function kept(listing: Listing, shape: string, make: () => SQL[]): SQL[] {
  const own = known.get(listing) ?? new Map<string, SQL[]>()
  known.set(listing, own)
  const found = own.get(shape) ?? make()
  if (own.size > mostKnown) own.clear()
  own.set(shape, found)
  return found
}

function selected(listing: Listing, columns: string[]): SQL {
  const named = columns.map((name) => {
    const known = columnNamed(listing, name)
    const column = name === "id" ? listing.id : (known?.shown ?? known?.column)
    return sql`${column ?? sql.raw("NULL")} AS ${sql.identifier(name)}`
  })
  return sql.join(named, sql`, `)
}

/** The row's id, and each of the columns once. */
function withId(columns: string[]): string[] {
  return [...new Set(["id", ...columns])]
}

function scalar(value: Json | undefined): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null
}
