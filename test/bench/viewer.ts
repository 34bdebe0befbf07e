import { fork } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { openReader } from "../../src/db/sqlite.ts"
import { openStoreReadOnly } from "../../src/db/store.ts"
import { openAside } from "../../viewer/aside.ts"
import { createViewer } from "../../viewer/viewer.ts"
import { type Ask, openListener } from "./listener.ts"
import { makeLeads } from "./make-leads.ts"
import { makeKnown, makeWorked } from "./viewer-known.ts"

/** Prints what pages of the viewer cost beside the same SQL asked bare, alone, fifty at a time and while ten agents work; what the other
 * pages cost; and what whole tables cost: `node test/bench/viewer.ts [COUNT] [FILE]`. The database is made first and kept for the next
 * time. A handler's time is from the request to the last byte of its answer, without the network; handler and SQL take turns, so that a
 * busy machine slows both. */
const rounds = 1_000
const together = 50
/** Turns in which agents work, and rounds over all pages in each. */
const turnsEach = 6
const roundsATurn = 80
const host = "127.0.0.1:4400"
const asLaunched = join(import.meta.dirname, "as-launched.js")
/** How long each of the ten agents takes for a lead, in milliseconds: as fast as a model can be, which is a lead a second in all, and
 * forty times that. */
const paces = { "10 agents": 10_000, "10 agents, 40x": 250 }

const [first, file] = process.argv.slice(2)
await bench(Number(first ?? 1_000_000), file)

type Case = { name: string; path: string; bare: { sql: string; values: unknown[] }[] }

async function bench(count: number, given: string | undefined) {
  const path = given ?? join(tmpdir(), `giant-viewer-${count}.db`)
  makeLeads(path, count)
  makeWorked(path, count)
  await makeKnown(path, Math.floor(count / 2))
  const store = openStoreReadOnly(path)
  const aside = openAside(path)
  const app = createViewer({ store, host: [host], clock: () => new Date(), aside })
  // A browser has its cookie from the first page on.
  const cookie = (await app.request("/", { headers: { host } })).headers.get("set-cookie")?.split(";")[0] ?? ""
  const ask = openListener(app.fetch, { host, cookie })
  const asked = cases(count)
  const results = []
  for (const one of asked) results.push({ ...(await besideSql(path, ask, one)), ...(await manyAtOnce(ask, one.path)) })
  const [agents, enriched] = await whileAgentsWork(path, ask, asked)
  console.table(results.map((result, at) => ({ ...result, ...agents[at] })))
  console.log(enriched)
  console.table(await others(ask, count))
  // What a server has compiled once is there for the next, as with `giant`.
  await download(path, "csv", count)
  console.table([await download(path, "csv", count), await download(path, "jsonl", count)])
  aside.close()
  await store.close()
}

/** A page alone, in turns with its SQL. */
async function besideSql(path: string, ask: Ask, { name, path: address, bare }: Case) {
  const reader = openReader(path)
  const statements = bare.map(({ sql, values }) => ({ statement: reader.prepare(sql), values }))
  const [page, sql]: [number[], number[]] = [[], []]
  for (let round = -200; round < rounds; round++) {
    const took = await ask(address)
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

/** Each page's p99, and what it takes of this process's CPU on average, alone and while ten agents work in another process: in turns,
 * so that a busy machine slows all of them. */
async function whileAgentsWork(path: string, ask: Ask, asked: Case[]): Promise<[Record<string, string>[], string]> {
  const child = fork(join(import.meta.dirname, "viewer-agents.ts"), [path])
  await once(child, "message")
  const turns = { alone: "rest" as const, ...paces }
  const found = asked.map(() => ({}) as Record<string, string>)
  const times = Object.entries(turns).map(([name, pace]) => ({
    name,
    pace,
    of: asked.map(() => [] as number[]),
    cpu: 0,
  }))
  for (let turn = 0; turn < turnsEach; turn++) {
    // The first page after a rest takes longer, whoever works: each time it is another.
    const order = [...asked.entries()]
    order.push(...order.splice(0, turn * 3))
    for (const one of times) {
      child.send(one.pace)
      await sleep(300)
      const before = process.cpuUsage()
      for (let round = 0; round < roundsATurn; round++) {
        for (const [at, address] of order) {
          one.of[at]?.push(await ask(address.path))
          // Nobody clicks without a pause.
          await sleep(1)
        }
      }
      const { user, system } = process.cpuUsage(before)
      one.cpu += (user + system) / 1_000
    }
  }
  child.send("stop")
  const [enriched] = await once(child, "message")
  await once(child, "exit")
  for (const { name, of } of times) {
    for (const [nth, all] of of.entries()) {
      const row = found[nth]
      if (row) row[`${name}, p99`] = shown(at(all, 0.99))
    }
  }
  const pages = asked.length * roundsATurn * turnsEach
  const took = times.map(({ name, cpu }) => `${name}: ${(cpu / pages).toFixed(2)} ms`).join(", ")
  return [found, `This process's CPU for a page on average: ${took}. The agents enriched ${enriched} leads meanwhile.`]
}

/** The first page of what else there is: what it takes when it is there, and how long one waits until everything is. */
async function others(ask: Ask, count: number) {
  const pages = [
    ...[
      "/companies",
      "/facts",
      "/facts?state=suggested",
      "/changes",
      "/tasks",
      "/tasks?state=open",
      "/runs",
      "/drafts",
    ],
    ...[
      "/drafts?state=draft",
      "/drafts/review",
      "/evidence",
      "/stats",
      "/duplicates",
      `/leads/${count / 2}?part=duplicates`,
    ],
    ...["/?q=robotics&status=won", "/?q=ada&sort=name", "/?status=new&owner=ben", "/?status=qualified&score%3E=70"],
    ...["/?title~=cto&location~=porto", "/?group=status", "/?group=company", "/?group=owner", "/?sort=email"],
    ...["/?sort=custom.seats", "/?custom.booth=B4", "/leads/counts.json?q=robotics", "/runs/counts.json"],
  ]
  const rows = []
  for (const page of pages) {
    const first = await ask(page)
    const times: number[] = []
    for (let round = 0; round < 30; round++) times.push(await ask(page))
    rows.push({ page, "first ms": shown(first), "p50 ms": shown(at(times, 0.5)), "p99 ms": shown(at(times, 0.99)) })
  }
  return rows
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
