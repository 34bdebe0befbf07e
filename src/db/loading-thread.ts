import { parentPort, workerData } from "node:worker_threads"
import Database from "better-sqlite3"
import { buildIndexes } from "./aside.ts"
import type { FromKeeper, ToKeeper } from "./loading.ts"

/** The thread beside a load. Its connection writes nothing but what was written already. */
const connection = new Database(String(workerData), { timeout: 10_000 })
connection.pragma("synchronous = FULL")
connection.pragma("cache_size = -4096")
const checkpoint = connection.prepare<[], { log: number; checkpointed: number }>("PRAGMA wal_checkpoint(PASSIVE)")

parentPort?.on("message", (wanted: ToKeeper) => parentPort?.postMessage(answer(wanted)))

function answer(wanted: ToKeeper): FromKeeper {
  try {
    if (wanted === "restore") buildIndexes(connection)
    const [state] = checkpoint.all()
    return { kind: "done", left: state ? state.log - state.checkpointed : 0 }
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    return { kind: "failed", code: error.code, message: error.message }
  }
}
