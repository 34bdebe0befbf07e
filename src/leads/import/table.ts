import { parseEmail } from "../normal-forms/email.ts"
import { type CsvLayout, findLayout, readCsv } from "./csv.ts"
import type { Refusal } from "./decode.ts"
import { type JsonRow, readJsonArray, readJsonLines } from "./json.ts"

/** A row as text per column, in the order of the columns; `extra` is what stands under keys that no earlier entry had. */
export type TableRow =
  | { kind: "cells"; line: number; cells: string[]; extra: Record<string, string> | null }
  | { kind: "refused"; line: number; reason: string; raw: string }

export type Table = {
  kind: "opened"
  format: "csv" | "json" | "jsonl"
  columns: string[]
  /** The first rows, by which columns are understood. */
  sample: string[][]
  /** Every row, the sample's too; each iteration reads from the start. */
  rows: AsyncIterable<TableRow[]>
}

export type TableRefusalCode = "no-rows" | "not-a-table"

/** Characters and rows that are looked at before anything is decided. */
const sampleSize = 128 * 1024
const sampleRows = 1000

/** Opens text as a table: CSV with any usual delimiter, a JSON array of objects, or a JSON object per line. */
export async function openTable(text: AsyncIterable<string>): Promise<Table | Refusal<TableRefusalCode>> {
  const { start, isWhole } = await readStart(text)
  const first = start.trimStart()
  if (first.startsWith("[")) return openJson(text, "json", readJsonArray)
  if (first.startsWith("{")) return openJson(text, "jsonl", readJsonLines)
  const layout = findLayout(start, isWhole, isData)
  if (!layout && !isWhole && !/[\r\n]/.test(first))
    return refusal("not-a-table", "The file is one endless line, and no table.", "Export it again, as CSV.")
  if (!layout)
    return refusal("no-rows", "The file has no line with a value in it.", "Export it again, with a header line.")
  const rows = { [Symbol.asyncIterator]: () => csvRows(text, layout) }
  return { kind: "opened", format: "csv", columns: layout.columns, sample: await readSample(rows), rows }
}

async function readStart(text: AsyncIterable<string>): Promise<{ start: string; isWhole: boolean }> {
  let start = ""
  for await (const chunk of text) {
    start += chunk
    if (start.length > sampleSize) return { start: start.slice(0, sampleSize), isWhole: false }
  }
  return { start, isWhole: true }
}

/** A header names things; it has no address in it. */
function isData(cell: string): boolean {
  return parseEmail(cell) !== null || /^https?:\/\//i.test(cell.trim())
}

async function* csvRows(text: AsyncIterable<string>, layout: CsvLayout): AsyncGenerator<TableRow[]> {
  for await (const rows of readCsv(text, layout)) {
    yield rows.map((row) => (row.kind === "cells" ? { ...row, extra: null } : row))
  }
}

async function readSample(rows: AsyncIterable<TableRow[]>): Promise<string[][]> {
  const sample: string[][] = []
  for await (const batch of rows) {
    for (const row of batch) if (row.kind === "cells" && sample.length < sampleRows) sample.push(row.cells)
    if (sample.length === sampleRows) break
  }
  return sample
}

async function openJson(
  text: AsyncIterable<string>,
  format: "json" | "jsonl",
  read: (chunks: AsyncIterable<string>) => AsyncIterable<JsonRow[]>,
): Promise<Table | Refusal<TableRefusalCode>> {
  const { columns, first } = await keysOf(read(text))
  if (columns.length === 0) {
    const wrong =
      first?.kind === "refused" ? `what stands at line ${first.line} ${first.reason}` : "there is nobody in it"
    return refusal(
      "not-a-table",
      `The file looks like JSON, but ${wrong}.`,
      "Write an array of objects, or one object on each line.",
    )
  }
  const rows = { [Symbol.asyncIterator]: () => jsonRows(read(text), columns) }
  return { kind: "opened", format, columns, sample: await readSample(rows), rows }
}

async function keysOf(batches: AsyncIterable<JsonRow[]>): Promise<{ columns: string[]; first: JsonRow | null }> {
  const keys = new Set<string>()
  let read = 0
  let first: JsonRow | null = null
  for await (const batch of batches) {
    first ??= batch[0] ?? null
    for (const row of batch) if (row.kind === "cells") for (const key of Object.keys(row.cells)) keys.add(key)
    read += batch.length
    if (read >= sampleRows) break
  }
  return { columns: [...keys], first }
}

async function* jsonRows(batches: AsyncIterable<JsonRow[]>, columns: string[]): AsyncGenerator<TableRow[]> {
  const known = new Set(columns)
  for await (const batch of batches) {
    yield batch.map((row) => {
      if (row.kind === "refused") return row
      const extra = Object.entries(row.cells).filter(([key]) => !known.has(key))
      return {
        kind: "cells",
        line: row.line,
        cells: columns.map((column) => row.cells[column] ?? ""),
        extra: extra.length > 0 ? Object.fromEntries(extra) : null,
      }
    })
  }
}

function refusal(code: TableRefusalCode, message: string, hint: string): Refusal<TableRefusalCode> {
  return { kind: "refused", code, message, hint }
}
