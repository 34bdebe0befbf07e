import type Database from "better-sqlite3"

type Statement = Database.Statement<unknown[]>

/** What drizzle needs of a connection. */
export type Statements = { prepare(text: string): Statement }

const most = 256

/** A connection that compiles a query once, and again only when many others were asked since. */
export function keepStatements(connection: Database.Database): Statements {
  const kept = new Map<string, Statement>()

  function keep(text: string, statement: Statement): Statement {
    kept.delete(text)
    kept.set(text, statement)
    const [oldest] = kept.keys()
    if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    return statement
  }

  return {
    prepare(text) {
      const known = kept.get(text)
      if (!known) return keep(text, connection.prepare(text))
      // The shape of rows is the statement's own state; whoever asks anew expects objects.
      return keep(text, known.reader ? known.raw(false) : known)
    },
  }
}
