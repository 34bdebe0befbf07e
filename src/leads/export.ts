import { ReadableStream, TransformStream } from "node:stream/web"
import { inArray, sql } from "drizzle-orm"
import { lastIds } from "../db/ids.ts"
import { type Json, type JsonObject, own } from "../db/json.ts"
import { namedBy, references } from "../db/references.ts"
import type { Rows } from "../db/rows.ts"
import type { Store } from "../db/store.ts"
import { tableColumns, tables } from "../db/tables.ts"
import { csvLines } from "./csv.ts"
import { personColumns } from "./fields.ts"
import { type Asked, type LeadQuery, leadLists, leadQuery } from "./find.ts"

export const exportFormats = ["csv", "json", "jsonl"] as const
export type ExportFormat = (typeof exportFormats)[number]

/** The history of changes belongs to one home; what is exported begins another. */
const leftOut = ["changesets", "changes"]
/** What a file of another layout is told by. */
export const exportVersion = 1
const pageSize = 500

/** Everything in the database but its history, or with a query the leads that it finds with what belongs to them, piece by piece and
 * all as of one moment. JSON and JSON lines can be imported into an empty home; CSV has the leads alone. */
export async function* exportAll(store: Store, format: ExportFormat, query: LeadQuery | null): AsyncGenerator<string> {
  const { readable, writable } = new TransformStream<string, string>()
  const read = store
    .snapshot((rows) => ReadableStream.from(pieces[format]({ ...rows, place: store.place }, query)).pipeTo(writable))
    // Whoever reads the pieces is told, or has left already.
    .catch((error: unknown) => writable.abort(error))
  try {
    yield* readable
  } finally {
    await read
  }
}

const pieces = { csv: asCsv, json: asJson, jsonl: asJsonLines }

/** The tables of an export, in the order in which they are written and read. */
export function exportedTables(): string[] {
  return [...tableColumns.keys()].filter((name) => !leftOut.includes(name))
}

async function* asJsonLines(from: Asked, query: LeadQuery | null): AsyncGenerator<string> {
  yield `${JSON.stringify(await headOf(from))}\n`
  const chosen = await choose(from, query)
  for (const table of exportedTables()) {
    for await (const rows of rowsOf(from, table, chosen)) {
      yield rows.map((row) => `${JSON.stringify({ table, row })}\n`).join("")
    }
  }
}

/** One document, of one row per line. */
async function* asJson(from: Asked, query: LeadQuery | null): AsyncGenerator<string> {
  yield JSON.stringify(await headOf(from)).slice(0, -1)
  const chosen = await choose(from, query)
  for (const table of exportedTables()) {
    yield `,\n"${table}":[`
    let isFirst = true
    for await (const rows of rowsOf(from, table, chosen)) {
      yield rows.map((row, i) => `${isFirst && i === 0 ? "" : ","}\n${JSON.stringify(row)}`).join("")
      isFirst = false
    }
    yield isFirst ? "]" : "\n]"
  }
  yield "\n}\n"
}

/** What the file begins with. Rows may name others that are not in it, so new rows of another home come after all that there were. */
async function headOf(from: Rows): Promise<JsonObject> {
  const names = exportedTables()
  const last = await from.rows<{ name: string; last: number }>(lastIds)
  const given = last.filter((one) => names.includes(one.name) && one.last > 0)
  return {
    smallgiant: exportVersion,
    last_ids: given.map((one) => [one.name, Number(one.last)]),
  }
}

/** Which rows of which tables; a table that is not named has none. Null is everything. */
type Chosen = Map<string, Set<number>> | null

/** The leads that a query finds, their companies, and what belongs to either. */
async function choose(from: Asked, query: LeadQuery | null): Promise<Chosen> {
  if (!query) return null
  const leads = new Set<number>()
  const companies = new Set<number>()
  for await (const page of pagesOf(from, query, ["id", "company_id"])) {
    for (const [id, companyId] of page) {
      leads.add(Number(id))
      if (typeof companyId === "number") companies.add(companyId)
    }
  }
  const merged = await from.rows<{ id: number; into: number }>(
    sql`SELECT id, merged_into AS "into" FROM companies WHERE merged_into IS NOT NULL ORDER BY id`,
  )
  const into = new Map(merged.map((one) => [one.id, one.into]))
  // A set goes on with what is added to it on the way.
  for (const id of companies) {
    const next = into.get(id)
    if (next !== undefined) companies.add(next)
  }
  const chosen = new Map([
    ["leads", leads],
    ["companies", companies],
    ["evidence", new Set<number>()],
    ["fields", new Set((await from.rows<{ id: number }>(sql`SELECT id FROM fields`)).map(({ id }) => id))],
  ])
  for (const { table, column, to, when } of references) {
    if (table === "leads" || table === "companies") continue
    const owners = [...(chosen.get(to) ?? [])]
    const ids = chosen.get(table) ?? new Set<number>()
    chosen.set(table, ids)
    for (let i = 0; i < owners.length; i += pageSize) {
      const isMeant = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
      const found = await from.rows<{ id: number; evidence: number | null }>(
        sql`SELECT id, ${table === "facts" ? sql`evidence_id` : sql`NULL`} AS evidence FROM ${sql.identifier(table)}
          WHERE ${inArray(sql.identifier(column), owners.slice(i, i + pageSize))}${isMeant}`,
      )
      for (const { id, evidence } of found) {
        ids.add(id)
        if (evidence !== null) chosen.get("evidence")?.add(evidence)
      }
    }
  }
  return chosen
}

/** The rows of a table as the database holds them, in order of their ids. Of chosen ones, those that name nothing which was left out. */
async function* rowsOf(from: Rows, table: string, chosen: Chosen): AsyncGenerator<JsonObject[]> {
  const wanted = chosen === null ? null : (chosen.get(table) ?? new Set())
  if (wanted?.size === 0) return
  const isWhole = (row: JsonObject) => namedBy(table, row).every(({ to, id }) => chosen?.get(to)?.has(id))
  for (let last = 0; ; ) {
    const page = await from.rows<JsonObject>(
      sql`SELECT * FROM ${sql.identifier(table)} WHERE id > ${last} ORDER BY id LIMIT ${pageSize}`,
    )
    const rows = wanted === null ? page : page.filter((row) => wanted.has(Number(row.id)) && isWhole(row))
    if (rows.length > 0) yield rows.map((row) => writable(table, row))
    if (page.length < pageSize) return
    last = Number(page.at(-1)?.id)
  }
}

/** A row as it stands in an export: JSON columns as the JSON that they hold, bytes as base64. */
export function writable(table: string, row: Record<string, Json | Uint8Array>): JsonObject {
  const json = jsonColumns(table)
  return Object.fromEntries(
    Object.entries(row).map(([name, value]): [string, Json] => {
      if (value instanceof Uint8Array) return [name, { base64: Buffer.from(value).toString("base64") }]
      return [name, typeof value === "string" && json.has(name) ? JSON.parse(value) : value]
    }),
  )
}

function jsonColumns(name: string): Set<string> {
  const columns = tableColumns.get(name) ?? []
  return new Set(columns.filter(({ dataType }) => dataType === "json").map((column) => column.name))
}

const leadColumns = [
  "id",
  ...personColumns,
  "status",
  "value",
  "score",
  "owner",
  "source",
  "enrichedAt",
  "createdAt",
  "updatedAt",
] as const

/** Leads with their current values, and a column for each value that the team keeps of its own. */
async function* asCsv(from: Asked, asked: LeadQuery | null): AsyncGenerator<string> {
  const query = asked ?? leadQuery.parse({ sort: "id", dir: "asc" })
  const custom = new Set<string>()
  for await (const page of pagesOf(from, query, ["custom"]))
    for (const [values] of page) for (const name of Object.keys(JSON.parse(String(values)))) custom.add(name)
  const columns = leadColumns.map((column) => tables.leads[column].name)
  const names = [...columns, ...custom]
  yield csvLines([names], names.length)
  for await (const page of pagesOf(from, query, ["custom", ...columns])) {
    const lines = page.map(([values, ...lead]) => {
      const kept: JsonObject = JSON.parse(String(values))
      return [...lead.slice(0, columns.length), ...[...custom].map((name) => own(kept, name))]
    })
    yield csvLines(lines, names.length)
  }
}

/** What a query finds, each row as a list that begins with these columns. */
async function* pagesOf(from: Asked, query: LeadQuery, columns: string[]): AsyncGenerator<Json[][]> {
  for (let at = query.from; ; ) {
    const page = await leadLists(from, { ...query, limit: pageSize, from: at }, columns)
    if (page.rows.length > 0) yield page.rows
    if (page.next === null) return
    at = page.next
  }
}
