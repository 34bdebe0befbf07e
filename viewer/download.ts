import { setImmediate as nextTurn } from "node:timers/promises"
import type { Store } from "../src/db/store.ts"
import type { Json } from "../src/db/tables.ts"
import { cursorOf, type ListQuery, type Row, rowsById } from "../src/leads/listing.ts"
import type { Table } from "./tables.ts"

/** Rows that are read at a time; others are answered in between. */
const chunk = 500

/** Every row of a table as it is filtered and ordered: page after page, or where no index has that order by their ids. */
export async function* rowChunks(
  store: Store,
  table: Table,
  query: ListQuery,
  columns: string[],
  ids: number[] | null,
): AsyncGenerator<Row[]> {
  if (ids) {
    for (let at = 0; at < ids.length; at += chunk) {
      yield await rowsById(store, table.listing, ids.slice(at, at + chunk), columns)
    }
    return
  }
  let page = await table.find(store, { ...query, from: null, limit: chunk }, columns)
  yield page.rows
  while (page.next !== null) {
    page = await table.find(store, { ...query, from: cursorOf(page.next), limit: chunk }, columns)
    yield page.rows
  }
}

export function csvFile(name: string, columns: string[], rows: AsyncIterable<Row[]>): Response {
  const lines = (some: Row[]) => some.map((row) => csvRow(columns, row)).join("")
  return download(`${name}.csv`, "text/csv; charset=utf-8", csvLine(columns), rows, lines)
}

/** One row a line. */
export function jsonLinesFile(name: string, columns: string[], rows: AsyncIterable<Row[]>): Response {
  const line = (row: Row) =>
    `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, row[column] ?? null])))}\n`
  return download(`${name}.jsonl`, "application/x-ndjson", "", rows, (some) => some.map(line).join(""))
}

function download(
  file: string,
  type: string,
  head: string,
  rows: AsyncIterable<Row[]>,
  text: (rows: Row[]) => string,
): Response {
  const encoder = new TextEncoder()
  const chunks = (async function* () {
    if (head) yield encoder.encode(head)
    for await (const some of rows) {
      if (some.length > 0) yield encoder.encode(text(some))
      await nextTurn()
    }
  })()
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => {
      await chunks.return(undefined)
    },
  })
  return new Response(body, {
    headers: { "content-type": type, "content-disposition": `attachment; filename="${file}"` },
  })
}

function csvRow(columns: string[], row: Row): string {
  let text = ""
  for (const column of columns) text += `,${csvCell(row[column] ?? null)}`
  return `${text.slice(1)}\r\n`
}

export function csvLine(cells: Json[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`
}

const odd = /^[\s\0]*[=+\-@\t\r\0]|[",\r\n]/

/** Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers. */
function csvCell(value: Json): string {
  if (value === null) return ""
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  const text = typeof value === "string" ? value : JSON.stringify(value)
  if (!odd.test(text)) return text
  const harmless = /^[\s\0]*[=+\-@\t\r\0]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
