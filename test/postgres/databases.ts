import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import pg from "pg"
import { type Place, placeOf } from "../../src/db/place.ts"

/** A Postgres whose databases tests may fill; null where none is named. */
export const serverUrl = process.env.GIANT_TEST_DATABASE_URL ?? null

let made = 0

/** A place in a database of its own. */
export async function newPlace(): Promise<Place & { engine: "postgres" }> {
  made += 1
  const name = `giant_test_${process.pid}_${made}`
  await asSuperuser(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
  await asSuperuser(`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`)
  const url = new URL(serverUrl ?? "")
  url.pathname = `/${name}`
  return { engine: "postgres", url: url.href, home: newFolder() }
}

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "giant-postgres-test-"))
}

export async function asSuperuser(text: string, url = serverUrl ?? ""): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** The same place for another user. */
export function as(place: Place & { engine: "postgres" }, user: string, password = ""): Place & { engine: "postgres" } {
  const url = new URL(place.url)
  url.username = user
  url.password = password
  return { ...place, url: url.href }
}

export const file = (folder: string) => placeOf(join(folder, "giant.db"))
