import { setTimeout as sleep } from "node:timers/promises"
import { fillPlaceholders, type Query, type SQL } from "drizzle-orm"
import type { Values } from "../rows.ts"
import { DatabaseUnusable } from "../sqlite.ts"
import { type Db, OpenedToRead, type Store } from "../store.ts"
import { beginSql } from "./begin.ts"
import { openBulk } from "./bulk.ts"
import { asDb, written } from "./dialect.ts"
import { migrate, refuseOthers } from "./migrate.ts"
import { openNews } from "./news.ts"
import { openQueue } from "./queue.ts"
import { receiveRows } from "./receive.ts"
import { bare, DatabaseAway, isGone, unusable } from "./trouble.ts"
import { postgresUpkeep } from "./upkeep.ts"
import type { Server, Wire } from "./wire.ts"

/** Kinds of changes that may be of any number of rows. */
const ofManyRows = ["import", "undo"]
/** For how long a read waits for the server to be there again, in milliseconds. */
const patience = 90_000
/** How often the server is asked for its time, and whether a newer version has changed the tables, in milliseconds. */
const lookAgainEvery = 60_000
/** Clocks that differ by less are the same, in milliseconds. */
const leastAhead = 1_000
const leastPause = 100
/** How much rarer one looks for news than where nobody tells of them. */
const rarer = 5

export type PostgresOptions = {
  home: string
  place: Store["place"]
  /** Who is let in, for what is said where they are not. */
  user: string
  clock: () => Date
  isReadOnly: boolean
  migrations: string
  /** In milliseconds; otherwise a minute. */
  lookAgainEvery?: number
}

/** The store on a Postgres. It answers at once; whatever is asked of it waits until the database is open, and is refused with
 * DatabaseUnusable where it cannot be. */
export function openPostgresStore(server: Server, options: PostgresOptions): Store {
  const { label } = server
  const schema = `"${server.schema.replaceAll('"', '""')}"`
  const channel = `giant ${server.schema}`
  const isMoving = options.place.engine === "postgres" && options.place.isMoving === true
  const names = { label, schema, name: server.schema, isMoving, migrations: options.migrations }
  const reading = patient(server.reading)
  const queue = openQueue(server, channel)
  const news = openNews(server, channel)
  const built = new WeakMap<SQL, Query>()
  /** How much later it is at the server than here, in milliseconds. */
  let ahead = 0
  let asked = performance.now()
  /** Why nothing can be done here any more. */
  let refused: DatabaseUnusable | null = null

  const opened = open()
  opened.catch(() => {})

  async function open(): Promise<void> {
    try {
      if (options.isReadOnly) await refuseOthers(server.reading, names)
      else {
        const { wire, release } = await server.takeWriter()
        try {
          await migrate(wire, names)
        } finally {
          release(false)
        }
      }
      await readClock()
    } catch (error) {
      throw unusable(error, label, options.user)
    }
  }

  async function readClock(): Promise<void> {
    const [at] = await server.reading.ask<{ ms: number }>(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms",
      [],
      "objects",
    )
    const found = (at?.ms ?? 0) - Date.now()
    ahead = Math.abs(found) < leastAhead ? 0 : found
  }

  /** A program that is already at work when a newer one brings the tables up to date does not go on in them. */
  async function lookAgain(): Promise<void> {
    try {
      await opened
      await readClock()
      await refuseOthers(server.reading, names)
    } catch (error) {
      // A server that is away is noticed by whoever asks it for something.
      if (error instanceof DatabaseUnusable) refused = error
    }
  }

  /** Reads are asked again where the connection is lost. */
  function patient(wire: Wire): Wire {
    return {
      run: wire.run,
      async ask(text, values, shape) {
        await opened
        if (refused) throw refused
        const deadline = performance.now() + patience
        for (;;) {
          try {
            return await wire.ask(text, values, shape)
          } catch (error) {
            if (!isGone(error)) throw error
            if (performance.now() > deadline) throw new DatabaseAway(label, patience / 1_000)
            await sleep(200)
          }
        }
      },
    }
  }

  function askOn<Row>(wire: Wire, query: SQL, values: Values, shape: "objects" | "lists"): Promise<Row[]> {
    const { sql, params } = built.get(query) ?? keep(query)
    return wire.ask<Row>(sql, fillPlaceholders(params, values), shape)
  }

  function keep(query: SQL): Query {
    const once = written(query)
    built.set(query, once)
    return once
  }

  const readingDb = dbOf(reading)

  type How = Parameters<typeof queue.add>[1]

  async function write<T>(work: Parameters<typeof queue.add<T>>[0], how: How = {}): Promise<T> {
    if (options.isReadOnly) throw new OpenedToRead(label)
    await opened
    if (refused) throw refused
    return queue.add(work, how)
  }

  return {
    path: label,
    home: options.home,
    place: options.place,
    upkeep: postgresUpkeep(server),
    opened: () => opened,
    now() {
      if (performance.now() - asked > (options.lookAgainEvery ?? lookAgainEvery)) {
        asked = performance.now()
        void lookAgain()
      }
      return new Date(options.clock().getTime() + ahead)
    },
    read: (work) =>
      work(readingDb).catch((error: unknown) => {
        throw bare(error)
      }),
    rows: (query, values = {}) => askOn(reading, query, values, "objects"),
    lists: (query, values = {}) => askOn(reading, query, values, "lists"),
    write: (work) => write((wire) => work(dbOf(wire))),
    jot: (work) => write((wire) => work(dbOf(wire)), { isRelaxed: true }),
    claim: (work) => write((wire) => work(dbOf(wire)), { isBeside: true }),
    receive: (table, columns, rows) => write((wire) => receiveRows(wire, table, columns, rows), { alone: true }),
    async snapshot(work) {
      await opened
      return server.snapshot((wire) =>
        work({
          rows: (query, values = {}) => askOn(wire, query, values, "objects"),
          lists: (query, values = {}) => askOn(wire, query, values, "lists"),
        }),
      )
    },
    change: (author, work) =>
      write((wire, { id }) => work(dbOf(wire), id), {
        alone: ofManyRows.includes(author.kind),
        begin: () => beginSql(author, options.clock()),
        end: ({ id, is_new }) => `SELECT giant_end(${id}, ${is_new})`,
      }),
    load: () => ({
      setIndexesAside: async () => false,
      committed: async () => {},
      // What is where, the planner would otherwise learn a minute later, and sort whole tables until then.
      end: () => write(async (wire) => void (await wire.run("ANALYZE leads, companies, identities, facts, changes"))),
    }),
    async news(every) {
      // Where much is committed, one looks no more often than this.
      await Promise.all([news.next(every * rarer), sleep(Math.min(every, leastPause))])
    },
    async close() {
      await opened.catch(() => {})
      await queue.drained()
      news.stop()
      await server.close()
    },
  }
}

const known = new WeakMap<Wire, Db>()

/** One for each connection, for whoever keeps queries by it. */
function dbOf(wire: Wire): Db {
  const db = known.get(wire) ?? asDb(wire, openBulk(wire))
  known.set(wire, db)
  return db
}
