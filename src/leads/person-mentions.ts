import { createHash } from "node:crypto"
import { sql } from "drizzle-orm"
import type { Json, JsonObject } from "../db/json.ts"
import type { Db } from "../db/store.ts"
import { type Evidence, tableColumns } from "../db/tables.ts"
import { holds } from "../db/text.ts"
import type { Traces } from "./person-traces.ts"

type Redacted = { count: number; evidence: Pick<Evidence, "id" | "capture">[] }

/** Takes the person out of what is kept: pages and notes about others, addresses in logs, and the journal of all these. */
export async function redactEverywhere(db: Db, traces: Traces): Promise<Redacted> {
  const redacted: Redacted = { count: 0, evidence: [] }
  // The journal comes last: what is redacted before it is journalled too.
  for (const table of [...tableColumns.keys().filter((name) => name !== "changes"), "changes"]) {
    for await (const row of mentions(db, table, traces)) {
      const set = table === "changes" ? redactedChange(row, traces) : redactedColumns(table, row, traces)
      if (table === "evidence") {
        redacted.evidence.push({ id: Number(row.id), capture: typeof row.capture === "string" ? row.capture : null })
        Object.assign(set, {
          capture: null,
          sha256: createHash("sha256")
            .update(String(set.text ?? row.text))
            .digest("hex"),
        })
      }
      const columns = Object.entries(set).map(([column, value]) => sql`${sql.identifier(column)} = ${value}`)
      if (columns.length === 0) continue
      await db.run(sql`UPDATE ${sql.identifier(table)} SET ${sql.join(columns, sql`, `)} WHERE id = ${row.id}`)
      if (table !== "changes") redacted.count += 1
    }
  }
  return redacted
}

/** The rows of a table in which a trace stands, as the database holds them. */
export async function* mentions(db: Db, table: string, traces: Traces): AsyncGenerator<JsonObject> {
  const columns = textColumns(table)
  if (columns.length === 0 || traces.needles.length === 0) return
  const text = sql.join(
    columns.map((column) => sql`coalesce(${sql.identifier(column)}, '')`),
    sql` || ${"\n"} || `,
  )
  const isSuspect = traces.needles.map((needle) => holds(sql`(${text})`, sql`${needle}`))
  for (let last = 0; ; ) {
    const rows = await db.all<JsonObject>(
      sql`SELECT * FROM ${sql.identifier(table)} WHERE id > ${last} AND (${sql.join(isSuspect, sql` OR `)}) ORDER BY id LIMIT 500`,
    )
    for (const row of rows) {
      const found = table === "changes" ? redactedChange(row, traces) : redactedColumns(table, row, traces)
      if (Object.keys(found).length > 0) yield row
    }
    if (rows.length < 500) return
    last = Number(rows.at(-1)?.id)
  }
}

function textColumns(name: string): string[] {
  const columns = tableColumns.get(name) ?? []
  return columns.filter(({ dataType }) => dataType === "string" || dataType === "json").map((column) => column.name)
}

/** The columns of a row that have a trace, without it. */
function redactedColumns(table: string, row: JsonObject, traces: Traces): JsonObject {
  const left = [...(spared[table] ?? []), ...(table === "facts" && isSpared(row) ? ["value"] : [])]
  const redacted = Object.entries(row).flatMap(([column, value]): [string, Json][] => {
    if (typeof value !== "string" || left.includes(column)) return []
    const without = traces.redact(value)
    return without === value ? [] : [[column, without]]
  })
  return Object.fromEntries(redacted)
}

/** A fact of a name or address of somebody else. */
function isSpared({ entity, field }: JsonObject): boolean {
  const columns = spared[entity === "lead" ? "leads" : "companies"] ?? []
  return typeof field === "string" && columns.includes(field)
}

function redactedChange(row: JsonObject, traces: Traces): JsonObject {
  const redacted = (["before", "after"] as const).flatMap((side): [string, Json][] => {
    const text = row[side]
    if (typeof text !== "string") return []
    const values: JsonObject = JSON.parse(text)
    const without = redactedColumns(String(row.table_name), values, traces)
    return Object.keys(without).length > 0 ? [[side, JSON.stringify({ ...values, ...without })]] : []
  })
  return Object.fromEntries(redacted)
}

/** Columns that are other people's or companies' own; a name in them is not this person's. */
const spared: Partial<Record<string, string[]>> = {
  leads: ["name", "company", "email", "phone", "linkedin_url", "x_handle"],
  companies: ["name", "name_key", "domain", "linkedin_url", "x_handle"],
  identities: ["value"],
  suppressions: ["value"],
}
