import { createHash, type Hash } from "node:crypto"
import { sql } from "drizzle-orm"
import { lastIds, setLastId } from "./ids.ts"
import type { Rows } from "./rows.ts"
import type { Store } from "./store.ts"
import { tableColumns } from "./tables.ts"

/** How many rows a table has, and the SHA-256 of them all, in the order of their ids. */
export type Digest = { table: string; rows: number; sha256: string }

const rowsAtOnce = 200

/** Copies every row under its id to a database that has none, and tells of each table when it is done. Nothing of it is journalled, for
 * the journal is copied too. `from` is to be as of one moment. */
export async function* transferRows(from: Rows, to: Store): AsyncGenerator<Digest> {
  for (const { name, columns } of everyTable()) {
    const digest = openDigest(name)
    for await (const rows of pagesOf(from, name, columns)) {
      digest.add(rows)
      await to.receive(name, columns, rows)
    }
    yield digest.end()
  }
  const last = await from.rows<{ name: string; last: number }>(lastIds)
  await to.write(async (db) => {
    for (const one of last) await setLastId(db, one.name, one.last)
  })
}

/** The digest of every table. */
export async function* digestsOf(from: Rows): AsyncGenerator<Digest> {
  for (const { name, columns } of everyTable()) {
    const digest = openDigest(name)
    for await (const rows of pagesOf(from, name, columns)) digest.add(rows)
    yield digest.end()
  }
}

/** The tables that have rows. */
export async function tablesInUse(from: Rows): Promise<string[]> {
  const used: string[] = []
  for (const { name } of everyTable()) {
    if ((await from.rows(sql`SELECT 1 AS one FROM ${sql.identifier(name)} LIMIT 1`)).length > 0) used.push(name)
  }
  return used
}

function everyTable(): { name: string; columns: string[] }[] {
  return [...tableColumns].map(([name, columns]) => ({ name, columns: columns.map((column) => column.name) }))
}

async function* pagesOf(from: Rows, name: string, columns: string[]): AsyncGenerator<unknown[][]> {
  const list = sql.join(
    columns.map((column) => sql.identifier(column)),
    sql`, `,
  )
  const page = sql`SELECT ${list} FROM ${sql.identifier(name)} WHERE id > ${sql.placeholder("last")} ORDER BY id LIMIT ${rowsAtOnce}`
  const id = columns.indexOf("id")
  for (let last = 0; ; ) {
    const rows = await from.lists<unknown[]>(page, { last })
    if (rows.length > 0) yield rows
    if (rows.length < rowsAtOnce) return
    last = Number(rows.at(-1)?.[id])
  }
}

function openDigest(table: string): { add(rows: unknown[][]): void; end(): Digest } {
  const hash: Hash = createHash("sha256")
  let count = 0
  return {
    add(rows) {
      count += rows.length
      for (const row of rows) hash.update(`${JSON.stringify(row.map(comparable))}\n`)
    },
    end: () => ({ table, rows: count, sha256: hash.digest("hex") }),
  }
}

function comparable(value: unknown): unknown {
  return Buffer.isBuffer(value) ? value.toString("base64") : value
}

/** Says that a home is being moved to this database of Postgres, or is no longer; returns whether it was. */
export async function setMoving(to: Store, isMoving: boolean): Promise<boolean> {
  return to.write(async (db) => {
    const [was] = await db.all<{ moving: number }>(sql`SELECT moving FROM small_giant`)
    await db.run(sql`UPDATE small_giant SET moving = ${Number(isMoving)}`)
    return was?.moving === 1
  })
}

/** Removes every row of a database of Postgres, for a move that begins anew. */
export async function emptyTables(to: Store): Promise<void> {
  const names = everyTable().map(({ name }) => sql.identifier(name))
  await to.write((db) => db.run(sql`TRUNCATE ${sql.join(names, sql`, `)} RESTART IDENTITY`))
}
