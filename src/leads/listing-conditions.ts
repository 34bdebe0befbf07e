import { type AnyColumn, type SQL, sql } from "drizzle-orm"
import { isNumberBeyond, isTextBeyond } from "../db/json.ts"
import type { Values } from "../db/rows.ts"
import { isAbsent } from "../db/sorting.ts"
import { contains, patternOf } from "../db/text.ts"
import { type Condition, columnNamed, isCustom, type Listing, type ListQuery, sorting } from "./listing.ts"

/** Everything that a row has to be. The values stand in placeholders, so that queries that differ in nothing else are one. */
export function conditionsOf(listing: Listing, query: ListQuery): SQL[] {
  const shown = listing.shown ? [listing.shown] : []
  const asked = query.conditions.map((condition, at) => conditionSql(listing, condition, at))
  return [...shown, ...asked, ...wordConditions(listing, query)]
}

/** That a row holds the words that are looked for. */
export function wordConditions(listing: Listing, query: ListQuery): SQL[] {
  const { words } = listing
  return words ? termsOf(listing, query).map((_, at) => words.holds(sql.placeholder(`word${at}`))) : []
}

function termsOf({ words }: Listing, query: ListQuery): string[] {
  return query.terms ?? words?.terms(query.words) ?? []
}

/** What stands in the placeholders of a query and of its conditions. */
export function valuesOf(listing: Listing, query: ListQuery): Values {
  const { conditions, from, seenBy = null } = query
  const values: Values = { key: from?.key ?? null, id: from?.id ?? null, seenBy }
  for (const [at, term] of termsOf(listing, query).entries()) values[`word${at}`] = term
  for (const [at, { is, value }] of conditions.entries()) {
    values[`value${at}`] = is === "contains" ? patternOf(String(value)) : value
    values[`number${at}`] = Number(value)
    values[`flag${at}`] = value === "true" ? "1" : value === "false" ? "0" : value
  }
  return values
}

/** Whether a value of a column of choices is what every condition on that column asks for. */
export function isAskedFor({ conditions }: ListQuery, column: string, choice: string): boolean {
  return conditions.every((condition) => {
    const value = String(condition.value)
    if (condition.column !== column) return true
    if (condition.is === "absent" || condition.is === "present") return condition.is === "present"
    if (condition.is === "contains") return choice.includes(value.toLowerCase())
    if (condition.is === "is" || condition.is === "isnt") return (choice === value) === (condition.is === "is")
    return condition.is === "at least" ? choice >= value : choice <= value
  })
}

/** What makes the SQL of a query another than that of others; its values aside. */
export function shapeOf(listing: Listing, query: ListQuery): string {
  const { conditions, sort, dir, from } = query
  const compared = conditions.map(({ column, is, value }) => [column, is, isNumber(value)])
  const beginning = from && [from.back, from.key === sorting(listing, query).absent?.key]
  return JSON.stringify([sort, dir, beginning, compared, termsOf(listing, query).length])
}

function conditionSql(listing: Listing, { column: name, is, value }: Condition, at: number): SQL {
  const column = columnNamed(listing, name)?.column ?? sql.raw("NULL")
  const given = sql.placeholder(`value${at}`)
  if (isCustom(listing, name)) return customCondition(column, is, isNumber(value), at)
  if (is === "absent") return isAbsent(column)
  if (is === "present") return sql`not ${isAbsent(column)}`
  if (is === "contains") return contains(column, given)
  if (is === "is") return sql`${column} = ${given}`
  if (is === "isnt") return sql`${column} is distinct from ${given}`
  return is === "at least" ? sql`${column} >= ${given}` : sql`${column} <= ${given}`
}

/** Values of the team's own may be texts, numbers, or true and false; they are compared as what they are. */
function customCondition(column: AnyColumn | SQL, is: Condition["is"], isNumber: boolean, at: number): SQL {
  const given = sql.placeholder(`value${at}`)
  if (is === "absent") return isAbsent(column)
  if (is === "present") return sql`not ${isAbsent(column)}`
  if (is === "contains") return contains(column, given)
  if (is === "is" || is === "isnt") {
    const found = sql`cast(${column} as text) in (${given}, ${sql.placeholder(`flag${at}`)})`
    return is === "is" ? found : sql`(${column} is null or not ${found})`
  }
  const sign = is === "at least" ? ">=" : "<="
  if (!isNumber) return isTextBeyond(column, sign, given)
  return isNumberBeyond(column, sign, sql.placeholder(`number${at}`))
}

function isNumber(value: string | number): boolean {
  return typeof value === "number" || (value.trim() !== "" && Number.isFinite(Number(value)))
}
