import { PGlite } from "@electric-sql/pglite"
import { parsers, type Server, type Wire, wireValue } from "../../src/db/postgres/wire.ts"

/** The Postgres of this process. It has one connection, so whoever asks waits for a transaction to end. */
let database: Promise<PGlite> | null = null
let last: Promise<void> = Promise.resolve()
let searched = ""

/** A schema of a Postgres within this process. It is made if it is missing. */
export function openPglite(schema: string): Server {
  const name = `"${schema}"`
  const made = take(async (pglite) => pglite.exec(`BEGIN READ WRITE; CREATE SCHEMA IF NOT EXISTS ${name}; COMMIT`))
  let wire: Wire | null = null
  const there = async (pglite: PGlite) => {
    if (searched !== schema) await pglite.exec(`SET search_path TO ${name}`)
    searched = schema
    wire ??= wireOf(pglite)
    return wire
  }
  return {
    label: `PGlite (${schema})`,
    schema,
    reading: {
      ask: async (...question) => {
        await made
        return take(async (pglite) => (await there(pglite)).ask(...question))
      },
      run: async (text) => {
        await made
        return take(async (pglite) => (await there(pglite)).run(text))
      },
    },
    async snapshot(work) {
      await made
      return take(async (pglite) => work(await there(pglite)))
    },
    async takeWriter() {
      await made
      const { promise: done, resolve: release } = Promise.withResolvers<void>()
      const { promise: taken, resolve: begin } = Promise.withResolvers<Wire>()
      take(async (pglite) => {
        begin(await there(pglite))
        await done
      })
      return { wire: await taken, release: () => release() }
    },
    listen(channel, heard) {
      const listening = take((pglite) => pglite.listen(channel, heard))
      return { stop: () => void listening.then((stop) => stop()) }
    },
    close: async () => {},
  }
}

/** Waits for its turn at the one connection. */
function take<T>(work: (pglite: PGlite) => Promise<T>): Promise<T> {
  database ??= start()
  const taken = Promise.all([database, last]).then(([pglite]) => work(pglite))
  last = taken.then(
    () => {},
    () => {},
  )
  return taken
}

async function start(): Promise<PGlite> {
  const pglite = await PGlite.create({ parsers })
  await pglite.exec("SET TimeZone TO 'UTC'; SET default_transaction_read_only TO on; SET synchronous_commit TO off")
  return pglite
}

function wireOf(pglite: PGlite): Wire {
  return {
    async ask<Row>(text: string, values: unknown[], shape: "objects" | "lists") {
      const { rows } = await pglite.query<Row>(text, values.map(wireValue), {
        rowMode: shape === "lists" ? "array" : "object",
      })
      return rows
    },
    async run<Row>(text: string) {
      return (await pglite.exec(text)).map(({ rows }) => rows as Row[])
    },
  }
}
