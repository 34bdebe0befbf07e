import { constants, DatabaseSync, type SQLOutputValue } from "node:sqlite"
import type { QueryAnswer, QueryQuestion } from "./sql.ts"

/** A process of its own for SQL that came from outside the code: it can be killed, and its connection may only SELECT. */
process.once("message", (question: QueryQuestion) => {
  process.send?.(answer(question), () => process.exit(0))
})

function answer({ path, text, limit, hidden }: QueryQuestion): QueryAnswer {
  try {
    const database = new DatabaseSync(path, { readOnly: true, timeout: 2_000 })
    database.setAuthorizer((code, first, second) => authorise(code, first, second, hidden))
    const statement = database.prepare(text)
    const columns = statement.columns().map((column) => column.name)
    if (columns.length === 0) return { kind: "refused", reason: "Only a SELECT can be asked here." }
    const rows: Record<string, string | number | null>[] = []
    for (const row of statement.iterate()) {
      if (rows.length === limit) return { kind: "rows", columns, rows, isCut: true }
      rows.push(Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)])))
    }
    return { kind: "rows", columns, rows, isCut: false }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const isDenied = message.includes("not authorized") || message.includes("prohibited")
    return {
      kind: "refused",
      reason: isDenied ? `Only a SELECT on the tables can be asked here (${message}).` : message,
    }
  }
}

const dangerous = new Set(["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"])

function authorise(code: number, first: string | null, second: string | null, hidden: string[]): number {
  const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE } = constants
  if (code === SQLITE_SELECT || code === SQLITE_RECURSIVE) return SQLITE_OK
  if (code === SQLITE_READ) return first !== null && hidden.includes(first) ? SQLITE_DENY : SQLITE_OK
  if (code === SQLITE_FUNCTION) return second !== null && dangerous.has(second.toLowerCase()) ? SQLITE_DENY : SQLITE_OK
  return SQLITE_DENY
}

function plain(value: SQLOutputValue): string | number | null {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`
  return typeof value === "bigint" ? String(value) : value
}
