import { createReadStream } from "node:fs"
import type { Column } from "drizzle-orm"
import { z } from "zod"
import type { Json } from "../../db/json.ts"
import { tableColumns } from "../../db/tables.ts"
import { exportVersion } from "../export.ts"
import { openText } from "./decode.ts"

/** What may come from a file. Whatever gives somebody leave to do something is not among it: that is given anew in each home. */
export const restorable = [
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

export class BadExport extends Error {
  readonly hint: string
  constructor(message: string, hint = "Mend the file, or export the home that it comes from again.") {
    super(message)
    this.hint = hint
  }
}

/** Rows of one table, as the database takes them. */
export type Batch = { table: string; columns: Record<string, Column>; rows: Record<string, Json | Buffer>[] }
type Restoring = { columns: Batch["columns"]; schema: z.ZodType<Batch["rows"][number]> }
type Line = { table: string; row: Json }

/** Whether a file is an export of this program, by how it begins. */
export async function isExport(path: string): Promise<boolean> {
  const text = await openText(path)
  if (text.kind === "refused") return false
  for await (const start of text.chunks) return /^\s*\{\s*"smallgiant"\s*:/.test(start)
  return false
}

const head = z.object({
  smallgiant: z.number(),
  last_ids: z.array(z.tuple([z.string(), z.int().min(1)])).default([]),
})

/** The highest id that each table of the home ever gave to a row. Throws BadExport. */
export async function lastIdsOf(path: string): Promise<[table: string, last: number][]> {
  for await (const line of linesOf(path)) {
    const parsed = head.safeParse(parse(line.endsWith("}") ? line : `${line}}`, 1))
    if (!parsed.success) throw new BadExport("The first line is not that of an export.")
    const version = parsed.data.smallgiant
    if (version === exportVersion) return parsed.data.last_ids
    throw new BadExport(`The export has version ${version}, and this program reads ${exportVersion}.`)
  }
  return []
}

/** The rows that are restored, some at a time. Throws BadExport. */
export async function* batchesOf(path: string): AsyncGenerator<Batch> {
  let batch: Batch | null = null
  const last = new Map<string, number>()
  for await (const { table, row } of rowsIn(path)) {
    const known = restoring.get(table)
    if (!known) continue
    if (batch === null || batch.table !== table || batch.rows.length === rowsAtOnce) {
      if (batch !== null) yield batch
      batch = { table, columns: known.columns, rows: [] }
    }
    const parsed = known.schema.safeParse(row)
    if (!parsed.success) throw new BadExport(`A row of ${table} is not usable: ${z.prettifyError(parsed.error)}`)
    const id = Number(parsed.data.id)
    if (id <= (last.get(table) ?? 0))
      throw new BadExport(`Row ${id} of ${table} stands in the file twice, or out of order.`)
    last.set(table, id)
    batch.rows.push(table === "drafts" ? unapproved(parsed.data) : parsed.data)
  }
  if (batch !== null) yield batch
}

/** Approvals stay behind, so what was approved waits again. */
function unapproved(draft: Batch["rows"][number]): Batch["rows"][number] {
  return draft.state === "approved" ? { ...draft, state: "draft" } : draft
}

/** Every row of the file with its table. Both layouts have one row on each line, after the first. */
async function* rowsIn(path: string): AsyncGenerator<Line> {
  let table: string | null = null
  let number = 0
  for await (const text of linesOf(path)) {
    number += 1
    if (number === 1) continue
    const opens = /^,?"(\w+)":\[(\])?$/.exec(text)
    if (opens) table = opens[2] ? null : (opens[1] ?? null)
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

function parse(text: string, number: number): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadExport(`Line ${number} breaks off, or was changed by another program.`)
  }
}

/** Each line without the comma after it. Lines end in a line feed and nothing else: other marks that end a line may stand within a
 * text. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const bare = (line: string) => line.trim().replace(/,$/, "")
  let rest = ""
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = (rest + chunk).split("\n")
    rest = lines.pop() ?? ""
    for (const line of lines) yield bare(line)
  }
  if (rest !== "") yield bare(rest)
}

const restoring = new Map<string, Restoring>(
  restorable.map((table) => {
    const columns = Object.fromEntries((tableColumns.get(table) ?? []).map((column) => [column.name, column]))
    return [table, { columns, schema: rowSchema(columns) }]
  }),
)

/** A row as the database takes it: JSON as text, yes and no as numbers. */
function rowSchema(columns: Record<string, Column>): z.ZodType<Record<string, Json | Buffer>> {
  return z.strictObject(
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, columnSchema(column)])),
  )
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
