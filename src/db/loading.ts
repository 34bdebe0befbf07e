import { Worker } from "node:worker_threads"
import Database from "better-sqlite3"
import { buildCostly, dropCostly, isCostlyMissing } from "./indexes.ts"
import { type Lock, takeLock } from "./lock.ts"
import { searchAsUsual, searchMerge, searchWhileLoading } from "./search.ts"

/** What makes very many rows cheaper, for as long as they come in. */
export type Loading = {
  /** Puts the indexes aside that cost most while rows come in; they are built again at the end. */
  setIndexesAside(): Promise<void>
  /** To be awaited after every transaction: another thread brings pages from the log into the database meanwhile. */
  committed(): Promise<void>
  /** Builds again what was put aside, and brings everything to the disk. Throws what SQLite throws. */
  end(): Promise<void>
}

export type ToKeeper = "checkpoint" | "restore"
/** `left` are the pages that stand in the log alone. */
export type FromKeeper = { kind: "done"; left: number } | { kind: "failed"; code: string; message: string }

/** So many pages may stand in the log alone; beyond, writing waits for the thread. */
const mostPages = 16_384

/** `inTransaction` runs what writes on the writer's connection. */
export function openLoading(
  writer: Database.Database,
  inTransaction: (work: () => Promise<void>) => Promise<void>,
): Loading {
  const usual = writer.pragma("wal_autocheckpoint", { simple: true })
  writer.pragma("wal_autocheckpoint = 0")
  const keeper = openKeeper(writer.name)
  let lock: Lock | null = null
  let left = 0
  let checkpointing: Promise<void> | null = null

  /** A checkpoint that fails leaves the pages in the log; what is wrong with the disk, the next write says. */
  function checkpoint(): Promise<void> {
    checkpointing ??= keeper.ask("checkpoint").then((answer) => {
      if (answer.kind === "done") left = answer.left
      checkpointing = null
    })
    return checkpointing
  }

  return {
    async setIndexesAside() {
      lock ??= takeLock(lockOf(writer.name))
      // Another process that has the lock is loading too, and builds them at its end.
      if (lock) await inTransaction(async () => void writer.exec([...dropCostly, searchWhileLoading].join("\n")))
    },
    async committed() {
      const done = checkpoint()
      if (left < mostPages) return
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
        await keeper.end()
      }
    },
  }
}

/** Builds the indexes that a process put aside and did not live to build again. */
export function restoreIndexes(connection: Database.Database): void {
  if (!connection.prepare(isCostlyMissing).pluck().get()) return
  const lock = takeLock(lockOf(connection.name))
  if (!lock) return
  try {
    buildIndexes(connection)
  } finally {
    lock.release()
  }
}

/** Builds what `setIndexesAside` put aside, in transactions of some hundred milliseconds. */
export function buildIndexes(connection: Database.Database): void {
  const changes = connection.prepare<[], number>("SELECT total_changes()").pluck()
  connection.exec(searchAsUsual)
  for (let before = -1, after = 0; after - before > 1; ) {
    before = Number(changes.get())
    connection.exec(searchMerge)
    after = Number(changes.get())
  }
  // At last, for it is by them that a load cut off is known.
  for (const statement of buildCostly) connection.exec(statement)
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
    resourceLimits: { maxOldGenerationSizeMb: 64 },
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
