import { randomUUID } from "node:crypto"
import { indexesSql } from "../indexes.ts"
import { migrationsIn } from "../migrations.ts"
import { DatabaseUnusable, notBroughtUp } from "../sqlite.ts"
import { copiedSetting, journalSql } from "./journal.ts"
import { jsonSql } from "./json.ts"
import { marksSql } from "./marks.ts"
import { turnLock } from "./queue.ts"
import { searchSql } from "./search.ts"
import { codeOf, isGone } from "./trouble.ts"
import type { Wire } from "./wire.ts"

const oldestPostgres = 150_000

/** What a migration of very many rows may take, in milliseconds. */
const hour = 3_600_000
/** One transaction at a time makes the tables. */
const migrationLock = 0x67_69_61_30
/** The collation that knows small letters of every script, the first that the server has. */
const lowerCollations = ["und-x-icu", "pg_c_utf8", "default"]

/** `schema` is quoted. */
export type Names = { label: string; schema: string; name: string; isMoving: boolean; migrations: string }

/** Brings the tables to this version, making them in a schema that is empty. Throws DatabaseUnusable for one that is another program's
 * or newer, and leaves it as it was. */
export async function migrate(wire: Wire, place: Names): Promise<void> {
  const known = migrationsIn(place.migrations, "postgres")
  if ((await versionOf(wire, place, known.length)) === known.length) return
  await wire.run("BEGIN READ WRITE")
  try {
    await wire.run(`SET LOCAL lock_timeout TO '1min'; SELECT pg_advisory_xact_lock(${migrationLock})`, hour)
    const applied = await versionOf(wire, place, known.length)
    if (applied === known.length) return void (await wire.run("COMMIT"))
    // Whoever writes waits, and stands in the way of nothing.
    await wire.run(`SELECT pg_advisory_xact_lock(${turnLock})`, hour)
    await applyEach(
      wire,
      place,
      known.slice(applied).flatMap(({ sql }) => sql),
    )
    const [lower] = await wire.ask<{ name: string }>(
      "SELECT collname AS name FROM pg_collation WHERE collname = ANY($1) AND collnamespace = 'pg_catalog'::regnamespace ORDER BY array_position($1::text[], collname::text) LIMIT 1",
      [lowerCollations],
      "objects",
    )
    await wire.run(jsonSql(place.schema))
    await wire.run(journalSql(place.schema))
    await wire.run(marksSql(place.schema))
    await wire.run(searchSql(place.schema, `"${lower?.name ?? "default"}"`), hour)
    await wire.run(sortIndexes(), hour)
    await wire.run(`CREATE TABLE IF NOT EXISTS small_giant (version bigint NOT NULL, id text NOT NULL, reader text, secret text, moving bigint NOT NULL DEFAULT 0);
      INSERT INTO small_giant SELECT 0, '${randomUUID()}' WHERE NOT EXISTS (SELECT 1 FROM small_giant);
      UPDATE small_giant SET version = ${known.length}; COMMIT`)
  } catch (error) {
    await wire.run("ROLLBACK")
    throw codeOf(error) === "55P03" ? inUse(place.label) : error
  }
}

async function applyEach(wire: Wire, { label }: Names, statements: string[]): Promise<void> {
  // As on SQLite, what a migration does is not journalled: it changes how values are held, and not what they say.
  await wire.run(copiedSetting)
  try {
    for (const statement of statements) await wire.run(statement, hour)
  } catch (error) {
    const isOurs = !isGone(error) && !/^(42501|55P03)$/.test(codeOf(error) ?? "")
    throw isOurs && error instanceof Error ? notBroughtUp(label, error.message) : error
  }
}

function inUse(label: string): DatabaseUnusable {
  return new DatabaseUnusable(
    `${label} is to be brought up to this version, and another program has it in use.`,
    "Wait for that program, or stop it, and try again; nothing was changed.",
  )
}

/** Throws DatabaseUnusable unless everything is as this version knows it. */
export async function refuseOthers(wire: Wire, place: Names): Promise<void> {
  const known = migrationsIn(place.migrations, "postgres").length
  const version = await versionOf(wire, place, known)
  if (version === known) return
  throw version === 0
    ? new DatabaseUnusable(`There is no Small Giant in ${place.label} yet.`, "giant import FILE begins one.")
    : new DatabaseUnusable(
        `${place.label} was written by an older version of Small Giant.`,
        "Run giant doctor as a user who may change its tables, to bring it up to date.",
      )
}

/** How many of the migrations are applied; 0 where there is no table yet. */
async function versionOf(wire: Wire, { label, name, isMoving }: Names, newest: number): Promise<number> {
  const [found] = await wire.ask<{
    server: number
    encoding: string
    ours: string | null
    schemas: number
    others: number
  }>(
    `SELECT current_setting('server_version_num')::bigint AS server, current_setting('server_encoding') AS encoding,
      to_regclass($1)::text AS ours, (SELECT count(*) FROM pg_namespace WHERE nspname = $2) AS schemas,
      (SELECT count(*) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
        WHERE nspname = $2 AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')) AS others`,
    [`"${name.replaceAll('"', '""')}".small_giant`, name],
    "objects",
  )
  if (!found) return 0
  const untouched = "nothing was changed in this one."
  if (found.server < oldestPostgres) {
    throw new DatabaseUnusable(
      `${label} is Postgres ${Math.floor(found.server / 10_000)}; Small Giant needs 15 or later.`,
      `Name a newer server; ${untouched}`,
    )
  }
  if (found.encoding !== "UTF8") {
    throw new DatabaseUnusable(
      `${label} holds its texts as ${found.encoding} and not as UTF8.`,
      `Make a database with ENCODING 'UTF8'; ${untouched}`,
    )
  }
  if (found.schemas === 0) {
    throw new DatabaseUnusable(`There is no schema ${name} in ${label}.`, `CREATE SCHEMA makes it; ${untouched}`)
  }
  if (found.ours === null && found.others > 0) {
    throw new DatabaseUnusable(
      `${label} belongs to another program.`,
      `Name an empty database, or an empty schema with ?schema=NAME; ${untouched}`,
    )
  }
  if (found.ours === null) return 0
  const [row] = await wire.ask<{ version: number; moving: number }>(
    "SELECT version, moving FROM small_giant",
    [],
    "objects",
  )
  if (row?.moving === 1 && !isMoving) {
    throw new DatabaseUnusable(
      `A home was being moved to ${label}, and only a part of it is there.`,
      "Run giant move --to again in that home; it begins anew.",
    )
  }
  const version = row?.version ?? 0
  if (version <= newest) return version
  throw new DatabaseUnusable(
    `${label} was written by a newer version of Small Giant.`,
    "Update this copy (git pull, then npm start); nothing was changed.",
  )
}

/** The indexes that the offered sorts and filters need. SQLite's end in the row's id by themselves. */
function sortIndexes(): string {
  return indexesSql().replace(
    /( ON \w+ \(.*?\))( WHERE [^;]*)?;/g,
    (_, on: string, where = "") => `${on.slice(0, -1)}, id)${where};`,
  )
}
