import { type AnyColumn, and, asc, desc, eq, gt, isNotNull, isNull, lt, type SQL, sql } from "drizzle-orm"
import { z } from "zod"
import { isAbsent, sortKey } from "../db/sorting.ts"
import type { Store } from "../db/store.ts"
import type { Json } from "../db/tables.ts"

/** A column that a table can be sorted, filtered and searched for gaps by. */
export type Column = {
  kind: "text" | "number" | "time"
  column: AnyColumn | SQL
  /** Sorts the column. */
  key: SQL
  /** What rows without a value have in the key's place, and the conditions that tell them from the others; null where every row has
   * a value. */
  absent: { key: "" | null; present: SQL; lacking: SQL } | null
  choices?: readonly string[]
}

/** A table whose rows are read a page at a time. Columns go by the names that the database gives them. */
export type Listing = {
  /** What rows are read from. */
  from: SQL
  columns: Record<string, Column>
  id: SQL
  /** What is never listed. */
  shown: SQL | undefined
  /** Where values without a column of their own stand; they are filtered by as `custom.NAME`. */
  custom: AnyColumn | null
  /** Newest first. Words are looked up in order of ids. */
  newest: string
}

export type Direction = "asc" | "desc"
export type Condition = { column: string; is: Comparison; value: string | number }
type Comparison = "is" | "isnt" | "contains" | "at least" | "at most" | "absent" | "present"
type Cursor = z.output<typeof cursorShape>
export type ListQuery = {
  words: string
  sort: string
  dir: Direction
  limit: number
  conditions: Condition[]
  from: Cursor | null
}

/** One page, and the cursors of its neighbours where there are any. */
export type Page<Row> = { rows: Row[]; next: string | null; previous: string | null }

/** A row by the names of its columns. */
export type Row = { id: number } & Record<string, Json>

/** Reads at most `limit` rows in this order. */
export type ReadRows<Row> = (where: SQL, order: SQL[], limit: number) => Promise<Row[]>
/** Where a row stands in the order of its listing. */
export type Place = { id: number; key: string | number | null }

const comparisons: Record<string, Comparison> = {
  "": "is",
  "!": "isnt",
  "~": "contains",
  ">": "at least",
  "<": "at most",
}
const customName = /^custom\.[^"\\\p{C}]{1,60}$/u
const cursorShape = z.strictObject({
  sort: z.string(),
  dir: z.enum(["asc", "desc"]),
  key: z.union([z.string(), z.number(), z.null()]),
  id: z.int(),
  back: z.boolean(),
})

/** The query of a table as its address or an action's arguments put it. `where` holds one entry per filter: a column and how it
 * compares, as in `{ "title~": "cto", "score>": 70, "email": "", "phone!": "" }` (contains, at least, absent, present). */
export function listQuery(listing: Listing) {
  const columns = Object.keys(listing.columns)
  const columnName = z
    .string()
    .transform((name) => (isCustom(listing, name) ? name : snakeCase(name)))
    .refine((name) => isCustom(listing, name) || columns.includes(name), `Columns are: ${columns.join(", ")}.`)
  const scalar = z.union([z.string().max(500), z.number()]).transform(String)
  return z
    .strictObject({
      q: z
        .string()
        .max(200, "Search for at most 200 characters.")
        .optional()
        .describe("Words of a name, title, company, email or place"),
      status: scalar.optional(),
      missing: z.string().max(100).optional().describe("A column that has no value"),
      where: z
        .record(z.string().max(100), scalar)
        .optional()
        .describe('Filters, as { "title~": "cto", "score>": 70, "email": "" }'),
      sort: columnName.optional(),
      dir: z.enum(["asc", "desc"], { error: () => "dir is asc or desc." }).optional(),
      after: z.string().max(2_000).optional().describe("`next` of the page before"),
      limit: z.coerce
        .number({ error: () => "limit is a number from 1 to 500." })
        .int()
        .min(1)
        .max(500)
        .default(50),
    })
    .transform((asked, context): ListQuery => {
      const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message })
      const words = asked.q?.trim() ?? ""
      const sort = asked.sort ?? (words ? "id" : listing.newest)
      const dir = asked.dir ?? (listing.columns[sort]?.kind === "text" ? "asc" : "desc")
      const where = {
        ...asked.where,
        ...(asked.status !== undefined && { status: asked.status }),
        ...(asked.missing !== undefined && { [asked.missing]: "" }),
      }
      const conditions: Condition[] = []
      for (const [name, value] of Object.entries(where)) {
        const condition = conditionOf(listing, name, value)
        if (typeof condition === "string") refuse(name, condition)
        else conditions.push(condition)
      }
      const from = asked.after === undefined ? null : cursorOf(asked.after)
      if (asked.after !== undefined && (from?.sort !== sort || from.dir !== dir)) {
        refuse("after", "This page's address does not belong to this order of rows. Start again from the first page.")
      }
      return { words, sort, dir, limit: asked.limit, conditions, from }
    })
}

/** A column of text that may be missing; it sorts by the index that belongs to it, if there is one. */
export function textColumn(column: AnyColumn): Column {
  const key = sortKey(column)
  return {
    kind: "text",
    column,
    key,
    absent: { key: "", present: gt(key, sql.raw("''")), lacking: eq(key, sql.raw("''")) },
  }
}

/** A column of numbers or times that may be missing. */
export function plainColumn(kind: Column["kind"], column: AnyColumn | SQL): Column {
  const key = sql`${column}`
  return { kind, column, key, absent: { key: null, present: isNotNull(key), lacking: isNull(key) } }
}

/** A column that every row has a value in. */
export function fullColumn(kind: Column["kind"], column: AnyColumn | SQL, choices?: readonly string[]): Column {
  return { kind, column, key: sql`${column}`, absent: null, ...(choices && { choices }) }
}

/** The parameters of an address as `listQuery` takes them; every parameter it does not name is a filter. */
export function askedIn(parameters: Iterable<[string, string]>): Record<string, unknown> {
  const named: Record<string, string> = {}
  const where: Record<string, string> = {}
  for (const [name, value] of parameters) {
    if (["q", "sort", "dir", "after", "limit", "missing"].includes(name)) named[name] = value
    else where[name] = value
  }
  return { ...named, where }
}

/** One page of a listing. Rows go by the sort's key and then by id, and those that lack a value come last in either direction.
 * Each step is one stretch of an index: an expression compared as a row value would not be sought. */
export async function pageOf<Row>(
  listing: Listing,
  query: ListQuery,
  read: ReadRows<Row>,
  placeOf: (row: Row) => Place,
): Promise<Page<Row>> {
  const back = query.from?.back ?? false
  const conditions = conditionsOf(listing, query)
  let found: Row[] = []
  for (const step of steps(listing, query)) {
    const where = and(step.where, ...conditions) ?? sql.raw("true")
    const rows = await read(where, step.order, query.limit + 1 - found.length)
    found = found.length === 0 ? rows : [...found, ...rows]
    if (found.length > query.limit) break
  }
  const more = found.length > query.limit
  if (more) found.pop()
  if (back) found.reverse()
  const cursorAt = (row: Row | undefined, back: boolean) => (row ? cursorText(query, placeOf(row), back) : null)
  return {
    rows: found,
    next: back || more ? cursorAt(found.at(-1), false) : null,
    previous: (back ? more : query.from !== null) ? cursorAt(found[0], true) : null,
  }
}

/** One page of a listing with these columns, as the database has them, and the one that it is sorted by. `also` is what else a row
 * has to be. */
export function findRows(
  store: Store,
  listing: Listing,
  query: ListQuery,
  columns: string[],
  also: SQL[] = [],
): Promise<Page<Row>> {
  const { absent } = sorting(listing, query)
  const what = selected(listing, [...new Set([...columns, query.sort])])
  return pageOf(
    listing,
    query,
    (where, order, limit) =>
      store.rows<Row>(sql`
        SELECT ${what} FROM ${listing.from} WHERE ${and(where, ...also)} ORDER BY ${sql.join(order, sql`, `)} LIMIT ${limit}`),
    (row) => ({ id: row.id, key: scalar(row[query.sort]) ?? absent?.key ?? null }),
  )
}

function scalar(value: Json | undefined): string | number | null {
  return typeof value === "string" || typeof value === "number" ? value : null
}

/** The ids of all rows of a listing in their order, wherever the page begins. */
export async function findIds(store: Store, listing: Listing, query: ListQuery, also: SQL[] = []): Promise<number[]> {
  const ids: number[] = []
  for (const step of steps(listing, { ...query, from: null })) {
    const where = and(step.where, ...conditionsOf(listing, query), ...also) ?? sql.raw("true")
    const rows = await store.rows<{ id: number }>(
      sql`SELECT ${listing.id} AS id FROM ${listing.from} WHERE ${where} ORDER BY ${sql.join(step.order, sql`, `)}`,
    )
    for (const { id } of rows) ids.push(id)
  }
  return ids
}

/** These rows in this order, without those that are not there. */
export function rowsById(store: Store, listing: Listing, ids: number[], columns: string[]): Promise<Row[]> {
  return store.rows<Row>(sql`
    SELECT ${selected(listing, columns)} FROM json_each(${JSON.stringify(ids)}) AS wanted
    CROSS JOIN ${listing.from} WHERE ${and(sql`${listing.id} = wanted.value`, listing.shown)} ORDER BY wanted.key`)
}

function selected(listing: Listing, columns: string[]): SQL {
  const others = columns.filter((name) => name !== "id")
  const named = others.map(
    (name) => sql`${columnNamed(listing, name)?.column ?? sql.raw("NULL")} AS ${sql.identifier(name)}`,
  )
  return sql.join([sql`${listing.id} AS id`, ...named], sql`, `)
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
    return sql`(SELECT count(*) FROM (SELECT 1 FROM ${listing.from} WHERE ${and(has, ...rest)} LIMIT ${most + 1})) AS ${sql.identifier(String(at))}`
  })
  const [counted] = await store.rows<Record<string, number>>(sql`SELECT ${sql.join(counts, sql`, `)}`)
  return values.map((_, at) => counted?.[String(at)] ?? 0)
}

/** A column by its name, those without a column of their own included. */
export function columnNamed(listing: Listing, name: string): Column | undefined {
  if (isCustom(listing, name)) return plainColumn("text", customValue(listing, name))
  if (name === "custom" && listing.custom) return plainColumn("text", listing.custom)
  return Object.hasOwn(listing.columns, name) ? listing.columns[name] : undefined
}

/** Everything that a row has to be, apart from matching the words. */
export function conditionsOf(listing: Listing, query: ListQuery): SQL[] {
  const asked = query.conditions.map((condition) => conditionSql(listing, condition))
  return listing.shown ? [listing.shown, ...asked] : asked
}

/** The column that orders the page. */
export function sorting(listing: Listing, query: ListQuery): Column {
  const column = columnNamed(listing, query.sort)
  if (!column) throw new RangeError(`${query.sort} is no column.`)
  return column
}

/** The stretches of the sort's index that a page may reach into, in the order of the page (backwards for a page before). */
function steps(listing: Listing, query: ListQuery): { where: SQL | undefined; order: SQL[] }[] {
  const { from } = query
  const { key, absent } = sorting(listing, query)
  const back = from?.back ?? false
  const isUp = back === (query.dir === "desc")
  const [order, beyond] = isUp ? [asc, gt] : [desc, lt]
  const isById = query.sort === "id"
  const ordered = (where: SQL | undefined) => ({
    where,
    order: isById ? [order(listing.id)] : [order(key), order(listing.id)],
  })
  const byId = (where: SQL | undefined) => ({ where, order: [order(listing.id)] })

  if (isById) return [ordered(from ? beyond(listing.id, from.id) : undefined)]
  const present = ordered(absent?.present)
  const lacking = absent ? [byId(absent.lacking)] : []
  if (!from) return [present, ...lacking]
  const beyondRow = beyond(listing.id, from.id)
  if (absent && from.key === absent.key) {
    const rest = byId(and(absent.lacking, beyondRow))
    return back ? [rest, present] : [rest]
  }
  const same = byId(and(eq(key, from.key), beyondRow))
  const further = ordered(and(beyond(key, from.key), absent?.present))
  return back ? [same, further] : [same, further, ...lacking]
}

function cursorText({ sort, dir }: ListQuery, { key, id }: Place, back: boolean): string {
  const cursor: Cursor = { sort, dir, key, id, back }
  return Buffer.from(JSON.stringify(cursor)).toString("base64url")
}

function conditionSql(listing: Listing, { column: name, is, value }: Condition): SQL {
  const column = columnNamed(listing, name)?.column ?? sql.raw("NULL")
  if (isCustom(listing, name) && typeof value === "string") return customCondition(column, is, value)
  if (is === "absent") return isAbsent(column)
  if (is === "present") return sql`nullif(${column}, '') is not null`
  if (is === "contains") return contains(column, String(value))
  if (is === "is") return sql`${column} = ${value}`
  if (is === "isnt") return sql`${column} is not ${value}`
  return is === "at least" ? sql`${column} >= ${value}` : sql`${column} <= ${value}`
}

/** Values of the team's own may be texts, numbers, or true and false; they are compared as what they are. */
function customCondition(column: AnyColumn | SQL, is: Comparison, value: string): SQL {
  if (is === "absent") return isAbsent(column)
  if (is === "present") return sql`not ${isAbsent(column)}`
  if (is === "contains") return contains(column, value)
  if (is === "is" || is === "isnt") {
    const said = value === "true" ? "1" : value === "false" ? "0" : value
    const found = sql`cast(${column} as text) in (${value}, ${said})`
    return is === "is" ? found : sql`(${column} is null or not ${found})`
  }
  const number = Number(value)
  const sign = sql.raw(is === "at least" ? ">=" : "<=")
  if (value.trim() === "" || !Number.isFinite(number))
    return sql`(typeof(${column}) = 'text' and ${column} ${sign} ${value})`
  return sql`(${column} not glob '*[^-0-9.]*' and cast(${column} as real) ${sign} ${number})`
}

function contains(column: AnyColumn | SQL, value: string): SQL {
  return sql`${column} like ${`%${value.replace(/[\\%_]/g, "\\$&")}%`} escape '\\'`
}

function customValue(listing: Listing, name: string): SQL {
  return sql`json_extract(${listing.custom}, ${sql.raw(quoted(`$."${name.slice("custom.".length)}"`))})`
}

/** A text within SQL: as a parameter, an expression would not be known for the one of its index. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function isCustom(listing: Listing, name: string): boolean {
  return listing.custom !== null && customName.test(name)
}

/** A condition, or why it is none. */
function conditionOf(listing: Listing, name: string, value: string): Condition | string {
  const sign = /[!~<>]$/.exec(name)?.[0] ?? ""
  const bare = name.slice(0, name.length - sign.length)
  const columnName = isCustom(listing, bare) ? bare : snakeCase(bare)
  const column = columnNamed(listing, columnName)
  const is = comparisons[sign] ?? "is"
  if (!column) return `There is no column ${bare}. Columns are: ${Object.keys(listing.columns).join(", ")}.`
  if (value === "" && (is === "is" || is === "isnt"))
    return { column: columnName, is: is === "is" ? "absent" : "present", value }
  if (column.choices && is !== "contains" && !column.choices.includes(value)) {
    return `${columnName} is one of ${column.choices.join(", ")}.`
  }
  if (column.kind !== "number") return { column: columnName, is, value }
  if (is === "contains") return `${columnName} is a number: compare it with =, >= or <=.`
  const number = value.trim() === "" ? Number.NaN : Number(value)
  return Number.isFinite(number)
    ? { column: columnName, is, value: number }
    : `${columnName} is compared with a number.`
}

/** Where a page begins, as its neighbour names it; null where the text names nothing. */
export function cursorOf(text: string): Cursor | null {
  const json = z
    .string()
    .transform((encoded, context) => {
      try {
        return JSON.parse(Buffer.from(encoded, "base64url").toString("utf8"))
      } catch {
        context.addIssue({ code: "custom", message: "No cursor." })
        return z.NEVER
      }
    })
    .pipe(cursorShape)
    .safeParse(text)
  return json.success ? json.data : null
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
