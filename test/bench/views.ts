import { catalogue } from "../../src/actions/catalogue.ts"
import { openChecker } from "../../src/actions/check.ts"
import { declarationsOf } from "../../src/actions/declarations.ts"
import { openGate } from "../../src/actions/gate.ts"
import { checkingOf } from "../../src/actions/offering.ts"
import type { Services } from "../../src/actions/services.ts"
import { modelTools } from "../../src/actions/tools.ts"
import { openViewRoom } from "../../src/cli/view-room.ts"
import { tables } from "../../src/db/tables.ts"
import { openSandbox } from "../../src/sandbox/sandbox.ts"
import { testChromium } from "../chromium.ts"
import { addLeads, startRun } from "../viewer/sample.ts"
import { everything, me, openViewBench, startPersonsBrowser } from "../viewer/view-bench.ts"

/** Prints how long it takes from the end of the model's answer to a page that can be used: `node test/bench/views.ts [ROUNDS]`. */
const rounds = Number(process.argv[2] ?? 10)
const bench = await openViewBench()
const { store } = bench
const leads = Array.from({ length: 500 }, (_, at) => ({ name: `Lead ${at}`, title: "CTO", score: at % 100 }))
await addLeads(store, leads, "2026-11-17T09:00:00.000Z")
await store.change({ actor: "agent:writer", kind: "run" }, async (db) => {
  for (let leadId = 1; leadId <= 20; leadId += 1) {
    const at = "2026-11-17T10:00:00.000Z"
    const draft = {
      channel: "linkedin-message" as const,
      recipient: `lead-${leadId}`,
      body: "Hello.",
      author: "agent:writer",
    }
    await db.insert(tables.drafts).values({ ...draft, leadId, createdAt: at, updatedAt: at })
  }
})

const views: Record<string, { code: string; usable: string }> = {
  "review of 20 drafts": {
    code: `return show(await views.make({ title: "Review", queries: { drafts: { sql: "SELECT id AS draft_id FROM drafts WHERE state = 'draft'" } }, parts: [{ type: "review", query: "drafts" }] }))`,
    usable: ".review-card.at .draft-card",
  },
  "board, table, chart, stat": {
    code: `return show(await views.make({ title: "Week", queries: {
  all: { sql: "SELECT id AS lead_id, name, title, status, score FROM leads ORDER BY score DESC" },
  counts: { sql: "SELECT status, count(*) AS leads FROM leads GROUP BY status" },
  total: { sql: "SELECT count(*) AS n FROM leads" } },
  actions: { move: { call: "leads.stage", args: ["$lead_id", "$to"] } },
  parts: [{ type: "stat", query: "total", label: "Leads" }, { type: "chart", query: "counts", kind: "bar", x: "status", y: "leads" },
  { type: "table", query: "all" }, { type: "board", query: "all", by: "status", values: ["new", "won"], move: "move" }] }))`,
    usable: ".view-board .view-card",
  },
  "free HTML": {
    code: `return show(await views.make({ title: "Free", queries: { all: { sql: "SELECT name FROM leads LIMIT 20" } },
  html: "<ul id=u></ul><script>view.rows('all').then((rows) => { for (const { name } of rows) u.append(Object.assign(document.createElement('li'), { textContent: name })) })</script>" }))`,
    usable: "iframe[title]",
  },
}

const sandbox = openSandbox()
const checker = openChecker(declarationsOf(catalogue))
checker.warm()
const room = openViewRoom({ store, path: store.home }, testChromium)
const browser = await startPersonsBrowser()
const page = await (await browser.newContext({ baseURL: bench.viewer.url })).newPage()
const run = await startRun(store, { startedAt: new Date().toISOString(), person: me })
const services = { views: checkingOf(catalogue, everything, room) } as Services
const context = {
  ...{ store, services, runId: run.id, person: me, taskId: null, leadId: null, promptIsForeign: false },
  author: { actor: "agent:sales", kind: "run", runId: run.id },
  settle() {},
  clock: () => new Date(),
  signal: new AbortController().signal,
}
const gate = openGate(catalogue, everything, context)
const [execute] = modelTools({ catalogue, gate, sandbox, checker, context, isSettled: () => false })

const rows: Record<string, object> = {}
for (const [name, { code, usable }] of Object.entries(views)) {
  const made: number[] = []
  const shown: number[] = []
  for (let round = 0; round <= rounds; round += 1) {
    const began = performance.now()
    const result = await execute?.run({ code }, { signal: context.signal })
    const isMade = performance.now()
    const { path } = (result?.ends?.answer ?? {}) as { path?: string }
    if (path === undefined) throw new Error(result?.text)
    await page.goto(path, { waitUntil: "commit" })
    await page.locator(usable).first().waitFor()
    if (usable.startsWith("iframe")) await page.frameLocator(usable).locator("li").first().waitFor()
    if (round === 0) continue
    made.push(isMade - began)
    shown.push(performance.now() - began)
  }
  rows[name] = {
    "made and tried": middle(made),
    "usable, p50": middle(shown),
    "usable, worst": Math.round(Math.max(...shown)),
  }
}
console.table(rows)
console.log(`milliseconds over ${rounds} rounds, from the end of the model's answer; to reach: 1,000`)
await browser.close()
await room.close()
await checker.close()
await sandbox.close()
await bench.close()

function middle(times: number[]): number {
  return Math.round(times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0)
}
