import { isDeepStrictEqual } from "node:util"
import { sql } from "drizzle-orm"
import type { JsonObject } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { journalled } from "../../src/db/tables.ts"

/** Something that must never be so, with what is needed to see it again. */
export class HistoryBroken extends Error {
  constructor(seed: number, step: number, what: string) {
    super(`seed ${seed}, step ${step}: ${what}`)
  }
}

export type World = {
  store: Store
  home: string
  random: Random
  now: Date
  runs: number
  broken(what: string): HistoryBroken
}

export type Random = { below(limit: number): number; pick<T>(some: readonly T[]): T }

type Rows = Map<string, JsonObject>

export const ada = { actor: "human:ada", kind: "edit" }

export const forgetKey = "k".repeat(64)

export const names = [
  "Mira Holm",
  "Jonas Lind",
  "Zoë Ångström",
  "Ines Prado",
  "李 明",
  "Otto Brandt",
  "Aiko Mori",
  "Noor Haddad",
]

export const companies = ["Northwind", "Northwind Inc", "Fjord Labs", "Tailspin"]

export const titles = ["Analyst", "Head of Data", "CTO", "Founder", "VP Sales"]

export const places = ["Oslo", "Lisboa", "東京", "Berlin"]

export async function rowsOf(store: Store): Promise<Rows> {
  const rows: Rows = new Map()
  for (const table of journalled) {
    const found = await store.rows<JsonObject>(sql`SELECT * FROM ${sql.identifier(table)} ORDER BY id`)
    for (const row of found) rows.set(`${table} ${row.id}`, row)
  }
  return rows
}

export function same({ broken }: World, expected: Rows, found: Rows, doing: string): void {
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    if (isDeepStrictEqual(expected.get(key), found.get(key))) continue
    throw broken(
      `${doing} left ${key} as ${JSON.stringify(found.get(key))} instead of ${JSON.stringify(expected.get(key))}`,
    )
  }
}

export async function anyOf(
  store: Store,
  random: Random,
  table: "leads" | "companies" | "facts",
): Promise<number | null> {
  const found = await store.rows<{ id: number }>(sql`SELECT id FROM ${sql.identifier(table)} ORDER BY id`)
  return found.length > 0 ? random.pick(found).id : null
}

export async function lastChangeset(store: Store): Promise<number> {
  const [last] = await store.rows<{ id: number | null }>(
    sql`SELECT changeset_id AS id FROM changes ORDER BY id DESC LIMIT 1`,
  )
  return last?.id ?? 0
}

/** Numbers that look random and are the same for the same seed (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    below,
    pick(some) {
      const found = some[below(some.length)]
      if (found === undefined) throw new RangeError("There is nothing to pick from.")
      return found
    },
  }
}
