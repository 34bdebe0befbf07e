import { fork } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { openReader } from "../../src/db/sqlite.ts"
import { openStoreReadOnly } from "../../src/db/store.ts"
import { openAside } from "../../viewer/aside.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { makeLeads } from "./make-leads.ts"
import { makeKnown } from "./viewer-known.ts"

/** Prints what pages of the viewer cost beside the same SQL asked bare, alone, fifty at a time and while ten agents work, and what whole
 * tables cost: `node test/bench/viewer.ts [COUNT] [FILE]`. The database is made first and kept for the next time. A handler's time is
 * from the request to the last byte of its answer, without the network; handler and SQL take turns, so that a busy machine slows both. */
const rounds = 300
const together = 50
const host = "127.0.0.1:4400"
const asLaunched = join(import.meta.dirname, "as-launched.js")

const [first, file] = process.argv.slice(2)
await bench(Number(first ?? 1_000_000), file)

type Case = { name: string; path: string; bare: { sql: string; values: unknown[] }[] }
type Ask = (address: string) => Promise<string>

async function bench(count: number, given: string | undefined) {
  const path = given ?? join(tmpdir(), `giant-viewer-${count}.db`)
  makeLeads(path, count)
  await makeKnown(path, Math.floor(count / 2))
  const store = openStoreReadOnly(path)
  const aside = openAside(path)
  const app = createViewer({ store, host: [host], clock: () => new Date(), aside })
  // A browser has its cookie from the first page on.
  const cookie = (await app.request("/", { headers: { host } })).headers.get("set-cookie")?.split(";")[0] ?? ""
  const ask: Ask = async (address) => (await app.request(address, { headers: { host, cookie } })).text()
  const asked = cases(count)
  const results = []
  for (const one of asked) results.push({ ...(await besideSql(path, ask, one)), ...(await manyAtOnce(ask, one.path)) })
  const [agents, written] = await whileAgentsWork(path, ask, asked)
  const rows = results.map((result, at) => ({ ...result, ...agents[at] }))
  // What a server has compiled once is there for the next, as with `giant`.
  await download(path, "csv", count)
  const files = [await download(path, "csv", count), await download(path, "jsonl", count)]
  console.table([...rows, ...files])
  console.log(`The agents changed ${written.toFixed(0)} values a second.`)
  aside.close()
  await store.close()
}

/** A page alone, in turns with its SQL. */
async function besideSql(path: string, ask: Ask, { name, path: address, bare }: Case) {
  const reader = openReader(path)
  const statements = bare.map(({ sql, values }) => ({ statement: reader.prepare(sql), values }))
  const [page, sql]: [number[], number[]] = [[], []]
  for (let round = -100; round < rounds; round++) {
    const took = await timed(() => ask(address))
    const alone = await timed(async () => {
      for (const { statement, values } of statements) statement.all(...values)
    })
    if (round < 0) continue
    page.push(took)
    sql.push(alone)
  }
  reader.close()
  const isWithin = (share: number) => at(page, share) <= Math.max(3 * at(sql, share), at(sql, share) + 1)
  return {
    request: name,
    ...{ "p50 ms": shown(at(page, 0.5)), "p99 ms": shown(at(page, 0.99)) },
    ...{ "SQL p50": shown(at(sql, 0.5)), "SQL p99": shown(at(sql, 0.99)) },
    ...{ "3x or 1 ms, p50": isWithin(0.5), "3x or 1 ms, p99": isWithin(0.99) },
  }
}

/** How long each of fifty waits that ask at the same moment. */
async function manyAtOnce(ask: Ask, address: string) {
  const waited: number[] = []
  for (let round = 0; round < 8; round++) {
    const all = Array.from({ length: together }, async () => waited.push(await timed(() => ask(address))))
    await Promise.all(all)
  }
  return { [`${together} at once, p99`]: shown(at(waited, 0.99)) }
}

/** Each page's p99 while ten agents work in another process, in turns with as long a time without them, so that a busy machine slows
 * both. */
async function whileAgentsWork(path: string, ask: Ask, asked: Case[]): Promise<[Record<string, string>[], number]> {
  const child = fork(join(import.meta.dirname, "viewer-agents.ts"), [path])
  await once(child, "message")
  const times = asked.map(() => ({ alone: [] as number[], busy: [] as number[] }))
  let working = 0
  for (let turn = 0; turn < 6; turn++) {
    child.send(turn % 2 === 1 ? "work" : "rest")
    await sleep(300)
    const began = performance.now()
    for (let round = 0; round < rounds / 3; round++) {
      for (const [at, one] of asked.entries()) {
        times[at]?.[turn % 2 === 1 ? "busy" : "alone"].push(await timed(() => ask(one.path)))
        // Nobody clicks without a pause.
        await sleep(1)
      }
    }
    if (turn % 2 === 1) working += performance.now() - began + 300
  }
  child.send("stop")
  const [written] = await once(child, "message")
  await once(child, "exit")
  const found = times.map(({ alone, busy }) => ({
    "alone, p99": shown(at(alone, 0.99)),
    "10 agents at work, p99": shown(at(busy, 0.99)),
  }))
  return [found, (written / working) * 1_000]
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
        {
          sql: `SELECT * FROM evidence WHERE id IN (SELECT evidence_id FROM facts WHERE entity = 'lead' AND entity_id = ?)`,
          values: [half],
        },
        { sql: "SELECT * FROM identities WHERE lead_id = ?", values: [half] },
        {
          sql: `SELECT * FROM changes JOIN changesets ON changesets.id = changeset_id
            WHERE table_name = 'leads' AND row_id = ? ORDER BY changes.id DESC`,
          values: [half],
        },
        { sql: "SELECT * FROM drafts WHERE lead_id = ?", values: [half] },
        { sql: "SELECT * FROM reminders WHERE lead_id = ?", values: [half] },
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

/** A whole table, from a process that does nothing else. Its memory is what it holds of its own, without the database file that the
 * system maps into it and takes back at will. */
async function download(path: string, kind: string, count: number) {
  const child = fork(join(import.meta.dirname, "viewer-server.ts"), [path], { execArgv: ["--import", asLaunched] })
  const [url] = await once(child, "message")
  let bytes = 0
  const took = await timed(async () => {
    const answer = await fetch(`${url}/leads.${kind}`)
    for await (const chunk of answer.body ?? []) bytes += chunk.length
  })
  child.send("stop")
  const [memory] = await once(child, "message")
  return {
    request: `leads.${kind}, all ${count}`,
    "rows/s": Math.round(count / (took / 1_000)),
    "MB sent": Math.round(bytes / 1e6),
    ...memory,
  }
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

function shown(milliseconds: number): string {
  return milliseconds.toFixed(2)
}
