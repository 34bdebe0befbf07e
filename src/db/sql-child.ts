import { constants, DatabaseSync, type SQLOutputValue } from "node:sqlite"
import { Worker } from "node:worker_threads"
import type { QueryAnswer, QueryQuestion } from "./sql.ts"
import { hiddenColumnsNote, parametersIn, withoutComments } from "./sql-text.ts"

/** In milliseconds; whoever asked ends the process before. */
const longestAlone = 5_000

type Row = Record<string, string | number | null>

/** Characters of all values of an answer. */
const mostCharacters = 5_000_000
/** What a text can make SQLite build, with room for every honest question. */
const limits = {
  length: 4_000_000,
  sqlLength: 100_000,
  column: 100,
  exprDepth: 100,
  compoundSelect: 50,
  vdbeOp: 100_000,
  functionArg: 100,
  attach: 0,
  likePatternLength: 1_000,
  variableNumber: 100,
  triggerDepth: 0,
}

/** Ends this process should the one that asked be gone before it could. */
const watch = new Worker(
  `let end
  require("worker_threads").parentPort.on("message", (ms) => {
    clearTimeout(end)
    if (ms > 0) end = setTimeout(process.kill, ms, process.pid, 9)
  })`,
  { eval: true },
)
watch.unref()

/** A process of its own for SQL that came from outside the code, a question at a time: it can be killed, and its connections may only
 * SELECT. Whoever asked ends it. */
process.on("message", (question: QueryQuestion) => {
  watch.postMessage(longestAlone)
  process.send?.("started")
  process.send?.(answer(question))
  watch.postMessage(0)
})

function answer(question: QueryQuestion): QueryAnswer {
  const database = openDatabase(question.path)
  if (!database) return { kind: "refused", reason: "The database cannot be read. giant doctor says why." }
  const reads = new Set<string>()
  database.setAuthorizer((code, first, second) => {
    if (code === constants.SQLITE_READ && first) reads.add(first)
    return authorise(code, first, second, question.hidden)
  })
  try {
    const answer = select(database, question)
    return answer.kind === "rows" ? { ...answer, reads: [...reads].toSorted() } : answer
  } catch (error) {
    return {
      kind: "refused",
      reason: explain(error instanceof Error ? error.message : String(error), database, question),
    }
  } finally {
    database.close()
  }
}

function openDatabase(path: string): DatabaseSync | null {
  try {
    const location = path.startsWith("file:") ? new URL(path) : path
    return new DatabaseSync(location, { readOnly: true, timeout: 1_000, readBigInts: true, limits })
  } catch {
    return null
  }
}

type Selected = Omit<QueryAnswer & { kind: "rows" }, "reads"> | (QueryAnswer & { kind: "refused" })

function select(database: DatabaseSync, { text, limit, parameters }: QueryQuestion): Selected {
  const statement = database.prepare(text)
  if (withoutComments(text.slice(statement.sourceSQL.length)).replaceAll(";", "").trim() !== "") {
    return { kind: "refused", reason: "Only one statement can be asked at a time. Ask the second one by itself." }
  }
  const columns = statement.columns().map((column) => column.name)
  if (columns.length === 0) return { kind: "refused", reason: onlySelect }
  const twice = columns.find((name, i) => columns.indexOf(name) !== i)
  if (twice !== undefined) {
    return { kind: "refused", reason: `Two columns are called ${twice}. Name one of them with AS.` }
  }
  const unbound = parametersIn(statement.sourceSQL).find((name) => !Object.hasOwn(parameters, name.slice(1)))
  if (unbound) {
    return { kind: "refused", reason: `${unbound} has no value here. Write the value itself into the query.` }
  }
  const rows: Row[] = []
  let characters = 0
  for (const found of statement.iterate(parameters)) {
    if (rows.length === limit) return { kind: "rows", columns, rows, isCut: true }
    const row: Row = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, plain(value)]))
    characters += Object.values(row).reduce<number>((sum, value) => sum + String(value).length, 0)
    if (characters > mostCharacters && rows.length === 0) {
      return {
        kind: "refused",
        reason: "One row is larger than 5 MB. Ask for fewer columns, or for substr(column, 1, 1000).",
      }
    }
    if (characters > mostCharacters) return { kind: "rows", columns, rows, isCut: true }
    rows.push(row)
  }
  return { kind: "rows", columns, rows, isCut: false }
}

const onlySelect = "Only a SELECT on the tables can be asked here; it changes nothing and reads nothing else."
const dangerous = new Set(["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"])

function authorise(code: number, first: string | null, second: string | null, hidden: string[]): number {
  const { SQLITE_OK, SQLITE_DENY, SQLITE_SELECT, SQLITE_READ, SQLITE_FUNCTION, SQLITE_RECURSIVE, SQLITE_PRAGMA } =
    constants
  if (code === SQLITE_SELECT || code === SQLITE_RECURSIVE) return SQLITE_OK
  if (code === SQLITE_READ) return isHidden(hidden, first, second) ? SQLITE_DENY : SQLITE_OK
  if (code === SQLITE_FUNCTION) return second !== null && dangerous.has(second.toLowerCase()) ? SQLITE_DENY : SQLITE_OK
  // Full-text search asks this of itself.
  if (code === SQLITE_PRAGMA) return first === "data_version" && second === null ? SQLITE_OK : SQLITE_DENY
  return SQLITE_DENY
}

function isHidden(hidden: string[], table: string | null, column: string | null): boolean {
  return table !== null && (hidden.includes(table) || hidden.includes(`${table}.${column}`))
}

/** SQLite's words, and what to do. */
function explain(message: string, database: DatabaseSync, { hidden, text }: QueryQuestion): string {
  database.setAuthorizer(null)
  if (message.includes("not authorized") || message.includes("prohibited") || message.includes("denied")) {
    return `${onlySelect} (${message})${hiddenColumnsNote(text, hidden)}`
  }
  if (message.includes("no such table")) return `${message}. The tables are ${tablesOf(database, hidden).join(", ")}.`
  if (message.includes("no such column")) {
    const asked = tablesOf(database, hidden).filter((name) => new RegExp(`\\b${name}\\b`, "i").test(text))
    return [`${message}.`, ...asked.map((name) => `${name} has ${columnsOf(database, name, hidden).join(", ")}.`)].join(
      " ",
    )
  }
  if (message.includes("too big"))
    return `${message}. A value may have ${limits.length / 1e6} MB; ask for substr(column, 1, 1000).`
  return message
}

function tablesOf(database: DatabaseSync, hidden: string[]): string[] {
  const names = database.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%\\_%' ESCAPE '\\'",
  )
  return names.all().flatMap(({ name }) => (typeof name === "string" && !hidden.includes(name) ? [name] : []))
}

function columnsOf(database: DatabaseSync, table: string, hidden: string[]): string[] {
  const names = database.prepare("SELECT name FROM pragma_table_info(?)").all(table)
  return names.flatMap(({ name }) => (typeof name === "string" && !isHidden(hidden, table, name) ? [name] : []))
}

function plain(value: SQLOutputValue): string | number | null {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`
  if (typeof value !== "bigint") return value
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}
