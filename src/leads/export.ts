import { inArray, sql } from "drizzle-orm"
import type { Json, JsonObject } from "../db/json.ts"
import { references } from "../db/references.ts"
import type { Store } from "../db/store.ts"
import { tableColumns, tables } from "../db/tables.ts"
import { csvLines } from "./csv.ts"
import { personColumns } from "./fields.ts"
import { findLeads, type LeadQuery, leadQuery } from "./find.ts"

export const exportFormats = ["csv", "json", "jsonl"] as const
export type ExportFormat = (typeof exportFormats)[number]

/** The history of changes belongs to one home; what is exported begins another. */
const leftOut = ["changesets", "changes"]
/** What a file of another layout is told by. */
export const exportVersion = 1
const pageSize = 500

/** Everything in the database but its history, or with a query the leads that it finds with what belongs to them, piece by piece.
 * JSON and JSON lines can be imported into an empty home; CSV has the leads alone. */
export function exportAll(store: Store, format: ExportFormat, query: LeadQuery | null): AsyncGenerator<string> {
  if (format === "csv") return leadsAsCsv(store, query)
  return format === "json" ? asJson(store, query) : asJsonLines(store, query)
}

/** The tables of an export, in the order in which they are written and read. */
export function exportedTables(): string[] {
  return [...tableColumns.keys()].filter((name) => !leftOut.includes(name))
}

async function* asJsonLines(store: Store, query: LeadQuery | null): AsyncGenerator<string> {
  yield `${JSON.stringify({ smallgiant: exportVersion })}\n`
  const chosen = await choose(store, query)
  for (const table of exportedTables()) {
    for await (const rows of rowsOf(store, table, chosen)) {
      yield rows.map((row) => `${JSON.stringify({ table, row })}\n`).join("")
    }
  }
}

/** One document, of one row per line. */
async function* asJson(store: Store, query: LeadQuery | null): AsyncGenerator<string> {
  yield `{"smallgiant":${exportVersion}`
  const chosen = await choose(store, query)
  for (const table of exportedTables()) {
    yield `,\n"${table}":[`
    let isFirst = true
    for await (const rows of rowsOf(store, table, chosen)) {
      yield rows.map((row, i) => `${isFirst && i === 0 ? "" : ","}\n${JSON.stringify(row)}`).join("")
      isFirst = false
    }
    yield isFirst ? "]" : "\n]"
  }
  yield "\n}\n"
}

/** Which rows of which tables; a table that is not named has none. Null is everything. */
type Chosen = Map<string, Set<number>> | null

/** The leads that a query finds, their companies, and what belongs to either. */
async function choose(store: Store, query: LeadQuery | null): Promise<Chosen> {
  if (!query) return null
  const leads = new Set<number>()
  const companies = new Set<number>()
  for await (const page of pagesOf(store, query)) {
    for (const lead of page) {
      leads.add(lead.id)
      if (lead.companyId !== null) companies.add(lead.companyId)
    }
  }
  const chosen = new Map([
    ["leads", leads],
    ["companies", companies],
    ["evidence", new Set<number>()],
    ["fields", new Set((await store.rows<{ id: number }>(sql`SELECT id FROM fields`)).map(({ id }) => id))],
  ])
  for (const { table, column, to, when } of references) {
    if (table === "leads" || table === "companies") continue
    const owners = [...(chosen.get(to) ?? [])]
    const ids = chosen.get(table) ?? new Set<number>()
    chosen.set(table, ids)
    for (let i = 0; i < owners.length; i += pageSize) {
      const isMeant = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
      const found = await store.rows<{ id: number; evidence: number | null }>(
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

/** The rows of a table as the database holds them, in order of their ids. */
async function* rowsOf(store: Store, table: string, chosen: Chosen): AsyncGenerator<JsonObject[]> {
  const wanted = chosen === null ? null : (chosen.get(table) ?? new Set())
  if (wanted?.size === 0) return
  for (let last = 0; ; ) {
    const page = await store.rows<JsonObject>(
      sql`SELECT * FROM ${sql.identifier(table)} WHERE id > ${last} ORDER BY id LIMIT ${pageSize}`,
    )
    const rows = wanted === null ? page : page.filter(({ id }) => wanted.has(Number(id)))
    if (rows.length > 0) yield rows.map((row) => writable(table, row))
    if (page.length < pageSize) return
    last = Number(page.at(-1)?.id)
  }
}

/** JSON columns as the JSON that they hold, bytes as base64. */
function writable(table: string, row: JsonObject): JsonObject {
  const json = jsonColumns(table)
  const columns: [string, unknown][] = Object.entries(row)
  return Object.fromEntries(
    columns.map(([name, value]): [string, Json] => {
      if (value instanceof Uint8Array) return [name, { base64: Buffer.from(value).toString("base64") }]
      return [name, typeof value === "string" && json.has(name) ? JSON.parse(value) : (row[name] ?? null)]
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
async function* leadsAsCsv(store: Store, asked: LeadQuery | null): AsyncGenerator<string> {
  const query = asked ?? leadQuery.parse({ sort: "id", dir: "asc" })
  const custom = new Set<string>()
  for await (const page of pagesOf(store, query))
    for (const lead of page) for (const name of Object.keys(lead.custom)) custom.add(name)
  const names = [...leadColumns.map((column) => tables.leads[column].name), ...custom]
  yield csvLines([names], names.length)
  for await (const page of pagesOf(store, query)) {
    yield csvLines(
      page.map((lead) => [
        ...leadColumns.map((column) => lead[column]),
        ...[...custom].map((name) => lead.custom[name]),
      ]),
      names.length,
    )
  }
}

async function* pagesOf(store: Store, query: LeadQuery) {
  for (let from = query.from; ; ) {
    const page = await findLeads(store, { ...query, limit: pageSize, from })
    if (page.rows.length > 0) yield page.rows
    if (page.next === null) return
    const next = leadQuery.parse({ after: page.next, sort: query.sort, dir: query.dir })
    from = next.from
  }
}
