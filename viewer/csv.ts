import type { Json } from "../src/db/tables.ts"

/** Rows as CSV, a chunk per page, without end until the last. */
export function csvAnswer(name: string, columns: string[], pages: AsyncIterable<Json[][]>): Response {
  const encoder = new TextEncoder()
  const chunks = (async function* () {
    yield encoder.encode(csvLine(columns))
    for await (const rows of pages) yield encoder.encode(rows.map(csvLine).join(""))
  })()
  const body = new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
  return new Response(body, {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": `attachment; filename="${name}.csv"`,
    },
  })
}

export function csvLine(cells: Json[]): string {
  return `${cells.map(csvCell).join(",")}\r\n`
}

/** Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers. */
function csvCell(value: Json): string {
  if (value === null) return ""
  if (typeof value === "number" || typeof value === "boolean") return String(value)
  const text = typeof value === "string" ? value : JSON.stringify(value)
  const harmless = /^[\s\0]*[=+\-@\t\r\0]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}
