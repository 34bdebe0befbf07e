import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openStore, type Store } from "../../src/db/store.ts"
import { type Task, tables } from "../../src/db/tables.ts"
import { claimTasks, finishTask } from "../../src/harness/tasks.ts"

/** Prints how fast tasks are claimed and finished, durably and none twice: `node test/bench/tasks.ts [TASKS]`. Reach: 3,000 claims a second. */
const wanted = Number(process.argv[2] ?? 20_000)
const now = new Date("2026-11-20T09:00:00.000Z")
const clock = () => now

type Way = { name: string; workers: number; count: number; processes: number }
const ways: Way[] = [
  { name: "16 workers, one task at a time", workers: 16, count: 1, processes: 1 },
  { name: "one worker for 10 agents, as many as it has room for", workers: 1, count: 10, processes: 1 },
  { name: "2 processes with 8 workers each", workers: 8, count: 1, processes: 2 },
]

const [, , , path, way] = process.argv
if (path && way) await beChild(path, JSON.parse(way))
else await compare()

async function compare(): Promise<void> {
  const table = []
  for (const way of ways) {
    const folder = mkdtempSync(join(tmpdir(), "giant-bench-"))
    const path = join(folder, "giant.db")
    const store = openStore(path)
    await fill(store)
    const { ids, seconds } = way.processes === 1 ? await workOff(store, way, "one") : await share(path, way)
    table.push({
      way: way.name,
      tasks: ids.length,
      twice: ids.length - new Set(ids).size,
      "claims a second": Math.round(ids.length / seconds),
    })
    await store.close()
    rmSync(folder, { recursive: true })
  }
  console.table(table)
}

async function fill(store: Store): Promise<void> {
  const at = now.toISOString()
  for (let first = 0; first < wanted; first += 500) {
    const some = Array.from({ length: Math.min(500, wanted - first) }, (_, i) => first + i + 1)
    const rows = some.map((leadId) => ({ kind: "enrich", leadId, notBefore: at, createdAt: at, updatedAt: at }))
    await store.write((db) => db.insert(tables.tasks).values(rows))
  }
}

type Worked = { ids: number[]; seconds: number }

/** Claims and finishes until nothing is left. */
async function workOff(store: Store, { workers, count }: Way, name: string): Promise<Worked> {
  const ids: number[] = []
  let claims = 0
  const claim = (): Promise<Task[]> => {
    claims += 1
    return claimTasks(store, { leasedBy: `${name}/${claims}`, count, leaseSeconds: 600 }, clock)
  }
  const began = performance.now()
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let claimed = await claim(); claimed.length > 0; claimed = await claim()) {
        ids.push(...claimed.map(({ id }) => id))
        const finished = claimed.map((task) =>
          store.write((db) => finishTask(db, task, { kind: "done", outcome: "Done." }, now)),
        )
        await Promise.all(finished)
      }
    }),
  )
  return { ids, seconds: (performance.now() - began) / 1_000 }
}

/** Processes that begin together; the slowest one's time counts. */
async function share(path: string, way: Way): Promise<Worked> {
  const self = fileURLToPath(import.meta.url)
  const children = Array.from({ length: way.processes }, () =>
    fork(self, [String(wanted), path, JSON.stringify(way)], { execArgv: process.execArgv }),
  )
  await Promise.all(children.map((child) => once(child, "message")))
  const done = children.map(async (child): Promise<Worked> => {
    const [worked] = await once(child, "message")
    return worked
  })
  for (const child of children) child.send("begin")
  const worked = await Promise.all(done)
  return { ids: worked.flatMap(({ ids }) => ids), seconds: Math.max(...worked.map(({ seconds }) => seconds)) }
}

async function beChild(path: string, way: Way): Promise<void> {
  const store = openStore(path)
  process.send?.("ready")
  await once(process, "message")
  process.send?.(await workOff(store, way, `process ${process.pid}`))
  await store.close()
  process.disconnect?.()
}
