import { Worker } from "node:worker_threads"
import Database from "better-sqlite3"
import { areIndexesAside, buildIndexes, putIndexesAside } from "./aside.ts"
import { type Lock, takeLock } from "./lock.ts"

/** What makes very many rows cheaper, for as long as they come in. */
export type Loading = {
  /** Puts the indexes of leads and of their identities aside; they are built again at the end. Returns whether it did: where another
   * process is loading, or where an engine gains nothing by it, they stay. */
  setIndexesAside(): Promise<boolean>
  /** To be awaited after every transaction: another thread brings pages from the log into the database meanwhile. */
  committed(): Promise<void>
  /** Builds again what was put aside, and brings everything to the disk. Throws what SQLite throws. */
  end(): Promise<void>
}

export type ToKeeper = "checkpoint" | "restore"
/** `pages` stand in the log. */
export type FromKeeper = { kind: "done"; pages: number } | { kind: "failed"; code: string; message: string }

/** From so many pages writing waits until all of the log is in the database, so that the log begins anew: what is read from a long one
 * is searched for in each of its parts. */
const mostPages = 16_384

/** `inTransaction` runs what writes on the writer's connection. */
export function openLoading(
  writer: Database.Database,
  inTransaction: (work: () => Promise<void>) => Promise<void>,
): Loading {
  const usual = writer.pragma("wal_autocheckpoint", { simple: true })
  const usualCache = writer.pragma("cache_size", { simple: true })
  writer.pragma("wal_autocheckpoint = 0")
  // Rows come in at the end of their tables, so few pages are met again.
  writer.pragma("cache_size = -8192")
  const keeper = openKeeper(writer.name)
  let lock: Lock | null = null
  let pages = 0
  let checkpointing: Promise<void> | null = null

  /** A checkpoint that fails leaves the pages in the log; what is wrong with the disk, the next write says. */
  function checkpoint(): Promise<void> {
    checkpointing ??= keeper.ask("checkpoint").then((answer) => {
      if (answer.kind === "done") pages = answer.pages
      checkpointing = null
    })
    return checkpointing
  }

  return {
    async setIndexesAside() {
      lock ??= takeLock(lockOf(writer.name))
      // Another process that has the lock is loading too, and builds them at its end.
      if (lock) await inTransaction(async () => putIndexesAside(writer))
      return lock !== null
    },
    async committed() {
      const done = checkpoint()
      if (pages < mostPages) return
      await done
      await checkpoint()
    },
    async end() {
      try {
        await checkpointing
        const answer = lock ? await keeper.ask("restore") : null
        await checkpoint()
        if (answer?.kind === "failed") throw new Database.SqliteError(answer.message, answer.code)
      } finally {
        lock?.release()
        writer.pragma(`wal_autocheckpoint = ${usual}`)
        writer.pragma(`cache_size = ${usualCache}`)
        await keeper.end()
      }
    },
  }
}

/** Builds the indexes that a process put aside and did not live to build again. */
export function restoreIndexes(connection: Database.Database): void {
  if (!areIndexesAside(connection)) return
  const lock = takeLock(lockOf(connection.name))
  if (!lock) return
  try {
    buildIndexes(connection)
  } finally {
    lock.release()
  }
}

function lockOf(path: string): string {
  return `${path}-loading`
}

type Keeper = { ask(wanted: ToKeeper): Promise<FromKeeper>; end(): Promise<unknown> }

/** A thread with a connection of its own. It answers in the order in which it is asked. */
function openKeeper(path: string): Keeper {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."))
  const worker = new Worker(new URL(`./loading-thread${extension}`, import.meta.url), {
    workerData: path,
    env: {},
    execArgv: ["--disable-warning=ExperimentalWarning"],
    resourceLimits: { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 },
  })
  const waiting: ((answer: FromKeeper) => void)[] = []
  let failure: FromKeeper | null = null
  worker.on("message", (answer: FromKeeper) => waiting.shift()?.(answer))
  worker.on("error", (error: Error) => {
    failure = { kind: "failed", code: "SQLITE_ERROR", message: error.message }
    for (const resolve of waiting.splice(0)) resolve(failure)
  })
  return {
    ask(wanted) {
      if (failure) return Promise.resolve(failure)
      const { promise, resolve } = Promise.withResolvers<FromKeeper>()
      waiting.push(resolve)
      worker.postMessage(wanted)
      return promise
    },
    end: () => worker.terminate(),
  }
}
