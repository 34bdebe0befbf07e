import { type SQL, type SQLWrapper, sql } from "drizzle-orm"

export type Engine = "sqlite" | "postgres"

/** The engine that a query is being written out for. Writing out never waits, so there is only one at a time. */
let spoken: Engine = "sqlite"

/** A piece of a query in each engine's own words, chosen when the query is written out. */
export function perEngine<T = unknown>(words: Record<Engine, () => SQL>): SQL<T> {
  const either: SQLWrapper & { shouldOmitSQLParens(): boolean } = {
    getSQL: () => words[spoken](),
    shouldOmitSQLParens: () => true,
  }
  return sql<T>`${either}`
}

/** Writes a query out in an engine's words. */
export function inWordsOf<T>(engine: Engine, write: () => T): T {
  const before = spoken
  spoken = engine
  try {
    return write()
  } finally {
    spoken = before
  }
}
