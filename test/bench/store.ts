import { fork } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openWriter } from "../../src/db/sqlite.ts"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

/** Prints what durable writes cost beside bare SQLite: `node test/bench/store.ts`. Each write inserts a lead with its journal and its
 * search, and returns when it is on disk. The ways take turns, second by second, so that a busy machine slows all of them. */
const clients = 16
const rounds = 5
const milliseconds = 1_000
const at = "2026-11-01T09:00:00.000Z"

type Slice = { waits: number[]; counts: number[] }
type Way = { name: string; slice(): Promise<Slice>; close(): Promise<void> }

const child = process.argv[2]
if (child) await runChild(child)
else await runBench()

async function runBench() {
  const folder = mkdtempSync(join(tmpdir(), "giant-bench-"))
  const ways = [
    bare(join(folder, "one.db"), "bare SQLite, each row a transaction", 1),
    bare(join(folder, "group.db"), `bare SQLite, ${clients} rows a transaction`, clients),
    store(join(folder, "store.db")),
    await processes(join(folder, "processes.db")),
  ]
  const slices = new Map<Way, Slice[]>(ways.map((way) => [way, []]))
  for (let round = 0; round < rounds; round++) for (const way of ways) slices.get(way)?.push(await way.slice())
  const [base] = ways
  console.table(ways.map((way) => summary(way.name, slices.get(way) ?? [], base ? (slices.get(base) ?? []) : [])))
  for (const way of ways) await way.close()
  rmSync(folder, { recursive: true })
}

function bare(path: string, name: string, perTransaction: number): Way {
  const writer = openWriter(path)
  const changeset = writer.prepare("INSERT INTO changesets (actor, kind, created_at) VALUES ('human:ada', 'edit', ?)")
  const context = writer.prepare("UPDATE journal_context SET changeset_id = ?")
  const insert = writer.prepare(
    "INSERT INTO leads (name, title, company, email, custom, created_at, updated_at) VALUES (?, ?, ?, ?, '{}', ?, ?)",
  )
  return {
    name,
    async slice() {
      const waits: number[] = []
      for (const end = performance.now() + milliseconds; performance.now() < end; ) {
        const began = performance.now()
        writer.exec("BEGIN IMMEDIATE")
        for (let i = 0; i < perTransaction; i++) {
          const lead = nextLead()
          context.run(changeset.run(at).lastInsertRowid)
          insert.run(lead.name, lead.title, lead.company, lead.email, at, at)
          context.run(null)
        }
        writer.exec("COMMIT")
        for (let i = 0; i < perTransaction; i++) waits.push(performance.now() - began)
      }
      return { waits, counts: [waits.length] }
    },
    close: async () => void writer.close(),
  }
}

function store(path: string): Way {
  const opened = openStore(path)
  return {
    name: `the store, ${clients} clients`,
    async slice() {
      const slices = await Promise.all(Array.from({ length: clients }, () => client(opened)))
      return { waits: slices.flat(), counts: slices.map((waits) => waits.length) }
    },
    close: () => opened.close(),
  }
}

async function processes(path: string): Promise<Way> {
  await openStore(path).close()
  const children = Array.from({ length: clients }, () => fork(fileURLToPath(import.meta.url), [path]))
  await Promise.all(children.map((one) => heard(one)))
  return {
    name: `the store, ${clients} processes`,
    async slice() {
      const slices = await Promise.all(
        children.map((one) => {
          const answer = heard(one)
          one.send("go")
          return answer
        }),
      )
      return { waits: slices.flat(), counts: slices.map((waits) => waits.length) }
    },
    async close() {
      for (const one of children) one.disconnect()
    },
  }
}

function heard(process: ReturnType<typeof fork>): Promise<number[]> {
  return new Promise((resolve, reject) => {
    process.once("message", (waits: number[]) => resolve(waits))
    process.once("exit", (code) => reject(new Error(`A writing process ended with ${code}.`)))
  })
}

async function runChild(path: string) {
  const opened = openStore(path)
  process.on("message", async () => process.send?.(await client(opened)))
  process.once("disconnect", () => opened.close())
  process.send?.([])
}

/** Writes one lead after another, and returns how long each took. */
async function client(opened: ReturnType<typeof openStore>): Promise<number[]> {
  const waits: number[] = []
  for (const end = performance.now() + milliseconds; performance.now() < end; ) {
    const began = performance.now()
    await opened.change({ actor: "human:ada", kind: "edit" }, (db) => db.insert(tables.leads).values(nextLead()))
    waits.push(performance.now() - began)
  }
  return waits
}

function nextLead() {
  const n = Math.floor(Math.random() * 1e9)
  return {
    name: `Ada Brook ${n}`,
    title: "Head of Sales",
    company: `Brook ${n % 1000}`,
    email: `ada.${n}@brook.example`,
    createdAt: at,
    updatedAt: at,
  }
}

function summary(name: string, slices: Slice[], base: Slice[]) {
  const waits = slices.flatMap((slice) => slice.waits).toSorted((a, b) => a - b)
  const ratios = slices.map((slice, i) => slice.waits.length / (base[i]?.waits.length ?? 1)).toSorted((a, b) => a - b)
  const totals = slices[0]?.counts.map((_, i) => slices.reduce((sum, { counts }) => sum + (counts[i] ?? 0), 0)) ?? []
  const ms = (share: number) => `${(waits[Math.floor((waits.length - 1) * share)] ?? 0).toFixed(1)} ms`
  return {
    way: name,
    "writes/s": Math.round((waits.length * 1000) / (rounds * milliseconds)),
    "to the first": `${(ratios[Math.floor(ratios.length / 2)] ?? 0).toFixed(2)}x`,
    median: ms(0.5),
    p99: ms(0.99),
    longest: ms(1),
    "least to most served": (Math.min(...totals) / Math.max(...totals)).toFixed(2),
  }
}
