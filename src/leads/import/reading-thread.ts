import { parentPort, workerData } from "node:worker_threads"
import { openLeadFile, type RowResult } from "./lead-file.ts"
import { marksOf } from "./marks.ts"
import { type FromReader, packed, type ReadingData } from "./reading.ts"

/** The thread that reads a file of leads. It works out what rows are recognised by, and waits when it is far ahead. */
const { path, options }: ReadingData = workerData
let wanted = 0
let wake = () => {}
parentPort?.on("message", () => {
  wanted += 1
  wake()
})

const file = await openLeadFile(path, options)
if (file.kind === "refused") throw new Error(file.message)
for await (const rows of file.rows) {
  while (wanted === 0) {
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    await promise
  }
  wanted -= 1
  const batch = packed(rows.map(marked))
  post({ kind: "rows", rows: batch, bytesRead: file.bytesRead() }, [batch.packed.buffer])
}
post({ kind: "end" }, [])

function marked(row: RowResult): RowResult {
  return row.kind === "lead" ? { ...row, marks: marksOf(row.lead) } : row
}

function post(message: FromReader, moved: ArrayBuffer[]): void {
  parentPort?.postMessage(message, moved)
}
