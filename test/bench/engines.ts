import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { placeOf } from "../../src/db/place.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { claimTasks } from "../../src/harness/tasks.ts"
import { findLeads, leadQuery } from "../../src/leads/find.ts"
import { learn } from "../../src/leads/learn.ts"
import { postgresPrograms, startPostgres } from "../postgres/server.ts"

// How much of each kind of work both engines do in a second, with 1, 3 and 10 writers, each with connections of its own as on machines
// of their own. A durable server on this machine; slices of one engine and the other in turn, so that both see the same machine.
const leadCount = 10_000
const sliceMs = 700
const rounds = 3
const writers = [1, 3, 10]

type Work = {
  name: string
  before?: (store: Store) => Promise<unknown>
  step: (store: Store, writer: number, n: number) => Promise<number>
}

const clock = () => new Date()
const now = clock().toISOString()

const works: Work[] = [
  {
    name: "claims",
    before: (store) => store.write((db) => db.update(tables.tasks).set({ state: "open", leasedBy: null, attempts: 0 })),
    step: async (store, writer) =>
      (await claimTasks(store, { leasedBy: `writer ${writer}`, count: 5, leaseSeconds: 60 }, clock)).length,
  },
  {
    name: "learns",
    async step(store, writer, n) {
      const subject = { entity: "lead" as const, id: 1 + ((writer * 499 + n) % leadCount) }
      const fact = { field: "title", value: `Head of ${writer} ${n}`, reason: "It says so." }
      await learn(store, { actor: "agent:bench", kind: "run", runId: writer + 1 }, subject, [fact], clock())
      return 1
    },
  },
  {
    name: "pages",
    async step(store, writer, n) {
      const sort = (["created_at", "name", "company"] as const)[n % 3]
      const words = n % 4 === 0 ? { q: `lead ${(writer * 31 + n) % leadCount}` } : { sort }
      const { rows } = await findLeads(store, leadQuery.parse({ ...words, limit: 50 }))
      return rows.length >= 0 ? 1 : 0
    },
  },
]

if (postgresPrograms()) await measure()
else console.log("There is no Postgres on this machine (apt install postgresql), so there is nothing to compare.")

async function measure() {
  const folder = mkdtempSync(join(tmpdir(), "giant-engines-"))
  const server = await startPostgres({ isDurable: true })
  try {
    const places = [
      { name: "SQLite", place: placeOf(join(folder, "giant.db")) },
      { name: "Postgres", place: placeOf(await server.newDatabase(), folder) },
    ]
    const engines = await Promise.all(
      places.map(async ({ name, place }) => {
        const stores = Array.from({ length: 10 }, () => openStore(place))
        await fill(stores[0] as Store)
        return { name, stores }
      }),
    )
    console.log("per second            writers    SQLite  Postgres  Postgres/SQLite")
    for (const work of works) {
      for (const count of writers) {
        const done = engines.map(() => 0)
        for (let round = 0; round < rounds; round += 1) {
          for (const [i, { stores }] of engines.entries())
            done[i] = (done[i] ?? 0) + (await slice(work, stores.slice(0, count)))
        }
        const [sqlite = 0, postgres = 0] = done.map((amount) => amount / rounds)
        console.log(
          `${work.name.padEnd(20)} ${String(count).padStart(8)} ${sqlite.toFixed(0).padStart(9)} ${postgres.toFixed(0).padStart(9)} ${(postgres / sqlite).toFixed(2).padStart(16)}`,
        )
      }
    }
    for (const { stores } of engines) await Promise.all(stores.map((store) => store.close()))
  } finally {
    await server.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Per second, by as many writers at once. */
async function slice(work: Work, stores: Store[]): Promise<number> {
  await work.before?.(stores[0] as Store)
  const began = performance.now()
  const done = await Promise.all(
    stores.map(async (store, writer) => {
      let sum = 0
      for (let n = 0; performance.now() - began < sliceMs; n += 1) sum += await work.step(store, writer, n)
      return sum
    }),
  )
  return done.reduce((sum, one) => sum + one, 0) / ((performance.now() - began) / 1_000)
}

async function fill(store: Store) {
  const rows = Array.from({ length: leadCount }, (_, i) => [`Lead ${i}`, `Company ${i % 300}`, now, now])
  await store.change({ actor: "import", kind: "import" }, (db) =>
    db.bulk.insert("leads", ["name", "company", "createdAt", "updatedAt"], rows),
  )
  await store.load().end()
  const tasks = Array.from({ length: leadCount }, (_, i) => ({
    ...{ kind: "enrich", leadId: i + 1, notBefore: now, createdAt: now, updatedAt: now },
  }))
  for (let at = 0; at < tasks.length; at += 500) {
    await store.write((db) => db.insert(tables.tasks).values(tasks.slice(at, at + 500)))
  }
}
