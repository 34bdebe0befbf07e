import { DrizzleQueryError } from "drizzle-orm"
import { DatabaseUnusable } from "../sqlite.ts"

/** The database could not be reached for longer than a write waits, or was lost in the middle of one that is not done again. */
export class DatabaseAway extends Error {
  readonly code = "database_away"
  readonly hint = "See that the server runs and can be reached, then do it again. What was saved before is safe."
  constructor(label: string, seconds: number | null) {
    super(`${label} ${seconds === null ? "was lost in the middle of it" : `could not be reached for ${seconds} s`}.`)
  }
}

/** An error as Postgres or the network gave it: drizzle wraps it in one that tells the query with all its values. */
export function bare(error: unknown): unknown {
  return error instanceof DrizzleQueryError && error.cause ? error.cause : error
}

/** What Postgres or the network calls an error; null where it is none of theirs. */
export function codeOf(wrapped: unknown): string | null {
  const error = bare(wrapped)
  const code = error instanceof Error && "code" in error ? error.code : null
  return typeof code === "string" ? code : null
}

/** Whether the connection is lost, and not the question wrong: the same may be asked again on another. */
export function isGone(wrapped: unknown): boolean {
  const error = bare(wrapped)
  const code = codeOf(error) ?? ""
  // Shut down, crashed, starting, and a transaction that stood idle for too long.
  if (code.startsWith("08") || ["57P01", "57P02", "57P03", "25P03", "57P05", "53300"].includes(code)) return true
  if (["ECONNRESET", "ECONNREFUSED", "ECONNABORTED", "EPIPE", "ETIMEDOUT"].includes(code)) return true
  // A machine without a network knows no other's name either.
  if (["EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "EADDRNOTAVAIL"].includes(code)) return true
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) return true
  return goneWords.test(error instanceof Error ? error.message : "")
}

/** What the driver says without a code: the second and third where a connection takes too long to come about. */
const goneWords =
  /^Connection terminated|^timeout expired|^timeout exceeded when trying to connect|not queryable|^Query read timeout|Client was closed/

/** Whether two transactions stood in each other's way, so that this one can be done again: a lock that was waited for too long may be
 * that of a machine which was cut off, and whose transaction the server is about to end. */
export function isInTheWay(error: unknown): boolean {
  return ["40001", "40P01", "55P03"].includes(codeOf(error) ?? "")
}

/** What is wrong with a database that cannot be opened, in words. */
export function unusable(error: unknown, label: string, user: string): unknown {
  if (error instanceof DatabaseUnusable) return error
  const code = codeOf(error) ?? ""
  const untouched = "Nothing was changed."
  if (["ENOTFOUND", "EAI_AGAIN"].includes(code)) {
    return new DatabaseUnusable(
      `There is no machine of the name in ${label}.`,
      `Correct the database's URL. ${untouched}`,
    )
  }
  if (code.startsWith("28")) {
    return new DatabaseUnusable(
      `${label} does not let the user ${user} in.`,
      `Correct user and password in the database's URL, or let that user in. ${untouched}`,
    )
  }
  if (code === "3D000") {
    return new DatabaseUnusable(
      `There is no database at ${label}.`,
      "Make it (createdb), or correct the database's URL.",
    )
  }
  if (code === "42501") {
    return new DatabaseUnusable(
      `The user ${user} may not make tables in ${label}.`,
      `Make that user the database's owner, or GRANT CREATE, USAGE ON SCHEMA to it. ${untouched}`,
    )
  }
  if (isGone(error)) {
    return new DatabaseUnusable(
      `No Postgres answers at ${label}.`,
      `See that it runs and can be reached from here, or correct the database's URL. ${untouched}`,
    )
  }
  const why = error instanceof Error ? error.message : String(error)
  return new DatabaseUnusable(`${label} cannot be used (${why}).`, `Correct the database's URL. ${untouched}`)
}
