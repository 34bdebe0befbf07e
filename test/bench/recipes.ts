import { execFile } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import { sql } from "drizzle-orm"
import { addAccount } from "../../src/browser/accounts.ts"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { nextReply } from "../../src/rehearsal/mind.ts"
import { type Block, type ModelRequestBody, startMessagesServer } from "../harness/messages-server.ts"
import { awkwardKinds, hundredLeads, hundredLeadsCsv } from "../recipes/hundred-leads.ts"
import { writePages } from "../recipes/hundred-pages.ts"

// The same enrichment of a hundred leads three ways, by a scripted model on the offline web: what the model is sent, how often it
// is asked, and whether the same facts come of it. `node test/bench/recipes.ts`; --leads N takes the first N.

const root = resolve(import.meta.dirname, "../..")
const ways = {
  "single tools": { isPlain: true, options: ["--no-recipe"] },
  "code mode": { isPlain: false, options: ["--no-recipe"] },
  "recipe first": { isPlain: false, options: [] },
}
type Way = keyof typeof ways

const wanted = Number(process.argv[process.argv.indexOf("--leads") + 1]) || 100
const leads = hundredLeads().slice(0, wanted)
const folder = mkdtempSync(join(tmpdir(), "giant-bench-recipes-"))
writePages(join(folder, "web"), leads)
writeFileSync(
  join(folder, "leads.csv"),
  hundredLeadsCsv()
    .split("\n")
    .slice(0, wanted + 1)
    .join("\n"),
)

const rows: Record<string, string | number>[] = []
const facts = new Map<Way, Set<string>>()
// Pages are read by the first way; the others find them still fresh, since reading is not what is measured.
for (const way of ["code mode", "single tools", "recipe first"] as const) {
  const began = performance.now()
  const { sent, calls, summary } = await work(way)
  const learned = await factsOf(way)
  facts.set(way, learned)
  const asked = (
    await rowsOf<{ lead: number }>(way, sql`SELECT DISTINCT lead_id AS lead FROM runs WHERE model <> 'none'`)
  ).length
  rows.push({
    way,
    "characters a lead": Math.round(sent / leads.length),
    "model calls a lead": (calls / leads.length).toFixed(2),
    "leads that a model saw": `${asked} of ${leads.length}`,
    facts: learned.size,
    enriched: summary.enriched,
    waiting: summary.waiting,
    failed: summary.failed,
    seconds: Math.round((performance.now() - began) / 1_000),
  })
}
const awkward = leads.filter(({ kind }) => kind !== "ordinary").length
console.log(`${leads.length} leads, ${awkward} of them awkward (${Object.keys(awkwardKinds).length} kinds)`)
console.table(rows)
const byCode = facts.get("code mode") ?? new Set()
for (const way of ["single tools", "recipe first"] as const) {
  const own = facts.get(way) ?? new Set()
  const missing = [...byCode].filter((fact) => !own.has(fact))
  const more = [...own].filter((fact) => !byCode.has(fact))
  console.log(`${way} against code mode: ${missing.length} facts missing, ${more.length} more`)
  for (const fact of [...missing.map((one) => `- ${one}`), ...more.map((one) => `+ ${one}`)].slice(0, 20))
    console.log(`  ${fact}`)
  if (missing.length > 0) process.exitCode = 1
}
rmSync(folder, { recursive: true, force: true })

type Summary = { enriched: number; waiting: number; failed: number }

async function work(way: Way): Promise<{ sent: number; calls: number; summary: Summary }> {
  const home = join(folder, way.replace(" ", "-"))
  mkdirSync(join(home, "agents"), { recursive: true })
  const { isPlain, options } = ways[way]
  if (isPlain) {
    const enricher = readFileSync(join(root, "agents/enricher.md"), "utf8")
    const plain = enricher.replace(/^effort:/m, "mode: plain\neffort:").replace(/turns: \d+/, "turns: 30")
    writeFileSync(join(home, "agents/enricher.md"), plain)
  }
  writeFileSync(join(home, "settings.json"), '{ "web": "replica" }')
  const server = await startMessagesServer((body) => (isPlain ? plainReply(body) : scriptReply(body)))
  try {
    await giant(["import", join(folder, "leads.csv"), "--home", home], server.url)
    await prepare(home)
    const asked = ["enrich", "--web", "replica", "--model", "scripted", "--parallel", "4", "--json", "--home", home]
    const summary: Summary = JSON.parse(await giant([...asked, ...options], server.url))
    return {
      sent: server.requests.reduce((sum, { raw }) => sum + raw.length, 0),
      calls: server.requests.length,
      summary,
    }
  } finally {
    await server.close()
  }
}

/** The account of the leads behind walls, and the pages that an earlier way has read. */
async function prepare(home: string): Promise<void> {
  const store = openStore(join(home, "giant.db"))
  await addAccount(store, "linkedin", "Second", new Date())
  const first = join(folder, "code-mode")
  if (home !== first) {
    const earlier = openStore(join(first, "giant.db"))
    const pages = await earlier.read((db) => db.select().from(tables.evidence))
    for (const { id: _, runId: __, ...page } of pages) {
      // As if it had been read now: a list that was imported later would otherwise be newer than its pages.
      const capturedAt = new Date().toISOString()
      await store.write((db) => db.insert(tables.evidence).values({ ...page, capturedAt, capture: null }))
    }
    await earlier.close()
  }
  await store.close()
}

async function giant(args: string[], url: string): Promise<string> {
  const { PATH = "", HOME = "" } = process.env
  const environment = {
    PATH,
    HOME,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: "any",
    GIANT_REPLICA: join(folder, "web"),
  }
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "src/launcher.js"), ...args], {
    env: environment,
    maxBuffer: 10_000_000,
  })
  return stdout
}

async function rowsOf<Row>(way: Way, query: ReturnType<typeof sql>): Promise<Row[]> {
  const store = openStore(join(folder, way.replace(" ", "-"), "giant.db"))
  try {
    return await store.rows<Row>(query)
  } finally {
    await store.close()
  }
}

async function factsOf(way: Way): Promise<Set<string>> {
  const rows = await rowsOf<{ who: string; field: string; value: string; basis: string }>(
    way,
    sql`SELECT coalesce(leads.linkedin_url, companies.name) AS who, facts.field, facts.value, facts.basis FROM facts
      LEFT JOIN leads ON entity = 'lead' AND leads.id = entity_id LEFT JOIN companies ON entity = 'company' AND companies.id = entity_id
      WHERE facts.state = 'current'`,
  )
  return new Set(rows.map(({ who, field, value, basis }) => `${who} ${field} = ${value} (${basis})`))
}

function scriptReply(body: ModelRequestBody) {
  const messages = body.messages.map(({ role, content }) => ({
    role,
    text: content.flatMap((block) => (block.type === "text" ? [block.text ?? ""] : [])).join("\n"),
    results: resultsIn(content),
  }))
  const { text, script } = nextReply({ system: body.system.map((block) => block.text).join("\n"), messages })
  return script ? { text, calls: [{ name: "execute", input: { code: script } }] } : { text }
}

/** The same work with one tool at a time: the plan is gone through again with the results so far. */
function plainReply(body: ModelRequestBody) {
  const first = body.messages[0]?.content.map((block) => block.text ?? "").join("\n") ?? ""
  const plan = enrichment(Number(/\blead (\d+)/i.exec(first)?.[1]))
  const results = body.messages.flatMap(({ content }) => resultsIn(content))
  let step = plan.next({})
  for (const result of results) if (!step.done) step = plan.next(answerOf(result))
  if (step.done) return { text: step.value }
  const [name, input] = step.value
  return { text: "", calls: [{ name, input }] }
}

type Answer = {
  kind?: string
  reason?: string
  facts?: []
  domain?: string | null
  lead?: { company: string | null; linkedinUrl: string | null; xHandle: string | null; email: string | null }
  company?: { id: number; linkedinUrl: string | null; domain: string | null } | null
}
type ToolCall = [name: string, input: Record<string, string | number | null | []>]

function* enrichment(id: number): Generator<ToolCall, string, Answer> {
  const before = (yield ["leads_get", { id }]).lead
  const profile = yield ["linkedin_profile", { url: before?.linkedinUrl ?? null }]
  if (profile.kind === "parked" || profile.kind === "blocked") {
    yield ["tasks_wait", { reason: profile.reason ?? "blocked" }]
    return "It waits."
  }
  if (profile.facts?.length) yield ["leads_learn", { id, facts: profile.facts }]
  const { lead, company } = yield ["leads_get", { id }]
  if (before?.company && lead?.company && before.company !== lead.company) {
    yield ["leads_note", { id, text: `Changed jobs: from ${before.company} to ${lead.company}.` }]
  }
  if (lead?.xHandle) {
    const account = yield ["x_profile", { handle: lead.xHandle }]
    if (account.facts?.length) yield ["leads_learn", { id, facts: account.facts }]
  }
  if (!company) return "Done; no company is known."
  if (company.linkedinUrl && !company.domain) {
    const page = yield ["linkedin_company", { url: company.linkedinUrl }]
    if (page.facts?.length) yield ["companies_learn", { id: company.id, facts: page.facts }]
  }
  const { domain } = yield ["companies_get", { id: company.id }]
  const site = yield ["web_site", { domain: domain ?? lead?.email?.split("@")[1] ?? null }]
  if (site.facts?.length) yield ["companies_learn", { id: company.id, facts: site.facts }]
  return "Done."
}

function resultsIn(content: Block[]): string[] {
  return content.flatMap((block) => (block.type === "tool_result" ? [block.content ?? ""] : []))
}

function answerOf(result: string): Answer {
  try {
    return JSON.parse(result) ?? {}
  } catch {
    return {}
  }
}
