import { Worker } from "node:worker_threads"
import type { LeadFile, LeadFileOptions, RowResult } from "./lead-file.ts"

export type ReadingData = { path: string; options: LeadFileOptions }
export type FromReader = { kind: "rows"; rows: PackedRows; bytesRead: number } | { kind: "end" }
export type ToReader = "more"

/** Rows as the bytes of their JSON: they wait outside of the heap, and pass from thread to thread without being copied. */
export type PackedRows = { packed: Uint8Array<ArrayBuffer>; count: number }

/** Bytes from which a file is worth a thread of its own. */
const largeFile = 4 * 1024 * 1024
/** So many batches are read ahead. */
const ahead = 4

/** The rows of an opened file. Those of a large one are read in another thread, so that reading and writing each have a core.
 * `onBytes` hears how much of the file was read. Throws what reading throws. */
export function readAhead(
  file: LeadFile,
  data: ReadingData,
  onBytes: (bytesRead: number) => void,
): AsyncIterable<RowResult[] | PackedRows> {
  return file.bytes < largeFile ? file.rows : readInThread(data, onBytes)
}

export function packed(rows: RowResult[]): PackedRows {
  return { packed: new TextEncoder().encode(JSON.stringify(rows)), count: rows.length }
}

export function unpacked(batch: RowResult[] | PackedRows): RowResult[] {
  return "packed" in batch ? JSON.parse(new TextDecoder().decode(batch.packed)) : batch
}

async function* readInThread(data: ReadingData, onBytes: (bytesRead: number) => void): AsyncGenerator<PackedRows> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."))
  const worker = new Worker(new URL(`./reading-thread${extension}`, import.meta.url), {
    workerData: data,
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 256 },
  })
  const arrived: FromReader[] = []
  let failure: Error | null = null
  let news = Promise.withResolvers<void>()
  worker.on("message", (message: FromReader) => {
    arrived.push(message)
    news.resolve()
  })
  worker.on("error", (error: Error) => {
    failure = error
    news.resolve()
  })
  const more = () => worker.postMessage("more" satisfies ToReader)
  for (let i = 0; i < ahead; i++) more()
  try {
    for (;;) {
      const message = arrived.shift()
      if (message?.kind === "end") return
      if (message) {
        more()
        onBytes(message.bytesRead)
        yield message.rows
        continue
      }
      if (failure) throw failure
      await news.promise
      news = Promise.withResolvers()
    }
  } finally {
    await worker.terminate()
  }
}
