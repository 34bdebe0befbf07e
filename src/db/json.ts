import { type AnyColumn, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"

/** A value of a lead or company as JSON knows it. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

/** What an object has under a name itself: names come from files and people, and every object also answers to `constructor`. */
export function own<Value>(object: { readonly [name: string]: Value }, name: string): Value | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** A value within a column of JSON, by the name of its key: a text, a number, 1 or 0 for true and false, or null. To be shown; what is
 * compared is its text. */
export function jsonValue(column: AnyColumn, name: string): SQL {
  const key = name.replaceAll("'", "''")
  return perEngine({
    // As text within the query: as a parameter, it would not be known for the expression of an index.
    sqlite: () => sql`json_extract(${column}, ${sql.raw(`'$."${key}"'`)})`,
    postgres: () => sql`nullif(giant_json(${column}) -> ${sql.raw(`'${key}'`)}, 'null')`,
  })
}

/** The same to be compared: as it is, or on Postgres as its text. */
export function jsonText(column: SQLWrapper, name: string): SQL {
  const key = name.replaceAll("'", "''")
  return perEngine({
    sqlite: () => sql`json_extract(${column}, ${sql.raw(`'$."${key}"'`)})`,
    postgres: () => sql`giant_text(giant_json(${column}) -> ${sql.raw(`'${key}'`)})`,
  })
}

/** The whole value of a column of JSON, as `jsonValue` gives it. */
export function jsonWhole(column: AnyColumn): SQL {
  return perEngine({
    sqlite: () => sql`json_extract(${column}, '$')`,
    postgres: () => sql`nullif(giant_json(${column}), 'null')`,
  })
}

/** The same to be compared. */
export function jsonWholeText(column: AnyColumn): SQL {
  return perEngine({
    sqlite: () => sql`json_extract(${column}, '$')`,
    postgres: () => sql`giant_text(giant_json(${column}))`,
  })
}

/** What sorts values of JSON by: numbers by their size, before texts. */
export function jsonOrder(value: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`${value}`,
    postgres: () => sql`giant_order(${value})`,
  })
}

/** That a value of JSON is a text up to or from another one. */
export function isTextBeyond(value: SQLWrapper, sign: ">=" | "<=", given: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`(typeof(${value}) = 'text' and ${value} ${sql.raw(sign)} ${given})`,
    postgres: () => sql`(giant_number(${value}) is null and ${value} ${sql.raw(sign)} ${given})`,
  })
}

/** That a value of JSON is a number, or the text of one, up to or from another one. */
export function isNumberBeyond(value: SQLWrapper, sign: ">=" | "<=", given: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`(${value} not glob '*[^-0-9.]*' and cast(${value} as real) ${sql.raw(sign)} ${given})`,
    postgres: () => sql`(giant_number(${value}) ${sql.raw(sign)} cast(${given} as float8))`,
  })
}

/** Whether a column of JSON has a key. */
export function hasKey(column: AnyColumn, name: string): SQL {
  return perEngine({
    sqlite: () => sql`json_type(${column}, ${`$.${name}`}) IS NOT NULL`,
    postgres: () => sql`(giant_json(${column}) -> ${name}) IS NOT NULL`,
  })
}

/** A column of JSON as the rows of a table, a row for each key: `key` and `value`. */
export function jsonEntries(column: AnyColumn): SQL {
  return perEngine({
    sqlite: () => sql`json_each(${column})`,
    postgres: () => sql`jsonb_each_text(giant_json(${column}))`,
  })
}

/** A list of values as the rows of a table: `value`, and `key` in their order. */
export function listed(values: Iterable<string | number>): SQL {
  const list = [...values]
  return listedIn(sql`${JSON.stringify(list)}`, list.every((one) => typeof one === "number") ? "bigint" : "text")
}

/** The same for a list as JSON. */
export function listedIn(list: SQLWrapper, type: "bigint" | "text"): SQL {
  return perEngine({
    sqlite: () => sql`json_each(${list})`,
    postgres: () => sql`${sql.raw(type === "bigint" ? "giant_numbers" : "giant_texts")}(${list})`,
  })
}
