import { type AnyColumn, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import { perEngine } from "./engine.ts"

/** That a text holds words as they stand, whatever the case of A to Z; `words` are lower-case. */
export function holds(text: AnyColumn | SQL, words: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`instr(lower(${text}), ${words}) > 0`,
    postgres: () => sql`strpos(lower(${text}), ${words}) > 0`,
  })
}

/** That a value, as text, holds words as they stand, whatever the case of A to Z; `pattern` is made of them by `patternOf`. */
export function contains(value: SQLWrapper, pattern: SQLWrapper): SQL {
  return perEngine({
    sqlite: () => sql`${value} like ${pattern} escape '\\'`,
    postgres: () => sql`cast(${value} as text) collate "C" ilike ${pattern} escape '\\'`,
  })
}

/** That a text ends with another one. */
export function endsWith(text: AnyColumn, end: string): SQL {
  return sql`substr(${text}, length(${text}) - ${end.length - 1}) = ${end}`
}

export function patternOf(words: string): string {
  return `%${words.replace(/[\\%_]/g, "\\$&")}%`
}

/** The domain of a column of email addresses. */
export function mailDomain(column: AnyColumn): SQL<string> {
  return perEngine({
    sqlite: () => sql`lower(substr(${column}, instr(${column}, '@') + 1))`,
    postgres: () => sql`lower(substr(${column}, strpos(${column}, '@') + 1))`,
  })
}
