import { type AnyColumn, and, asc, desc, eq, gt, lt, type SQL, sql } from "drizzle-orm"
import { z } from "zod"

/** A column that a table can be sorted, filtered and searched for gaps by. */
export type Column = {
  kind: "text" | "number" | "time"
  column: AnyColumn | SQL
  /** Sorts the column. Never null: what is absent has the key `absent`, which is below every other. */
  key: SQL
  absent: string | number | null
  choices?: readonly string[]
}

/** A table whose rows are read a page at a time. Columns go by the names that the database gives them. */
export type Listing = {
  columns: Record<string, Column>
  id: SQL
  /** What is never listed. */
  shown: SQL
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

/** Reads at most `limit` rows in this order, each with its sort key. */
export type ReadRows<Row> = (
  where: SQL,
  order: SQL[],
  limit: number,
) => Promise<{ row: Row; id: number; key: unknown }[]>

const comparisons: Record<string, Comparison> = {
  "": "is",
  "!": "isnt",
  "~": "contains",
  ">": "at least",
  "<": "at most",
}
const cursorShape = z.strictObject({
  sort: z.string(),
  dir: z.enum(["asc", "desc"]),
  key: z.union([z.string(), z.number()]),
  id: z.int(),
  back: z.boolean(),
})

/** The query of a table as its address or an action's arguments put it. `where` holds one entry per filter: a column and how it
 * compares, as in `{ "title~": "cto", "score>": 70, "email": "", "phone!": "" }` (contains, at least, absent, present). */
export function listQuery(listing: Listing) {
  const columns = Object.keys(listing.columns)
  const columnName = z
    .string()
    .transform(snakeCase)
    .pipe(z.enum(columns, { error: () => `Columns are: ${columns.join(", ")}.` }))
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
export async function pageOf<Row>(listing: Listing, query: ListQuery, read: ReadRows<Row>): Promise<Page<Row>> {
  const back = query.from?.back ?? false
  const conditions = conditionsOf(listing, query)
  const found: { row: Row; id: number; key: unknown }[] = []
  for (const step of steps(listing, query)) {
    const where = and(step.where, ...conditions) ?? listing.shown
    found.push(...(await read(where, step.order, query.limit + 1 - found.length)))
    if (found.length > query.limit) break
  }
  const more = found.length > query.limit
  const rows = found.slice(0, query.limit)
  if (back) rows.reverse()
  return {
    rows: rows.map(({ row }) => row),
    next: back || more ? cursorAt(query, rows.at(-1), false) : null,
    previous: (back ? more : query.from !== null) ? cursorAt(query, rows[0], true) : null,
  }
}

/** Everything that a row has to be, apart from matching the words. */
export function conditionsOf(listing: Listing, query: ListQuery): SQL[] {
  return [listing.shown, ...query.conditions.map((condition) => conditionSql(listing, condition))]
}

/** The column that orders the page. */
export function sorting(listing: Listing, query: ListQuery): Column {
  const column = listing.columns[query.sort]
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
  const withKey = (value: string | number, where?: SQL) => ({
    where: and(eq(key, value), where),
    order: [order(listing.id)],
  })

  const present = absent === null ? undefined : gt(key, absent)
  const lacking = absent === null ? [] : [withKey(absent)]
  if (!from) return [ordered(present), ...lacking]
  if (isById) return [ordered(beyond(listing.id, from.id))]
  const same = withKey(from.key, beyond(listing.id, from.id))
  if (from.key === absent) return back ? [same, ordered(present)] : [same]
  const further = ordered(and(beyond(key, from.key), present))
  return back ? [same, further] : [same, further, ...lacking]
}

function cursorAt(query: ListQuery, at: { id: number; key: unknown } | undefined, back: boolean): string | null {
  if (!at) return null
  const cursor = { sort: query.sort, dir: query.dir, key: at.key, id: at.id, back }
  return Buffer.from(JSON.stringify(cursor)).toString("base64url")
}

function conditionSql(listing: Listing, { column: name, is, value }: Condition): SQL {
  const column = name.startsWith("custom.") ? customValue(listing, name) : listing.columns[name]?.column
  if (is === "absent") return sql`nullif(${column}, '') is null`
  if (is === "present") return sql`nullif(${column}, '') is not null`
  if (is === "contains") return sql`${column} like ${`%${String(value).replace(/[\\%_]/g, "\\$&")}%`} escape '\\'`
  if (is === "is") return sql`${column} = ${value}`
  if (is === "isnt") return sql`${column} is not ${value}`
  return is === "at least" ? sql`${column} >= ${value}` : sql`${column} <= ${value}`
}

function customValue(listing: Listing, name: string): SQL {
  return sql`json_extract(${listing.custom}, ${`$."${name.slice("custom.".length)}"`})`
}

/** A condition, or why it is none. */
function conditionOf(listing: Listing, name: string, value: string): Condition | string {
  const sign = /[!~<>]$/.exec(name)?.[0] ?? ""
  const bare = name.slice(0, name.length - sign.length)
  const isCustom = listing.custom !== null && /^custom\.[^"\\\p{C}]{1,60}$/u.test(bare)
  const columnName = isCustom ? bare : snakeCase(bare)
  const column = Object.hasOwn(listing.columns, columnName) ? listing.columns[columnName] : undefined
  const is = comparisons[sign] ?? "is"
  if (!column && !isCustom)
    return `There is no column ${bare}. Columns are: ${Object.keys(listing.columns).join(", ")}.`
  if (value === "" && (is === "is" || is === "isnt"))
    return { column: columnName, is: is === "is" ? "absent" : "present", value }
  if (column?.choices && is !== "contains" && !column.choices.includes(value)) {
    return `${columnName} is one of ${column.choices.join(", ")}.`
  }
  if (column?.kind !== "number") return { column: columnName, is, value }
  if (is === "contains") return `${columnName} is a number: compare it with =, >= or <=.`
  const number = value.trim() === "" ? Number.NaN : Number(value)
  return Number.isFinite(number)
    ? { column: columnName, is, value: number }
    : `${columnName} is compared with a number.`
}

function cursorOf(text: string): Cursor | null {
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
