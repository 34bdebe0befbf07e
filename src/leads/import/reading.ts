import { Worker } from "node:worker_threads"
import type { Batch } from "./batch.ts"
import type { LeadFile, LeadFileOptions, RowResult } from "./lead-file.ts"

/** `owner` is whose leads are of whom the file names no owner. */
export type ReadingData = { path: string; options: LeadFileOptions; owner?: string | null }
export type FromReader = { kind: "rows"; batch: Batch; bytesRead: number } | { kind: "end" }
export type ToReader = "more"

/** Bytes from which a file is worth a thread of its own. */
const largeFile = 4 * 1024 * 1024
/** So many batches are read ahead: those of the next two transactions, as whoever writes takes them several at once. */
const ahead = 12

/** The rows of an opened file. Those of a large one are read in another thread, so that reading and writing each have a core.
 * `onBytes` hears how much of the file was read. Throws what reading throws. */
export function readAhead(
  file: LeadFile,
  data: ReadingData,
  onBytes: (bytesRead: number) => void,
): AsyncIterable<RowResult[] | Batch> {
  return file.bytes < largeFile ? file.rows : readInThread(data, onBytes)
}

async function* readInThread(
  { path, options, owner = null }: ReadingData,
  onBytes: (bytesRead: number) => void,
): AsyncGenerator<Batch> {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."))
  const worker = new Worker(new URL(`./reading-thread${extension}`, import.meta.url), {
    workerData: { path, options, owner } satisfies ReadingData,
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 256 },
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
        yield message.batch
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
