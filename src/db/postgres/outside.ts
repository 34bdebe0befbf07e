import type pg from "pg"
import type { Place } from "../place.ts"
import type { Queries, QueryAnswer, QueryQuestion } from "../sql.ts"
import { hiddenColumnsNote, parametersIn, withoutComments } from "../sql-text.ts"
import { tableColumns } from "../tables.ts"
import { driver } from "./driver.ts"
import { type Reader, readerOf } from "./reader.ts"
import { quoted, readUrl } from "./server.ts"
import { codeOf } from "./trouble.ts"

/** How long a question may take, and how much longer its answer may be on its way, in milliseconds. */
const longest = 2_000
const grace = 500
const rowsAtOnce = 100
/** Characters of all values of an answer, and bytes of what may come for them. */
const mostCharacters = 5_000_000
const mostBytes = 16_000_000

const onlySelect = "Only a SELECT on the tables can be asked here; it changes nothing and reads nothing else."
/** What reaches beyond the tables, as a plan names it. */
const beyond =
  /\b(pg_(?!typeof|catalog)\w+|set_config|current_setting|\w*_to_xml\w*|lo_\w+|dblink\w*|nextval|setval|query_to_\w+)\(/i

/** An expected "no", thrown to end a question. */
class Refused extends Error {}

/** As `openQueries`, on Postgres: as a role that may only SELECT, in a transaction that only reads, for at most two seconds. */
export function openOutside(place: Place & { engine: "postgres" }, hidden: string[]): Queries {
  let reader: Promise<Reader> | null = null
  let idle: pg.Client | null = null
  let isClosed = false

  async function connect(): Promise<pg.Client> {
    reader ??= readerOf(place.url, hidden)
    const found = await reader
    // Whoever keeps the server may have allowed it meanwhile.
    if (found.kind === "refused") reader = null
    if (found.kind === "refused") throw new Refused(found.reason)
    const { config, schema } = readUrl(found.url)
    const client = new (driver().Client)({ ...config, types: { getTypeParser: plainParser } })
    client.on("error", () => {})
    await client.connect()
    await client.query(`SET search_path TO ${quoted(schema)}`)
    return client
  }

  return {
    async ask(text, limit, parameters = {}) {
      let client: pg.Client | null = null
      try {
        client = idle ?? (await connect())
        idle = null
        const answer = await answerOn(client, { text, limit, parameters, hidden })
        // Whatever the question left in the session goes: settings, locks, prepared statements.
        await client.query("DISCARD ALL")
        await client.query(`SET search_path TO ${quoted(readUrl(place.url).schema)}`)
        if (idle || isClosed) await client.end()
        else idle = client
        return answer
      } catch (error) {
        client?.end().catch(() => {})
        return { kind: "refused", reason: explain(error, text, hidden) }
      }
    },
    close() {
      isClosed = true
      idle?.end().catch(() => {})
      idle = null
    },
  }
}

type Question = Pick<QueryQuestion, "text" | "limit" | "parameters" | "hidden">

async function answerOn(client: pg.Client, question: Question): Promise<QueryAnswer> {
  const { text, values } = numbered(question)
  const stop = watch(client)
  try {
    await client.query(`BEGIN READ ONLY; SET LOCAL statement_timeout TO ${longest}`)
    const reads = await tablesRead(client, text, values, question.hidden)
    await ask(client, `DECLARE answer NO SCROLL CURSOR FOR ${text}`, values)
    const answer = await fetchRows(client, question.limit)
    await client.query("ROLLBACK")
    return { kind: "rows", ...answer, reads }
  } catch (error) {
    const why = stop()
    if (why !== null) throw new Refused(why)
    await client.query("ROLLBACK").catch(() => {})
    throw error
  } finally {
    stop()
  }
}

/** The query with `$1` for `:name`, and what is bound to them. */
function numbered({ text, parameters }: Question): { text: string; values: unknown[] } {
  const names: string[] = []
  const bare = withoutComments(text).trim().replace(/;\s*$/, "")
  const asked = bare.replace(/('[^']*'|"[^"]*"|::)|:(\w+)/g, (all, kept: string | undefined, name: string) => {
    if (kept !== undefined) return all
    if (!Object.hasOwn(parameters, name)) {
      throw new Refused(`:${name} has no value here. Write the value itself into the query.`)
    }
    if (!names.includes(name)) names.push(name)
    return `$${names.indexOf(name) + 1}`
  })
  const unbound = parametersIn(bare).find((name) => !name.startsWith(":"))
  if (unbound) throw new Refused(`${unbound} has no value here. Write the value itself into the query.`)
  return { text: asked, values: names.map((name) => parameters[name] ?? null) }
}

/** Ends the connection when the answer takes too long or is too large. What it returns says why it did, if it did. */
function watch(client: pg.Client): () => string | null {
  let why: string | null = null
  let bytes = 0
  const stream = client.connection.stream
  const end = (reason: string) => {
    why = reason
    stream.destroy()
  }
  const timer = setTimeout(() => end(tooLong), 2 * longest + grace)
  const count = (data: Buffer) => {
    bytes += data.length
    if (bytes > mostBytes) end("One row is larger than 5 MB. Ask for fewer columns, or for substr(column, 1, 1000).")
  }
  stream.on("data", count)
  return () => {
    clearTimeout(timer)
    stream.off("data", count)
    return why
  }
}

const tooLong = `The query took longer than ${longest / 1000} s. Ask for less, or by an indexed column.`

/** The tables that a query reads, by its plan. Throws Refused where it reaches beyond them. */
async function tablesRead(client: pg.Client, text: string, values: unknown[], hidden: string[]): Promise<string[]> {
  const { rows } = await ask(client, `EXPLAIN (FORMAT JSON, VERBOSE) ${text}`, values)
  const plan = String(rows[0]?.[0] ?? "")
  const reached = beyond.exec(plan)?.[1]
  if (reached) throw new Refused(`${onlySelect} (${reached} is not to be used)`)
  const relations = [...plan.matchAll(/"Relation Name": "((?:[^"\\]|\\.)*)",\s*"Schema": "((?:[^"\\]|\\.)*)"/g)]
  const denied = relations.find(
    ([, name = "", schema = ""]) => /^pg_|^information_schema$/.test(schema) || hidden.includes(name),
  )
  if (denied) throw new Refused(`${onlySelect} (${denied[1]} is not to be read)`)
  return [...new Set(relations.map(([, name = ""]) => name))].toSorted()
}

async function fetchRows(
  client: pg.Client,
  limit: number,
): Promise<Pick<QueryAnswer & { kind: "rows" }, "columns" | "rows" | "isCut">> {
  const found: unknown[][] = []
  let characters = 0
  let columns: string[] = []
  while (found.length <= limit) {
    const { rows, fields } = await ask(
      client,
      `FETCH ${Math.min(rowsAtOnce, limit + 1 - found.length)} FROM answer`,
      [],
    )
    columns = fields.map(({ name }) => name)
    const twice = columns.find((name, i) => columns.indexOf(name) !== i)
    if (twice !== undefined) throw new Refused(`Two columns are called ${twice}. Name one of them with AS.`)
    for (const row of rows) {
      characters += row.reduce<number>((sum, value) => sum + String(value).length, 0)
      if (characters > mostCharacters) return { columns, rows: named(columns, found), isCut: true }
      found.push(row)
    }
    if (rows.length < rowsAtOnce) break
  }
  return { columns, rows: named(columns, found.slice(0, limit)), isCut: found.length > limit }
}

type Value = string | number | null

function named(columns: string[], rows: unknown[][]): Record<string, Value>[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, cell(row[i])])))
}

function cell(value: unknown): Value {
  return typeof value === "number" || value === null ? value : String(value)
}

/** One statement: several are refused by the protocol. */
function ask(client: pg.Client, text: string, values: unknown[]) {
  return client.query<unknown[]>({ text, values, rowMode: "array", queryMode: "extended" } as pg.QueryArrayConfig)
}

/** Numbers as numbers where they are exact, true and false as 1 and 0, and everything else as Postgres writes it. */
function plainParser(type: number): (text: string) => unknown {
  if (type === bytea) return (text) => `<${(text.length - 2) / 2} bytes>`
  if (type === boolean) return (text) => (text === "t" ? 1 : 0)
  if (!numbers.includes(type)) return (text) => text
  return (text) => (Number.isInteger(Number(text)) && !Number.isSafeInteger(Number(text)) ? text : Number(text))
}

const boolean = 16
const bytea = 17
/** Integers, floating points and decimals. */
const numbers = [20, 21, 23, 700, 701, 1700]

function explain(error: unknown, text: string, hidden: string[]): string {
  if (error instanceof Refused) return error.message
  const message = error instanceof Error ? error.message : String(error)
  switch (codeOf(error)) {
    case "57014":
      return tooLong
    case "42P01":
      return `${message}. The tables are ${shownTables(hidden)
        .map(({ name }) => name)
        .join(", ")}.`
    case "42703": {
      const asked = shownTables(hidden).filter(({ name }) => new RegExp(`\\b${name}\\b`, "i").test(text))
      return [`${message}.`, ...asked.map(({ name, columns }) => `${name} has ${columns.join(", ")}.`)].join(" ")
    }
    case "42501":
    case "25006":
      return `${onlySelect} (${message})${hiddenColumnsNote(text, hidden)}`
    default:
      if (/multiple commands/.test(message)) {
        return "Only one statement can be asked at a time. Ask the second one by itself."
      }
      return /syntax error/.test(message) ? `${message}. ${onlySelect} The database is Postgres.` : message
  }
}

function shownTables(hidden: string[]): { name: string; columns: string[] }[] {
  return [...tableColumns]
    .map(([name, columns]) => ({
      name,
      columns: columns.map((column) => column.name).filter((column) => !hidden.includes(`${name}.${column}`)),
    }))
    .filter(({ name }) => !hidden.includes(name) && !name.includes("_"))
}
