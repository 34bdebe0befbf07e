import { parentPort, workerData } from "node:worker_threads"
import Database from "better-sqlite3"
import { buildIndexes } from "./aside.ts"
import type { FromKeeper, ToKeeper } from "./loading.ts"

/** The thread beside a load. Its connection writes nothing but what was written already. */
const connection = new Database(String(workerData), { timeout: 10_000 })
// An index that a loss of power takes away is still noted as put aside, and is built again.
connection.pragma("synchronous = NORMAL")
connection.pragma("wal_autocheckpoint = 8192")
// What is sorted at once has the size of the cache: small lists are sorted faster, and other threads sort some of them.
connection.pragma("cache_size = -2048")
connection.pragma("threads = 2")
const checkpoint = connection.prepare<[], { log: number }>("PRAGMA wal_checkpoint(PASSIVE)")

parentPort?.on("message", (wanted: ToKeeper) => parentPort?.postMessage(answer(wanted)))

function answer(wanted: ToKeeper): FromKeeper {
  try {
    if (wanted === "restore") buildIndexes(connection)
    const [state] = checkpoint.all()
    return { kind: "done", pages: state?.log ?? 0 }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    return { kind: "failed", code: error.code, message: error.message }
  }
}
