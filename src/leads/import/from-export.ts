import { createReadStream } from "node:fs"
import { type Column, sql } from "drizzle-orm"
import { z } from "zod"
import { continueIds } from "../../db/ids.ts"
import type { Json } from "../../db/json.ts"
import type { Author, Db, Store } from "../../db/store.ts"
import { tableColumns } from "../../db/tables.ts"
import { exportVersion } from "../export.ts"
import { openText } from "./decode.ts"

export type Restored =
  | { kind: "restored"; rows: Record<string, number>; changeset: number | null }
  | { kind: "refused"; code: string; message: string; hint: string }

/** What may come from a file. Whatever gives somebody leave to do something is not among it: that is given anew in each home. */
const restorable = [
  "leads",
  "companies",
  "identities",
  "facts",
  "evidence",
  "timeline",
  "reminders",
  "fields",
  "suppressions",
  "distinctions",
  "checks",
  "runs",
  "messages",
  "calls",
  "results",
  "tasks",
  "accounts",
  "spends",
  "drafts",
  "sends",
] as const
const rowsAtOnce = 200

/** Whether a file is an export of this program, by how it begins. */
export async function isExport(path: string): Promise<boolean> {
  const text = await openText(path)
  if (text.kind === "refused") return false
  for await (const start of text.chunks) return /^\s*\{\s*"smallgiant"\s*:/.test(start)
  return false
}

/** Puts an export (JSON or JSON lines) into an empty database: the same rows under the same ids, as one changeset. */
export async function importExport(store: Store, author: Author, path: string): Promise<Restored> {
  const taken = await tableInUse(store)
  if (taken) {
    return refused(
      "home_in_use",
      `This home has ${taken} already.`,
      "Name an empty one with --home; to add leads to this one, export them as CSV.",
    )
  }
  const rows: Record<string, number> = {}
  let changeset: number | null = null
  try {
    for await (const batch of batchesOf(path)) {
      const going: Author = changeset === null ? author : { ...author, changeset }
      changeset = await store.change(going, async (db, id) => {
        await insertRows(db, batch)
        return id
      })
      rows[batch.table] = (rows[batch.table] ?? 0) + batch.rows.length
    }
  } catch (error) {
    if (!(error instanceof BadExport)) throw error
    return refused(
      "bad_export",
      error.message,
      changeset === null ? "Nothing was imported." : `giant undo changeset:${changeset} takes back what was.`,
    )
  }
  return { kind: "restored", rows, changeset }
}

class BadExport extends Error {}

type Batch = { table: string; columns: Record<string, Column>; rows: Record<string, Json | Buffer>[] }
type Line = { table: string; row: Json }

async function tableInUse(store: Store): Promise<string | null> {
  for (const name of restorable) {
    const rows = await store.rows(sql`SELECT id FROM ${sql.identifier(name)} LIMIT 1`)
    if (rows.length > 0) return name
  }
  return null
}

async function* batchesOf(path: string): AsyncGenerator<Batch> {
  let batch: Batch | null = null
  for await (const { table, row } of rowsIn(path)) {
    if (batch === null || batch.table !== table || batch.rows.length === rowsAtOnce) {
      if (batch !== null) yield batch
      const columns = columnsOf(table)
      if (!columns) {
        batch = null
        continue
      }
      batch = { table, columns, rows: [] }
    }
    const parsed = rowSchema(batch.columns).safeParse(row)
    if (!parsed.success) throw new BadExport(`A row of ${table} is not usable: ${z.prettifyError(parsed.error)}`)
    batch.rows.push(table === "drafts" ? unapproved(parsed.data) : parsed.data)
  }
  if (batch !== null) yield batch
}

/** Approvals stay behind, so what was approved waits again. */
function unapproved(draft: Batch["rows"][number]): Batch["rows"][number] {
  return draft.state === "approved" ? { ...draft, state: "draft" } : draft
}

/** Every row of the file with its table. Both layouts have one row on each line. */
async function* rowsIn(path: string): AsyncGenerator<Line> {
  let table: string | null = null
  let number = 0
  for await (const line of linesOf(path)) {
    number += 1
    const text = line.trim().replace(/,$/, "")
    const opens = /^,?"(\w+)":\[(\])?$/.exec(text)
    if (number === 1) assertVersion(text)
    else if (opens) table = opens[2] ? null : (opens[1] ?? null)
    else if (text === "]") table = null
    else if (text !== "" && text !== "}")
      yield table === null ? taggedRow(text, number) : { table, row: parse(text, number) }
  }
}

const tagged = z.strictObject({ table: z.string(), row: z.record(z.string(), z.json()) })

function taggedRow(text: string, number: number): Line {
  const parsed = tagged.safeParse(parse(text, number))
  if (parsed.success) return parsed.data
  throw new BadExport(`Line ${number} is no row of an export.`)
}

function assertVersion(line: string): void {
  const version = Number(/"smallgiant"\s*:\s*(\d+)/.exec(line)?.[1])
  if (version !== exportVersion)
    throw new BadExport(`The export has version ${version}, and this program reads ${exportVersion}.`)
}

function parse(text: string, number: number): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadExport(`Line ${number} breaks off, or was changed by another program.`)
  }
}

/** Lines end in a line feed and nothing else: other marks that end a line may stand within a text. */
async function* linesOf(path: string): AsyncGenerator<string> {
  let rest = ""
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n")
    rest = lines.pop() ?? ""
    yield* lines
  }
  if (rest !== "") yield rest
}

function columnsOf(name: string): Record<string, Column> | null {
  if (!restorable.some((one) => one === name)) return null
  return Object.fromEntries((tableColumns.get(name) ?? []).map((column) => [column.name, column]))
}

const schemas = new WeakMap<Record<string, Column>, z.ZodType<Record<string, Json | Buffer>>>()

/** A row as the database takes it: JSON as text, yes and no as numbers. */
function rowSchema(columns: Record<string, Column>): z.ZodType<Record<string, Json | Buffer>> {
  const known = schemas.get(columns)
  if (known) return known
  const shape = Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, columnSchema(column)]))
  const schema: z.ZodType<Record<string, Json | Buffer>> = z.strictObject(shape)
  schemas.set(columns, schema)
  return schema
}

function columnSchema(column: Column): z.ZodType<Json | Buffer> {
  if (column.dataType === "json")
    return z.json().transform((value) => (value === null && !column.notNull ? null : JSON.stringify(value)))
  const choices = column.enumValues
  const text = choices ? z.enum(choices) : z.string()
  const bytes = z.object({ base64: z.base64() }).transform(({ base64 }) => Buffer.from(base64, "base64"))
  const plain = column.dataType === "string" ? text : column.dataType === "buffer" ? bytes : z.number()
  return column.notNull ? plain : plain.nullable()
}

async function insertRows(db: Db, { table, columns, rows }: Batch): Promise<void> {
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
  await db.run(sql`INSERT INTO ${sql.identifier(table)} (${list}) VALUES ${sql.join(values, sql`, `)}`)
  await continueIds(db, [table])
}

function refused(code: string, message: string, hint: string): Restored {
  return { kind: "refused", code, message, hint }
}
