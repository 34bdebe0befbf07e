import { isDeepStrictEqual } from "node:util"
import { sql } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import { continueIds, setLastId } from "../../db/ids.ts"
import type { JsonObject } from "../../db/json.ts"
import { namedBy } from "../../db/references.ts"
import type { Author, Db, Store } from "../../db/store.ts"
import { journalled } from "../../db/tables.ts"
import { writable } from "../export.ts"
import { undoChangeset } from "../undo.ts"
import { BadExport, type Batch, batchesOf, lastIdsOf, restorable } from "./export-file.ts"

export type Restored =
  | { kind: "restored"; rows: Record<string, number>; changeset: number | null }
  | { kind: "refused"; code: string; message: string; hint: string }

/** Puts an export (JSON or JSON lines) into a database that has nothing but what stands in it, just as it stands there: what an import
 * that was cut off has left, or the records that an undo of one leaves. The same rows under the same ids, as one changeset. A file that
 * is not usable changes nothing. */
export async function importExport(store: Store, author: Author, path: string): Promise<Restored> {
  try {
    const lastIds = await lastIdsOf(path)
    const taken = await readThrough(store, path)
    if (taken) {
      return refused(
        "home_in_use",
        `This home has ${taken} already.`,
        "Name an empty one with --home; to add leads to this one, export them as CSV.",
      )
    }
    await store.write(async (db) => {
      for (const [table, last] of lastIds) await setLastId(db, table, last)
    })
    return await restore(store, author, path)
  } catch (error) {
    if (!(error instanceof BadExport)) throw error
    return refused("bad_export", error.message, `Nothing was imported. ${error.hint}`)
  }
}

/** Reads the whole file before anything is written, and returns a table with rows that are not in it, or null. Throws BadExport. */
async function readThrough(store: Store, path: string): Promise<string | null> {
  const others = await rowCounts(store)
  const references = openReferences()
  for await (const batch of batchesOf(path)) {
    references.add(batch)
    const there = others.get(batch.table) ? await alreadyThere(store, batch) : 0
    if (there === "altered") return batch.table
    others.set(batch.table, (others.get(batch.table) ?? 0) - there)
  }
  references.end()
  return restorable.find((table) => others.get(table)) ?? null
}

async function rowCounts(store: Store): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const table of restorable) {
    const [counted] = await store.rows<{ n: number }>(sql`SELECT count(*) AS n FROM ${sql.identifier(table)}`)
    counts.set(table, counted?.n ?? 0)
  }
  return counts
}

/** How many of these rows the database has, or that it has another in the place of one. */
async function alreadyThere(store: Store, { table, rows }: Batch): Promise<number | "altered"> {
  const found = await store.rows<JsonObject>(
    sql`SELECT * FROM ${sql.identifier(table)} WHERE ${isOneOf(sql`id`, ids(rows))}`,
  )
  const own = new Map(found.map((row) => [row.id, row]))
  for (const row of rows) {
    const one = own.get(Number(row.id))
    if (one && !isDeepStrictEqual(writable(table, one), writable(table, row))) return "altered"
  }
  return found.length
}

/** Follows which leads and companies are in a file, and which of them its rows name. */
function openReferences(): { add(batch: Batch): void; end(): void } {
  const there = { leads: new Set<number>(), companies: new Set<number>() }
  /** Who names what did not come yet. */
  const awaited = { leads: new Map<number, string>(), companies: new Map<number, string>() }

  return {
    add({ table, rows }) {
      for (const row of rows) {
        if (table === "leads" || table === "companies") {
          there[table].add(Number(row.id))
          awaited[table].delete(Number(row.id))
        }
        for (const { to, id } of namedBy(table, row)) {
          if (!there[to].has(id) && !awaited[to].has(id)) awaited[to].set(id, `${table} ${row.id}`)
        }
      }
    },
    end() {
      for (const to of ["leads", "companies"] as const) {
        for (const [id, who] of awaited[to]) {
          throw new BadExport(
            `${who} names ${to} ${id}, which is not in the file.`,
            "giant doctor shows where the home that it comes from lacks something; mend that, and export it again.",
          )
        }
      }
    },
  }
}

async function restore(store: Store, author: Author, path: string): Promise<Restored> {
  const rows: Record<string, number> = {}
  const records = new Map<string, { first: number; last: number }>()
  let changeset: number | null = null
  try {
    for await (const batch of batchesOf(path)) {
      const { table } = batch
      const going: Author = changeset === null ? author : { ...author, changeset }
      const { made, id } = isJournalled(table)
        ? await store.change(going, async (db, id) => ({ id, made: await insertRows(db, batch) }))
        : await store.write(async (db) => ({ id: changeset, made: await insertRows(db, batch) }))
      const [first] = made
      const last = made.at(-1)
      if (first === undefined || last === undefined) continue
      changeset = id
      rows[table] = (rows[table] ?? 0) + made.length
      if (!isJournalled(table)) records.set(table, { first: records.get(table)?.first ?? first, last })
    }
  } catch (error) {
    if (!(error instanceof BadExport)) throw error
    if (changeset !== null) await undoChangeset(store, { actor: author.actor }, changeset, { preview: false })
    await store.write(async (db) => {
      for (const [table, { first, last }] of records)
        await db.run(sql`DELETE FROM ${sql.identifier(table)} WHERE id BETWEEN ${first} AND ${last}`)
    })
    throw error
  }
  return { kind: "restored", rows, changeset }
}

function isJournalled(table: string): boolean {
  return journalled.some((name) => name === table)
}

/** Inserts the rows that are not there yet, and returns their ids. */
async function insertRows(db: Db, { table, columns, rows }: Batch): Promise<number[]> {
  const names = Object.keys(columns)
  const values = rows.map(
    (row) =>
      sql`(${sql.join(
        names.map((name) => sql`${row[name]}`),
        sql`, `,
      )})`,
  )
  const list = sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  )
  const made = await db.all<{ id: number }>(
    sql`INSERT INTO ${sql.identifier(table)} (${list}) VALUES ${sql.join(values, sql`, `)} ON CONFLICT DO NOTHING RETURNING id`,
  )
  if (made.length < rows.length) await refuseRivals(db, table, ids(rows))
  await continueIds(db, [table])
  return made.map(({ id }) => id).sort((one, other) => one - other)
}

/** Rows that are not there although they were inserted have a value that belongs to another. */
async function refuseRivals(db: Db, table: string, ids: number[]): Promise<void> {
  const there = await db.all<{ id: number }>(
    sql`SELECT id FROM ${sql.identifier(table)} WHERE ${isOneOf(sql`id`, ids)}`,
  )
  const known = new Set(there.map(({ id }) => id))
  const rival = ids.find((id) => !known.has(id))
  if (rival !== undefined) throw new BadExport(`Row ${rival} of ${table} has a value that another of them has already.`)
}

function ids(rows: Batch["rows"]): number[] {
  return rows.map(({ id }) => Number(id))
}

function refused(code: string, message: string, hint: string): Restored {
  return { kind: "refused", code, message, hint }
}
