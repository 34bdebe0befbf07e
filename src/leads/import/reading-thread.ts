import { parentPort, workerData } from "node:worker_threads"
import { openBatches } from "./batch.ts"
import { openLeadFile } from "./lead-file.ts"
import type { FromReader, ReadingData } from "./reading.ts"

/** The thread that reads a file of leads. It works out what rows are recognised by, and waits when it is far ahead. */
const { path, options, owner }: ReadingData = workerData
let wanted = 0
let wake = () => {}
parentPort?.on("message", () => {
  wanted += 1
  wake()
})

const file = await openLeadFile(path, options)
if (file.kind === "refused") throw new Error(file.message)
const batchOf = openBatches(owner ?? null)
for await (const rows of file.rows) {
  while (wanted === 0) {
    const { promise, resolve } = Promise.withResolvers<void>()
    wake = resolve
    await promise
  }
  wanted -= 1
  const batch = batchOf(rows)
  const moved = Object.values(batch).flatMap((value) => (ArrayBuffer.isView(value) ? [value.buffer] : []))
  post({ kind: "rows", batch, bytesRead: file.bytesRead() }, moved)
}
post({ kind: "end" }, [])

function post(message: FromReader, moved: ArrayBuffer[]): void {
  parentPort?.postMessage(message, moved)
}
