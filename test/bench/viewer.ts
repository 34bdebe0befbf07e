import { fork } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { openReader } from "../../src/db/sqlite.ts"
import { openStore, openStoreReadOnly } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { serveViewer } from "../../viewer/serve.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { makeLeads } from "./make-leads.ts"

/** Prints what pages of the viewer cost beside the same SQL asked bare: `node test/bench/viewer.ts [COUNT] [FILE]`. The database is
 * made first and kept for the next time. A handler's time is from the request to the last byte of its JSON or HTML, without the
 * network; handler and SQL take turns, so that a busy machine slows both. */
const rounds = 200
const together = 50
const writers = 10
const host = "127.0.0.1:4400"

const [first, file] = process.argv.slice(2)
if (first === "--write") await write(file ?? "")
else if (first === "--serve") await serve(file ?? "")
else await bench(Number(first ?? 1_000_000), file)

type Case = { name: string; path: string; bare: { sql: string; values: unknown[] }[] }

async function bench(count: number, given: string | undefined) {
  const path = given ?? join(tmpdir(), `giant-viewer-${count}.db`)
  makeLeads(path, count)
  const store = openStoreReadOnly(path)
  const app = createViewer({ store, host: [host], clock: () => new Date() })
  // A browser has its cookie from the first page on.
  const cookie = (await app.request("/", { headers: { host } })).headers.get("set-cookie")?.split(";")[0] ?? ""
  const ask = async (address: string) => (await app.request(address, { headers: { host, cookie } })).text()
  const reader = openReader(path)
  const results = []
  for (const { name, path: address, bare } of cases(count)) {
    const statements = bare.map(({ sql, values }) => ({ statement: reader.prepare(sql), values }))
    const asked: number[] = []
    const known: number[] = []
    for (let round = -100; round < rounds; round++) {
      const took = await timed(() => ask(address))
      const alone = await timed(async () => {
        for (const { statement, values } of statements) statement.all(...values)
      })
      if (round < 0) continue
      asked.push(took)
      known.push(alone)
    }
    const crowd: number[] = []
    for (let round = 0; round < 10; round++) {
      const took = await timed(() => Promise.all(Array.from({ length: together }, () => ask(address))))
      crowd.push(took / together)
    }
    const limit = Math.max(3 * at(known, 0.5), at(known, 0.5) + 1)
    results.push({
      request: name,
      "p50 ms": at(asked, 0.5).toFixed(2),
      "p99 ms": at(asked, 0.99).toFixed(2),
      "SQL p50": at(known, 0.5).toFixed(2),
      "SQL p99": at(known, 0.99).toFixed(2),
      "within 3x or 1 ms": at(asked, 0.5) <= limit,
      [`each of ${together} at once, p99`]: at(crowd, 0.99).toFixed(2),
    })
  }
  console.table(results)
  console.table([
    await whileWriting(path, ask, "/"),
    await whileWriting(path, ask, "/?status=qualified"),
    await whileWriting(path, ask, `/leads/${Math.floor(count / 2)}`),
  ])
  console.table([await download(path, "csv", count), await download(path, "jsonl", count)])
  reader.close()
  await store.close()
}

/** What is asked, and what it takes of SQL. JSON and HTML both, because people wait for the one and agents for the other. */
function cases(count: number): Case[] {
  const columns = ["id", "name", "title", "company", "email", "location", "status", "score", "updated_at", "custom"]
    .map((column) => `leads.${column}`)
    .join(", ")
  const page = (name: string, address: string, rest: string, ...values: unknown[]): Case => ({
    name,
    path: address,
    bare: [{ sql: `SELECT ${columns} FROM leads WHERE merged_into IS NULL AND ${rest} LIMIT 51`, values }],
  })
  const words = (text: string) => ({
    sql: `SELECT ${columns} FROM lead_search JOIN leads ON leads.id = lead_search.rowid
      WHERE lead_search MATCH ? AND merged_into IS NULL ORDER BY lead_search.rowid DESC LIMIT 51`,
    values: [`"${text}"*`],
  })
  const middle = new Date(Date.UTC(2026, 0, 1) + (count / 2) * 1_000).toISOString()
  const half = Math.floor(count / 2)
  const cursor = (sort: string, dir: string, key: string | number, id: number) =>
    Buffer.from(JSON.stringify({ sort, dir, key, id, back: false })).toString("base64url")
  return [
    page("first page", "/", "true ORDER BY created_at DESC, id DESC"),
    page("first page, JSON", "/leads.json", "true ORDER BY created_at DESC, id DESC"),
    page(
      `page at row ${half}`,
      `/?after=${cursor("created_at", "desc", middle, half)}`,
      "created_at < ? ORDER BY created_at DESC, id DESC",
      middle,
    ),
    page("lately changed", "/?sort=updated_at", "true ORDER BY updated_at DESC, id DESC"),
    page("by name", "/?sort=name", "coalesce(name, '') > '' ORDER BY coalesce(name, ''), id"),
    page("by company", "/?sort=company", "coalesce(company, '') > '' ORDER BY coalesce(company, ''), id"),
    page("best score", "/?sort=score", "score IS NOT NULL ORDER BY score DESC, id DESC"),
    page("lately enriched", "/?sort=enriched_at", "enriched_at IS NOT NULL ORDER BY enriched_at DESC, id DESC"),
    page("qualified, newest", "/?status=qualified", "status = 'qualified' ORDER BY created_at DESC, id DESC"),
    page(
      "qualified, by name",
      "/?status=qualified&sort=name",
      "status = 'qualified' AND coalesce(name, '') > '' ORDER BY coalesce(name, ''), id",
    ),
    page(
      "qualified, best score",
      "/?status=qualified&sort=score",
      "status = 'qualified' AND score IS NOT NULL ORDER BY score DESC, id DESC",
    ),
    page("no title, newest", "/?missing=title", "nullif(title, '') IS NULL ORDER BY created_at DESC, id DESC"),
    page("no email, newest", "/?missing=email", "nullif(email, '') IS NULL ORDER BY created_at DESC, id DESC"),
    page("score 70 and up", "/?score%3E=70&sort=score", "score >= 70 ORDER BY score DESC, id DESC"),
    page("ben's, newest", "/?owner=ben", "owner = 'ben' ORDER BY created_at DESC, id DESC"),
    { name: "a common word", path: "/?q=robotics", bare: [words("robotics")] },
    { name: "a rare word", path: `/?q=lead${half}`, bare: [words(`lead${half}`)] },
    {
      name: "one lead",
      path: `/leads/${half}`,
      bare: [
        { sql: "SELECT * FROM leads WHERE id = ?", values: [half] },
        { sql: "SELECT * FROM companies WHERE id = (SELECT company_id FROM leads WHERE id = ?)", values: [half] },
        { sql: "SELECT * FROM facts WHERE entity = 'lead' AND entity_id = ?", values: [half] },
        { sql: "SELECT * FROM changes WHERE table_name = 'leads' AND row_id = ?", values: [half] },
        { sql: "SELECT * FROM timeline WHERE lead_id = ? ORDER BY at DESC", values: [half] },
        { sql: "SELECT * FROM tasks WHERE lead_id = ?", values: [half] },
        { sql: "SELECT * FROM runs WHERE lead_id = ?", values: [half] },
      ],
    },
    {
      name: "counts by status",
      path: "/leads/counts.json",
      bare: ["new", "qualified", "contacted", "replied", "meeting", "won", "lost"].map((status) => ({
        sql: "SELECT count(*) FROM (SELECT 1 FROM leads WHERE status = ? LIMIT 10001)",
        values: [status],
      })),
    },
    {
      name: "counts, no title",
      path: "/leads/counts.json?missing=title",
      bare: [
        {
          sql: `SELECT status, count(*) FROM (SELECT status FROM leads
            WHERE nullif(title, '') IS NULL AND merged_into IS NULL LIMIT 10001) GROUP BY status`,
          values: [],
        },
      ],
    },
  ]
}

/** A page's time alone, and while ten writers change leads in another process. */
async function whileWriting(path: string, ask: (address: string) => Promise<string>, address: string) {
  const alone = await waits(ask, address)
  const child = fork(fileURLToPath(import.meta.url), ["--write", path])
  await once(child, "message")
  const busy = await waits(ask, address)
  child.send("stop")
  const [written] = await once(child, "message")
  await once(child, "exit")
  return {
    request: address,
    "p99 alone": at(alone, 0.99).toFixed(2),
    [`p99 with ${writers} writers`]: at(busy, 0.99).toFixed(2),
    "p50 alone": at(alone, 0.5).toFixed(2),
    [`p50 with ${writers} writers`]: at(busy, 0.5).toFixed(2),
    "written meanwhile": written,
  }
}

async function waits(ask: (address: string) => Promise<string>, address: string): Promise<number[]> {
  const found: number[] = []
  for (let round = 0; round < rounds; round++) {
    found.push(await timed(() => ask(address)))
    // Nobody clicks without a pause.
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  return found
}

async function write(path: string) {
  const store = openStore(path)
  let written = 0
  let isOver = false
  process.on("message", () => {
    isOver = true
  })
  const at = new Date(Date.UTC(2020, 0, 1)).toISOString()
  const one = async () => {
    while (!isOver) {
      const values = { name: "Nobody Written", createdAt: at, updatedAt: at }
      await store.change({ actor: "human:ada", kind: "edit" }, (db) => db.insert(tables.leads).values(values))
      written++
    }
  }
  const all = Array.from({ length: writers }, one)
  process.send?.("writing")
  await Promise.all(all)
  await store.close()
  process.send?.(written)
  process.disconnect?.()
}

/** A whole table, from a process that does nothing else. Its memory is what it holds of its own, without the database file that the
 * system maps into it and takes back at will. */
async function download(path: string, kind: string, count: number) {
  const child = fork(fileURLToPath(import.meta.url), ["--serve", path])
  const [url] = await once(child, "message")
  let bytes = 0
  const took = await timed(async () => {
    const answer = await fetch(`${url}/leads.${kind}`)
    for await (const chunk of answer.body ?? []) bytes += chunk.length
  })
  child.send("stop")
  const [memory] = await once(child, "message")
  return {
    file: `leads.${kind}`,
    "rows/s": Math.round(count / (took / 1_000)),
    seconds: (took / 1_000).toFixed(1),
    MB: Math.round(bytes / 1e6),
    ...memory,
  }
}

async function serve(path: string) {
  const store = openStoreReadOnly(path)
  const viewer = await serveViewer({ store, clock: () => new Date(), port: 0 })
  const before = ownMemory()
  let most = 0
  setInterval(() => {
    most = Math.max(most, ownMemory())
  }, 20)
  process.once("message", () => {
    process.send?.({ "memory before, MB": before, "at most, MB": most })
    process.exit()
  })
  process.send?.(viewer.url)
}

function ownMemory(): number {
  const status = process.platform === "linux" ? readFileSync("/proc/self/status", "utf8") : ""
  const anonymous = /^RssAnon:\s+(\d+) kB$/m.exec(status)?.[1]
  return Math.round(anonymous ? Number(anonymous) / 1_000 : process.memoryUsage().rss / 1e6)
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

function at(times: number[], share: number): number {
  const sorted = times.toSorted((one, other) => one - other)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0
}
