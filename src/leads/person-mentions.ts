import { createHash } from "node:crypto"
import { sql } from "drizzle-orm"
import type { Json, JsonObject } from "../db/json.ts"
import type { Db } from "../db/store.ts"
import { type Evidence, tableColumns } from "../db/tables.ts"
import { holds } from "../db/text.ts"
import { eraseHistoryOf } from "./person-history.ts"
import type { Traces } from "./person-traces.ts"

type Redacted = { count: number; evidence: Pick<Evidence, "id" | "capture">[] }

/** Takes the person out of what is kept: pages and notes about others, addresses in logs, and the journal of all these. */
export async function redactEverywhere(db: Db, traces: Traces): Promise<Redacted> {
  const redacted: Redacted = { count: 0, evidence: [] }
  for (const table of tableColumns.keys()) {
    if (table === "changes") continue
    for await (const row of mentions(db, table, traces)) {
      const set = redactedColumns(table, row, traces)
      if (table === "evidence") {
        redacted.evidence.push({ id: Number(row.id), capture: typeof row.capture === "string" ? row.capture : null })
        Object.assign(set, {
          capture: null,
          sha256: createHash("sha256")
            .update(String(set.text ?? row.text))
            .digest("hex"),
        })
      }
      await update(db, table, row, set)
      redacted.count += 1
    }
  }
  // The journal comes last: what is redacted before it is journalled too.
  await redactJournal(db, traces)
  return redacted
}

async function redactJournal(db: Db, traces: Traces): Promise<void> {
  for await (const change of mentions(db, "changes", traces)) {
    const table = String(change.table_name)
    const [present] = await db.all<JsonObject>(sql`SELECT * FROM ${sql.identifier(table)} WHERE id = ${change.row_id}`)
    const redacted = redactedChange(change, present, traces)
    if (redacted === null) await eraseHistoryOf(db, table, [Number(change.row_id)])
    else await update(db, "changes", change, redacted)
  }
}

async function update(db: Db, table: string, { id }: JsonObject, set: JsonObject): Promise<void> {
  const columns = Object.entries(set).map(([column, value]) => sql`${sql.identifier(column)} = ${value}`)
  if (columns.length === 0) return
  await db.run(sql`UPDATE ${sql.identifier(table)} SET ${sql.join(columns, sql`, `)} WHERE id = ${id}`)
}

/** The rows of a table in which a trace stands, as the database holds them; in the journal, also those of names that a row has. */
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
      const found = table === "changes" ? redactedChange(row, undefined, traces) : redactedColumns(table, row, traces)
      if (found === null || Object.keys(found).length > 0) yield row
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
  const redacted = Object.entries(row).flatMap(([column, value]): [string, Json][] => {
    if (typeof value !== "string" || isSpared(table, column, row)) return []
    const without = traces.redact(value)
    return without === value ? [] : [[column, without]]
  })
  return Object.fromEntries(redacted)
}

/** Both sides of a change without their traces. A name or address of the person that the row has no longer goes whole, so that an undo
 * gives it to nobody; null where the row is gone and was little else, so that nothing is left to be told. */
function redactedChange(change: JsonObject, present: JsonObject | undefined, traces: Traces): JsonObject | null {
  const table = String(change.table_name)
  const redacted: JsonObject = {}
  for (const side of ["before", "after"] as const) {
    const text = change[side]
    if (typeof text !== "string") continue
    const values: JsonObject = JSON.parse(text)
    const row = { ...present, ...values }
    const taken = Object.keys(values).filter((column) => {
      const value = values[column]
      return (
        typeof value === "string" && isSpared(table, column, row) && value !== present?.[column] && traces.isOwn(value)
      )
    })
    if (taken.length > 0 && !present && valueTables.includes(table)) return null
    const set = {
      ...redactedColumns(table, values, traces),
      ...Object.fromEntries(taken.map((column) => [column, null])),
    }
    if (Object.keys(set).length > 0) redacted[side] = JSON.stringify({ ...values, ...set })
  }
  return redacted
}

/** Whether a column is other people's or companies' own; a name in it is not this person's. */
function isSpared(table: string, column: string, { entity, field }: JsonObject): boolean {
  if (table !== "facts" || column !== "value") return spared[table]?.includes(column) ?? false
  return typeof field === "string" && (spared[entity === "lead" ? "leads" : "companies"]?.includes(field) ?? false)
}

const spared: Partial<Record<string, string[]>> = {
  leads: ["name", "company", "email", "phone", "linkedin_url", "x_handle"],
  companies: ["name", "name_key", "domain", "linkedin_url", "x_handle"],
  identities: ["value"],
  suppressions: ["value"],
}

/** Tables of which a row is one value and whose it is. */
const valueTables = ["facts", "identities", "suppressions"]
