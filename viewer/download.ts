import { setImmediate as nextTurn } from "node:timers/promises"
import type { Json } from "../src/db/json.ts"
import type { Store } from "../src/db/store.ts"
import { csvLines } from "../src/leads/csv.ts"
import type { ListQuery } from "../src/leads/listing.ts"
import type { Cursor } from "../src/leads/listing-cursor.ts"
import { listsById } from "../src/leads/listing-rows.ts"
import type { Table } from "./tables.ts"

/** Rows that are read at a time; others are answered in between. */
const chunk = 1_000

/** Every row of a table as it is filtered and ordered, each as the list of its columns: page after page, or where no index has that
 * order by their ids. */
export async function* rowChunks(
  store: Store,
  table: Table,
  query: ListQuery,
  columns: string[],
  ids: number[] | null,
): AsyncGenerator<Json[][]> {
  if (ids) {
    for (let at = 0; at < ids.length; at += chunk) {
      yield await listsById(store, table.listing, ids.slice(at, at + chunk), columns, query.seenBy ?? null)
    }
    return
  }
  let from: Cursor | null = null
  do {
    const page: Awaited<ReturnType<Table["lists"]>> = await table.lists(
      store,
      { ...query, from, limit: chunk },
      columns,
    )
    yield page.rows
    from = page.next
  } while (from !== null)
}

export function csvFile(name: string, columns: string[], rows: AsyncIterable<Json[][]>): Response {
  const { length } = columns
  const head = csvLines([columns], length)
  return download(`${name}.csv`, "text/csv; charset=utf-8", head, rows, (some) => csvLines(some, length))
}

/** One row a line. */
export function jsonLinesFile(name: string, columns: string[], rows: AsyncIterable<Json[][]>): Response {
  const names = columns.map((column) => `${JSON.stringify(column)}:`)
  const line = (row: Json[]) => {
    let text = ""
    for (const [at, name] of names.entries()) text += `${at === 0 ? "{" : ","}${name}${JSON.stringify(row[at] ?? null)}`
    return `${text}}\n`
  }
  return download(`${name}.jsonl`, "application/x-ndjson", "", rows, (some) => some.map(line).join(""))
}

function download(
  file: string,
  type: string,
  head: string,
  rows: AsyncIterable<Json[][]>,
  text: (rows: Json[][]) => string,
): Response {
  const chunks = (async function* () {
    if (head) yield Buffer.from(head)
    for await (const some of rows) {
      if (some.length > 0) yield Buffer.from(text(some))
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
