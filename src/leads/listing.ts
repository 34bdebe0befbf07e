import { type AnyColumn, eq, gt, isNotNull, isNull, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import { jsonOrder, jsonText, jsonValue } from "../db/json.ts"
import { sortKey } from "../db/sorting.ts"
import type { Cursor } from "./listing-cursor.ts"

/** A column that a table can be sorted, filtered and searched for gaps by. */
export type Column = {
  kind: "text" | "number" | "time"
  column: AnyColumn | SQL
  /** The column as it is shown, where that is not how it is compared. */
  shown?: SQL
  /** Sorts the column. */
  key: SQL
  /** What a value of the column is as a key, where that is not the value itself. */
  keyOf?: (value: SQLWrapper) => SQL
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
  /** What is listed at all. The placeholder `seenBy` is who looks. */
  shown: SQL | undefined
  /** Where values without a column of their own stand; they are filtered by as `custom.NAME`. */
  custom: AnyColumn | null
  /** Newest first. Words are looked up in order of ids. */
  newest: string
  /** What somebody looks for, as terms each of which a row has to hold; null where no words are looked for. */
  words: { terms(text: string): string[]; holds(term: SQLWrapper): SQL } | null
}

export type Condition = { column: string; is: Comparison; value: string | number }
export type Comparison = "is" | "isnt" | "contains" | "at least" | "at most" | "absent" | "present"
export type ListQuery = {
  words: string
  sort: string
  dir: Cursor["dir"]
  limit: number
  conditions: Condition[]
  from: Cursor | null
  /** What its words come to, where that was looked up. */
  terms?: string[]
  /** Who looks, where not everybody sees every row; null or left out for who does. */
  seenBy?: string | null
}

/** One page, and the cursors of its neighbours where there are any. */
export type Page<Row> = { rows: Row[]; next: string | null; previous: string | null }

/** A row by the names of its columns. */
export type Row = { id: number } & Record<string, Json>

const customName = /^custom\.[^"\\\p{C}]{1,60}$/u

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

/** A column by its name, those without a column of their own included. */
export function columnNamed(listing: Listing, name: string): Column | undefined {
  if (isCustom(listing, name)) return customColumn(listing, name)
  if (name === "custom" && listing.custom) return plainColumn("text", listing.custom)
  return Object.hasOwn(listing.columns, name) ? listing.columns[name] : undefined
}

/** Whether there is such a column. */
export function hasColumn(listing: Listing, name: string): boolean {
  return (
    isCustom(listing, name) || (name === "custom" && listing.custom !== null) || Object.hasOwn(listing.columns, name)
  )
}

/** The column that orders the page. */
export function sorting(listing: Listing, query: ListQuery): Column {
  const column = columnNamed(listing, query.sort)
  if (!column) throw new RangeError(`${query.sort} is no column.`)
  return column
}

function customColumn({ custom }: Listing, name: string): Column {
  const key = name.slice("custom.".length)
  if (custom === null) return plainColumn("text", sql.raw("NULL"))
  const compared = jsonText(custom, key)
  const shown = jsonValue(custom, key)
  return { ...plainColumn("text", compared), shown, key: jsonOrder(compared), keyOf: jsonOrder }
}

export function isCustom(listing: Listing, name: string): boolean {
  return listing.custom !== null && customName.test(name)
}
