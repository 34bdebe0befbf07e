import { createHash } from "node:crypto"
import pg from "pg"
import { isGone } from "./trouble.ts"
import { parsers, type Server, type Wire, wireValue } from "./wire.ts"

/** How many connections read at once in one process. */
const readers = 6
/** How long a connection may take to come about, in milliseconds. */
const longestConnect = 10_000
/** How long an answer may be on its way, in milliseconds. A machine that is cut off is told nothing: its questions just stay without
 * an answer. */
const longestSilence = 20_000
/** From how many times on a statement is kept ready on the server, and how many are. */
const keptFrom = 3
const mostKept = 300

/** A Postgres by its URL. `?schema=NAME` names another schema than the user's own. Nothing is connected before it is needed. */
export function openServer(url: string): Server {
  const { config, schema, label } = readUrl(url)
  const kept = keepNames()
  const settings = [
    `SET search_path TO ${quoted(schema)}`,
    "SET TimeZone TO 'UTC'",
    // A machine that is cut off in the middle of a transaction must not hold up the others.
    "SET idle_in_transaction_session_timeout TO '10s'",
    "SET lock_timeout TO '10s'",
    "SET tcp_user_timeout TO '15s'",
  ]
  const forReading = ["SET default_transaction_read_only TO on", "SET plan_cache_mode TO force_custom_plan"]
  const pool = new pg.Pool({
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
    const client = new pg.Client(config)
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
    listen: (channel, heard) => listen(config, channel, heard),
    async close() {
      await Promise.allSettled([pool.end(), writer?.client.end()])
      writer = null
    },
  }
}

/** What a URL says, and how it is told to people: without the password. Throws TypeError where it is none. */
export function readUrl(url: string): { config: pg.ClientConfig; schema: string; label: string } {
  const parsed = new URL(url)
  const schema = parsed.searchParams.get("schema") ?? "public"
  parsed.searchParams.delete("schema")
  const config: pg.ClientConfig = {
    connectionString: parsed.href,
    connectionTimeoutMillis: longestConnect,
    query_timeout: longestSilence,
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
  return parsers[type] ?? pg.types.getTypeParser(type, format)
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
    async run(text, longest) {
      await client.query(longest === undefined ? { text } : withTimeout(text, longest))
    },
  }
}

/** The types of pg know of no timeout of a single query. */
function withTimeout(text: string, longest: number): pg.QueryConfig {
  const query: pg.QueryConfig & { query_timeout: number } = { text, query_timeout: longest }
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

/** A connection of its own that is told of commits, and comes back when it was lost. */
function listen(config: pg.ClientConfig, channel: string, heard: () => void): { stop(): void } {
  let client: pg.Client | null = null
  let again: NodeJS.Timeout | null = null
  let isStopped = false

  async function start(): Promise<void> {
    const one = new pg.Client(config)
    client = one
    one.on("error", () => {})
    one.on("end", () => {
      if (isStopped) return
      again = setTimeout(start, 1_000)
      again.unref()
    })
    one.on("notification", heard)
    try {
      await one.connect()
      await one.query(`LISTEN ${quoted(channel)}`)
      // What was committed while nobody listened.
      heard()
    } catch (error) {
      if (!isGone(error)) isStopped = true
    }
  }
  void start()
  return {
    stop() {
      isStopped = true
      if (again) clearTimeout(again)
      client?.end().catch(() => {})
    },
  }
}
