import { type ChildProcess, fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { setPriority, tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { openStore } from "../../src/db/store.ts"
import { faultsOf } from "./consistency.ts"

const writer = fileURLToPath(new URL("writer.ts", import.meta.url))
const writers = 3

/** Ends writing processes at random moments, as often as `times`, while others go on writing. */
export async function killWriters(times: number, onKill: (kills: number) => void = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), "giant-kill-"))
  const path = join(folder, "giant.db")
  await openStore(path).close()
  const acknowledged = new Set<string>()
  const running: ChildProcess[] = []
  let started = 0

  /** Resolves when the process has written something. */
  async function start(): Promise<void> {
    const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, "compiled") }
    const child = fork(writer, [path, String(started++)], { env })
    child.on("message", (name: string) => acknowledged.add(name))
    await new Promise((resolve, reject) => {
      child.once("message", resolve)
      child.once("exit", (code) => code !== null && reject(new Error(`A writing process ended with ${code}.`)))
    })
    // Who starts goes before those who write on and on.
    if (child.pid !== undefined) setPriority(child.pid, 10)
    running.push(child)
  }

  async function kill(): Promise<void> {
    const [child] = running.splice(Math.floor(Math.random() * running.length), 1)
    if (!child) return
    if (child.exitCode !== null) throw new Error(`A writing process ended with ${child.exitCode}.`)
    const ended = new Promise((resolve) => child.once("close", resolve))
    child.kill("SIGKILL")
    await ended
  }

  for (let i = 0; i < writers; i++) await start()
  for (let kills = 1; kills <= times; kills++) {
    const next = start()
    await sleep(Math.random() * 100)
    await kill()
    await next
    onKill(kills)
  }
  while (running.length > 0) await kill()
  const faults = faultsOf(path)
  const database = new Database(path)
  const names = new Set(database.prepare("SELECT name FROM leads").pluck().all())
  database.close()
  rmSync(folder, { recursive: true })
  return { acknowledged: acknowledged.size, lost: [...acknowledged].filter((name) => !names.has(name)).length, faults }
}

if (import.meta.main) {
  const times = Number(process.argv[2] ?? 1_000)
  console.log(await killWriters(times, (kills) => kills % 50 === 0 && console.log(`${kills} of ${times}`)))
}
