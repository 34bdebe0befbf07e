import { dirname } from "node:path"
import Database from "better-sqlite3"
import { ownMigrations } from "../src/db/migrations.ts"
import { openServer } from "../src/db/postgres/server.ts"
import { openPostgresStore } from "../src/db/postgres/store.ts"
import type { Server } from "../src/db/postgres/wire.ts"
import { openStore as open, type Store } from "../src/db/store.ts"
import { openPglite } from "./postgres/pglite.ts"

/** Which engine the tests of this process run on: SQLite, PGlite, or the Postgres at a URL. */
export const engine = process.env.GIANT_TEST_ENGINE ?? "sqlite"

/** Whether other processes may open the store of a test: nobody else gets at a PGlite. */
export const isShared = engine !== "pglite"

/** How another process opens a store. */
export function addressOf({ place }: Store): string {
  return place.engine === "sqlite" ? place.path : place.url
}

/** What another program does to a store's database, which knows nothing of Small Giant. */
export async function stranger(store: Store, text: string): Promise<void> {
  if (store.place.engine === "sqlite") {
    const connection = new Database(store.place.path)
    connection.exec(text)
    return void connection.close()
  }
  const server = serverOf(store.place.url)
  const { wire, release } = await server.takeWriter()
  await wire.run(`BEGIN READ WRITE; ${text}; COMMIT`)
  release(false)
  await server.close()
}

/** Takes the journal's triggers off the leads. */
export const withoutJournal =
  engine === "sqlite"
    ? "DROP TRIGGER journal_leads_update; DROP TRIGGER journal_leads_delete; DROP TRIGGER journal_leads_insert;"
    : "DROP TRIGGER giant_journal ON leads;"

const schemas = new Map<string, string>()

/** The store that a test names by a file: on SQLite in that file, otherwise in a schema that belongs to that name. */
export function openStore(
  path: string,
  clock: () => Date = () => new Date(),
  migrations: string = ownMigrations,
): Store {
  if (engine === "sqlite") return open(path, clock, migrations)
  const schema = / \((giant_\w+)\)$/.exec(path)?.[1] ?? schemas.get(path) ?? `giant_${process.pid}_${schemas.size}`
  schemas.set(path, schema)
  const home = dirname(path)
  const url = `${engine}${engine.includes("?") ? "&" : "?"}schema=${schema}`
  return openPostgresStore(serverOf(url), {
    ...{ home, clock, user: "giant", isReadOnly: false, migrations },
    place: { engine: "postgres", url, home },
  })
}

function serverOf(url: string): Server {
  if (engine !== "pglite") return withSchema(openServer(url))
  return openPglite(new URLSearchParams(url.split("?")[1]).get("schema") ?? "")
}

/** A server whose schema is made by whoever writes first. */
function withSchema(server: Server): Server {
  let made: Promise<unknown> | null = null
  return {
    ...server,
    async takeWriter() {
      const taken = await server.takeWriter()
      // Two processes that make it at the same moment meet in spite of IF NOT EXISTS.
      made ??= taken.wire.run(
        `DO $$ BEGIN CREATE SCHEMA IF NOT EXISTS "${server.schema}"; EXCEPTION WHEN unique_violation THEN NULL; END $$`,
      )
      await made
      return taken
    },
  }
}
