import { sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { ownMigrations } from "../../src/db/migrations.ts"
import type { Place } from "../../src/db/place.ts"
import { openServer } from "../../src/db/postgres/server.ts"
import { openPostgresStore } from "../../src/db/postgres/store.ts"
import { DatabaseUnusable } from "../../src/db/sqlite.ts"
import { openStore, openStoreReadOnly, type Store } from "../../src/db/store.ts"
import { versionWith } from "../db/versions.ts"
import { as, asSuperuser, newFolder, newPlace, serverUrl } from "./databases.ts"

type PostgresPlace = Place & { engine: "postgres" }

async function whyNot(
  place: PostgresPlace,
  open: (place: PostgresPlace) => Store = (place) => openStore(place),
): Promise<DatabaseUnusable> {
  const store = open(place)
  try {
    await store.opened()
    throw new Error("It was opened.")
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error
    return error
  } finally {
    await store.close()
  }
}

const at = (url: string): PostgresPlace => ({ engine: "postgres", url, home: newFolder() })

test("what is no URL is refused without being repeated", () => {
  expect(() => openStore(at("postgres://ada:s3cret@[broken"))).toThrow(/URL is none/)
  expect(() => openStore(at("postgres://ada:s3cret@[broken"))).not.toThrow(/s3cret/)
})

test("where nothing answers, one sentence says so, without the password", async () => {
  const error = await whyNot(at("postgres://ada:s3cret@127.0.0.1:1/leads"))
  expect(error.message).toBe("No Postgres answers at postgres://127.0.0.1:1/leads.")
  expect(JSON.stringify([error.message, error.hint])).not.toContain("s3cret")
})

describe.runIf(serverUrl)("a server", () => {
  test("a database that is not there is told", async () => {
    const place = await newPlace()
    const error = await whyNot(at(`${place.url}_missing`))
    expect(error.message).toMatch(/^There is no database at postgres:/)
  })

  test("a user without rights is told, and nothing was made", async () => {
    const place = await newPlace()
    await asSuperuser("DROP ROLE IF EXISTS giant_nobody")
    await asSuperuser("CREATE ROLE giant_nobody LOGIN PASSWORD 'x'")
    await asSuperuser("REVOKE CREATE ON SCHEMA public FROM PUBLIC", place.url)
    const error = await whyNot(as(place, "giant_nobody", "x"))
    expect(error.message).toMatch(/^The user giant_nobody may not make tables in/)
    expect(await tablesIn(place)).toEqual([])
  })

  test("a user whom the server does not know is told", async () => {
    const place = await newPlace()
    const error = await whyNot(as(place, "giant_unknown", "s3cret"))
    expect(error.message).toMatch(/does not let the user giant_unknown in/)
  })

  test("another program's database is refused and left as it was", async () => {
    const place = await newPlace()
    await asSuperuser("CREATE TABLE recipes (id int)", place.url)
    expect((await whyNot(place)).message).toMatch(/belongs to another program/)
    expect(await tablesIn(place)).toEqual(["recipes"])
  })

  test("a schema of its own stands beside another program's, or is missed", async () => {
    const place = await newPlace()
    await asSuperuser("CREATE TABLE recipes (id int)", place.url)
    const own = { ...place, url: `${place.url}?schema=giant` }
    expect((await whyNot(own)).message).toMatch(/There is no schema giant/)
    await asSuperuser("CREATE SCHEMA giant", place.url)
    const store = openStore(own)
    await store.opened()
    expect(await store.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 0 }])
    await store.close()
    expect(await tablesIn(place)).toEqual(["recipes"])
  })

  test("a newer database is refused, and an older one by whoever only reads", async () => {
    const place = await newPlace()
    const store = openStore(place)
    await store.opened()
    await store.close()
    const next = versionWith(["ALTER TABLE leads ADD COLUMN nickname text"])
    expect((await whyNot(place, (at) => openStoreReadOnly(at, next))).message).toMatch(/written by an older version/)
    await asSuperuser("UPDATE small_giant SET version = 9999", place.url)
    expect((await whyNot(place)).message).toMatch(/written by a newer version/)
    expect((await whyNot(place, openStoreReadOnly)).message).toMatch(/written by a newer version/)
    await asSuperuser("UPDATE small_giant SET version = 0", place.url)
    expect((await whyNot(place, openStoreReadOnly)).message).toMatch(/There is no Small Giant in/)
    expect(await asSuperuser("SELECT version FROM small_giant", place.url)).toEqual([{ version: "0" }])
  })

  test("a program at work ends when a newer one brings its database up to date", async () => {
    const place = await newPlace()
    const store = openPostgresStore(openServer(place.url), {
      ...{ place, home: place.home, user: "giant", clock: () => new Date(), isReadOnly: false },
      ...{ migrations: ownMigrations, lookAgainEvery: 0 },
    })
    // Who asks for the time before the tables are made is told it.
    store.now()
    await store.opened()
    store.now()
    expect(await store.rows(sql`SELECT 1 AS one`)).toEqual([{ one: 1 }])
    const newer = openStore(place, undefined, versionWith(["ALTER TABLE leads ADD COLUMN nickname text"]))
    await newer.opened()
    await expect
      .poll(async () => {
        store.now()
        return store.rows(sql`SELECT 1 AS one`).then(String, String)
      })
      .toMatch(/was written by a newer version of Small Giant/)
    await expect(store.write(async () => {})).rejects.toThrow(/newer version/)
    await Promise.all([store.close(), newer.close()])
  })

  test("who opened it to read cannot write, not even by SQL", async () => {
    const place = await newPlace()
    const store = openStore(place)
    await store.opened()
    const reader = openStoreReadOnly(place)
    await expect(reader.write(async () => {})).rejects.toThrow(/opened only to be read/)
    await expect(reader.rows(sql`DELETE FROM leads RETURNING id`)).rejects.toThrow(/read-only transaction/)
    await expect(store.rows(sql`DELETE FROM leads RETURNING id`)).rejects.toThrow(/read-only transaction/)
    await Promise.all([store.close(), reader.close()])
  })

  test("ten machines that open an empty database at once make its tables once", async () => {
    const place = await newPlace()
    const stores = Array.from({ length: 10 }, () => openStore(place))
    await Promise.all(stores.map((store) => store.opened()))
    await Promise.all(stores.map((store) => store.close()))
    expect(await asSuperuser("SELECT count(*)::int AS n FROM small_giant", place.url)).toEqual([{ n: 1 }])
  })
})

async function tablesIn(place: PostgresPlace): Promise<unknown[]> {
  const rows = await asSuperuser(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'public' AND relkind = 'r' ORDER BY 1",
    place.url,
  )
  return rows.map(({ relname }) => relname)
}
