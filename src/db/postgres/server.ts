import { createHash } from "node:crypto"
import type pg from "pg"
import { driver } from "./driver.ts"
import { listen } from "./listen.ts"
import { parsers, type Server, type Wire, wireValue } from "./wire.ts"

/** How many connections read at once in one process. */
const readers = 6

/** How long what is waited for may take, in milliseconds. */
export type Times = {
  /** A connection, to come about. */
  connect: number
  /** An answer, on its way. A machine that is cut off is told nothing: its questions just stay without an answer. */
  silence: number
  /** The next statement of a transaction, after which the server ends it: a machine that is cut off in the middle of one must not hold
   * up the others. */
  idle: number
  /** A lock. */
  lock: number
  /** From one question to the next whether the connection that is told of commits still stands. */
  pulse: number
}
const usual: Times = { connect: 10_000, silence: 20_000, idle: 10_000, lock: 10_000, pulse: 15_000 }

/** From how many times on a statement is kept ready on the server, and how many are. */
const keptFrom = 3
const mostKept = 300

/** A Postgres by its URL. `?schema=NAME` names another schema than the user's own. Nothing is connected before it is needed. */
export function openServer(url: string, times: Times = usual): Server {
  const { config, schema, label } = readUrl(url, times)
  const kept = keepNames()
  const settings = [
    `SET search_path TO ${quoted(schema)}`,
    "SET TimeZone TO 'UTC'",
    `SET idle_in_transaction_session_timeout TO ${times.idle}`,
    `SET lock_timeout TO ${times.lock}`,
    "SET tcp_user_timeout TO '15s'",
    // What is acknowledged is on the disk, also where the server's own programs do not ask for that.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
  ]
  const forReading = ["SET default_transaction_read_only TO on", "SET plan_cache_mode TO force_custom_plan"]
  const pool = new (driver().Pool)({
    ...config,
    max: readers,
    idleTimeoutMillis: 30_000,
    allowExitOnIdle: true,
    async onConnect(client) {
      await client.query([...settings, ...forReading].join(";"))
      // Who reads aside may be ended; not every system can tell the server so.
      await client.query("SET client_connection_check_interval TO '2s'").catch(() => {})
    },
  })
  // A connection that is lost while nobody uses it is replaced by the next question.
  pool.on("error", () => {})
  let writer: Writer | null = null

  async function connect(): Promise<pg.Client> {
    const client = new (driver().Client)(config)
    client.on("error", () => {})
    client.on("end", () => {
      if (writer?.client === client) writer = null
    })
    await client.connect()
    await client.query(settings.join(";"))
    return client
  }

  return {
    label,
    schema,
    reading: wireOf(pool, kept),
    async snapshot(work) {
      const client = await pool.connect()
      try {
        await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return await work(wireOf(client, () => undefined))
      } finally {
        // Whatever stands in it, it is not given to the next one.
        client.release(true)
      }
    },
    async takeWriter() {
      const taken: Writer = writer ?? (await connect().then((client) => ({ client, wire: wireOf(client, kept) })))
      const { client, wire } = taken
      writer = taken
      return {
        wire,
        release(isBroken) {
          if (!isBroken) return
          if (writer?.client === client) writer = null
          client.end().catch(() => {})
        },
      }
    },
    listen: (channel, heard) => listen(config, channel, heard, times.pulse),
    async close() {
      await Promise.allSettled([pool.end(), writer?.client.end()])
      writer = null
    },
  }
}

/** What a URL says, and how it is told to people: without the password. Throws TypeError where it is none. */
export function readUrl(url: string, times: Times = usual): { config: pg.ClientConfig; schema: string; label: string } {
  const parsed = new URL(url)
  const schema = parsed.searchParams.get("schema") ?? "public"
  parsed.searchParams.delete("schema")
  const config: pg.ClientConfig = {
    connectionString: parsed.href,
    connectionTimeoutMillis: times.connect,
    query_timeout: times.silence,
    keepAlive: true,
    application_name: "small giant",
    types: { getTypeParser: typeParser },
  }
  const label = `postgres://${parsed.host}${parsed.pathname}${schema === "public" ? "" : ` (${schema})`}`
  return { config, schema, label }
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function typeParser(type: number, format?: "text" | "binary") {
  return parsers[type] ?? driver().types.getTypeParser(type, format)
}

type Writer = { client: pg.Client; wire: Wire }
type Client = pg.ClientBase | pg.Pool

function wireOf(client: Client, nameOf: (text: string) => string | undefined): Wire {
  return {
    async ask<Row>(text: string, values: unknown[], shape: "objects" | "lists") {
      const name = nameOf(text)
      const query = { text, values: values.map(wireValue), ...(name && { name }) }
      // What the columns are, only the query's author knows.
      if (shape === "objects") return (await client.query(query)).rows as Row[]
      return (await client.query<unknown[]>({ ...query, rowMode: "array" })).rows as Row[]
    },
    async run<Row>(text: string, longest?: number) {
      // Of several statements there are several results, which the types of pg do not know.
      const results: pg.QueryResult | pg.QueryResult[] = await client.query(withTimeout(text, longest))
      return [results].flat().map(({ rows }) => rows as Row[])
    },
  }
}

/** The types of pg know of no timeout of a single query. */
function withTimeout(text: string, longest: number | undefined): pg.QueryConfig {
  const query: pg.QueryConfig & { query_timeout?: number } = { text, ...(longest && { query_timeout: longest }) }
  return query
}

/** Names for statements that come again and again, so that the server reads them only once. */
function keepNames(): (text: string) => string | undefined {
  const seen = new Map<string, number>()
  let named = 0
  return (text) => {
    const times = (seen.get(text) ?? 0) + 1
    if (times === keptFrom) named += 1
    if (times > keptFrom || (times === keptFrom && named <= mostKept)) {
      seen.set(text, times)
      return createHash("sha1").update(text).digest("hex")
    }
    if (seen.size < 5_000 && times < keptFrom) seen.set(text, times)
    return undefined
  }
}
