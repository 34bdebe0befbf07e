import { execFile } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs, promisify } from "node:util"
import { and, eq, isNotNull } from "drizzle-orm"
import { z } from "zod"
import { catalogue } from "../../src/actions/catalogue.ts"
import { openChecker } from "../../src/actions/check.ts"
import { declarationsOf } from "../../src/actions/declarations.ts"
import type { ActionContext } from "../../src/actions/define.ts"
import { openGate } from "../../src/actions/gate.ts"
import { isGranted } from "../../src/actions/grants.ts"
import { plainTools } from "../../src/actions/plain-tools.ts"
import type { ModelTool } from "../../src/actions/tool.ts"
import { modelTools } from "../../src/actions/tools.ts"
import { adapterFor } from "../../src/browser/sites/route.ts"
import { takeSnapshot } from "../../src/browser/snapshot.ts"
import type { JsonObject } from "../../src/db/json.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { type Lead, tables } from "../../src/db/tables.ts"
import { loadAgent } from "../../src/harness/agent-files.ts"
import { systemClock } from "../../src/harness/clock.ts"
import { runAgent } from "../../src/harness/loop.ts"
import { openModel } from "../../src/harness/model.ts"
import { openRateGate } from "../../src/harness/rate-gate.ts"
import { startRun } from "../../src/harness/transcript.ts"
import { nextReply } from "../../src/rehearsal/mind.ts"
import { openSandbox } from "../../src/sandbox/sandbox.ts"
import { type Answer, type ModelRequestBody, startMessagesServer } from "../harness/messages-server.ts"

// What a model is sent for the same twenty leads: scripts over the actions, one tool for each action, and outlines of the pages in
// the place of what adapters read from them. `--home DIR --leads N` takes a home of the replica whose leads were read already.

const root = resolve(import.meta.dirname, "../..")
const { values: args } = parseArgs({ options: { home: { type: "string" }, leads: { type: "string", default: "20" } } })
const jobs = Number(args.leads)
const modes = { "scripts (execute)": "script", "plain tools": "plain", "page snapshots": "snapshot" } as const
type Mode = (typeof modes)[keyof typeof modes]

await compare()

async function compare(): Promise<void> {
  const home = args.home ?? mkdtempSync(join(tmpdir(), "giant-bench-characters-"))
  try {
    if (args.home === undefined) await rehearse(home)
    const table = []
    for (const [name, mode] of Object.entries(modes)) {
      const { leads, requests, characters } = await measure(home, mode)
      table.push({ mode: name, leads, requests, characters, "characters a lead": Math.round(characters / leads) })
    }
    console.table(table)
  } finally {
    if (args.home === undefined) rmSync(home, { recursive: true, force: true })
  }
}

/** Reads the pages of the sample leads once; what is measured then needs no browser. */
async function rehearse(home: string): Promise<void> {
  const start = ["src/launcher.js", "start", "--once", "--rehearse", "--home", home, "--port", "0"]
  await promisify(execFile)(process.execPath, start, { cwd: root })
}

async function measure(home: string, mode: Mode) {
  const store = openStore(join(home, "giant.db"))
  const sandbox = openSandbox()
  const checker = openChecker(declarationsOf(catalogue))
  const server = await startMessagesServer((body) => answer(mode, body))
  try {
    const todo = await readLeads(store)
    for (const lead of todo) await work(home, store, { sandbox, checker, url: server.url, mode }, lead)
    const characters = server.requests.reduce((sum, { raw }) => sum + raw.length, 0)
    return { leads: todo.length, requests: server.requests.length, characters }
  } finally {
    await server.close()
    await Promise.all([sandbox.close(), checker.close()])
    await store.close()
  }
}

/** Leads whose profile was read. */
async function readLeads(store: Store): Promise<Lead[]> {
  const { leads } = tables
  const rows = await store.read((db) =>
    db
      .select()
      .from(leads)
      .where(and(isNotNull(leads.enrichedAt), isNotNull(leads.linkedinUrl)))
      .limit(jobs),
  )
  if (rows.length < jobs) throw new Error(`The rehearsal has read only ${rows.length} leads.`)
  return rows
}

type Bench = {
  sandbox: ReturnType<typeof openSandbox>
  checker: ReturnType<typeof openChecker>
  url: string
  mode: Mode
}

async function work(home: string, store: Store, { sandbox, checker, url, mode }: Bench, lead: Lead): Promise<void> {
  const agent = await loadAgent("enricher", [join(root, "agents")])
  const model = openModel({ model: "claude-haiku-5-5", apiKey: "any", baseURL: url })
  const prompt = `Enrich lead ${lead.id}: ${lead.name}\nlinkedin: ${lead.linkedinUrl}\nsite: ${lead.email?.split("@")[1] ?? ""}`
  const run = { agent: agent.name, model: model.name, prompt, person: "human:ada", leadId: lead.id }
  const runId = await startRun(store, run, new Date())
  const grant = { ...agent.grant, leadId: lead.id }
  const context = contextOf(store, runId, lead.id)
  const gate = openGate(catalogue, grant, context)
  const offered = catalogue.filter((action) => isGranted(grant, action))
  const deps = { catalogue, offered, gate, sandbox, checker, context, isSettled: () => false }
  const snapshots = mode === "snapshot" ? [snapshotTool(home, store)] : []
  const outcome = await runAgent(
    {
      ...{ store, model, clock: systemClock, random: Math.random, dayUsd: 1e6 },
      gate: openRateGate({ clock: systemClock, random: Math.random }),
    },
    {
      ...{ runId, system: agent.system, prompt, limits: { usd: 1e3, tokens: 1e9, turns: 50, minutes: 10 } },
      tools: mode === "plain" ? plainTools(deps) : [...modelTools(deps), ...snapshots],
      signal: context.signal,
    },
  )
  if (outcome.kind !== "done") throw new Error(`${mode}, lead ${lead.id}: ${outcome.reason}`)
}

function contextOf(store: Store, runId: number, leadId: number): ActionContext<never> {
  const services = {
    read: async (url: string) => {
      const found = await evidenceOf(store, url)
      if (!found) return { kind: "parked" as const, reason: "It was not read.", until: null }
      const { id, reading, kind, title, text } = found
      const whole = { url, page: kind, kind: "found", title, text, reason: null, hooks: {}, quotes: {}, ...reading }
      return { kind: "read" as const, reading: whole, evidenceId: id }
    },
  }
  return {
    ...{ store, runId, leadId, person: "human:ada", taskId: null, promptIsForeign: false },
    // Of all services, an enricher's work here needs only readings.
    services: services as never,
    author: { actor: "agent:enricher", kind: "run", runId },
    settle() {},
    clock: () => new Date(),
    signal: new AbortController().signal,
  }
}

async function evidenceOf(store: Store, url: string) {
  const { evidence } = tables
  const address = adapterFor(url)?.address(new URL(url)) ?? url
  const where = and(eq(evidence.url, address), eq(evidence.outcome, "found"))
  const [row] = await store.read((db) => db.select().from(evidence).where(where).limit(1))
  return row ?? null
}

function snapshotTool(home: string, store: Store): ModelTool {
  return {
    name: "page_snapshot",
    description: "Opens a page and gives its outline.",
    inputSchema: { type: "object", properties: { url: { type: "string" } }, required: ["url"] },
    repeatable: "always",
    async run(input) {
      const { url } = z.object({ url: z.string() }).parse(input)
      const row = await evidenceOf(store, url)
      const taken = row && (await takeSnapshot(store, join(home, "captures"), row.id))
      return { text: taken?.kind === "taken" ? taken.snapshot.text : "There is no such page.", isError: false }
    },
  }
}

/** The scripted model. It does the same work in every mode: looks, reads the profile and the site, learns. */
function answer(mode: Mode, { system, messages }: ModelRequestBody): Answer {
  const turn = messages.filter(({ role }) => role === "assistant").length
  const said = messages[0]?.content[0]?.text ?? ""
  const id = Number(/lead (\d+)/.exec(said)?.[1])
  const [url, domain] = [/linkedin: (\S+)/.exec(said)?.[1] ?? "", /site: (\S+)/.exec(said)?.[1] ?? ""]
  const results = messages.flatMap(({ content }) => content.filter(({ type }) => type === "tool_result"))
  const last = results.at(-1)?.content ?? ""
  if (mode === "script") return scripted(system.map(({ text }) => text).join("\n"), messages)
  const steps = mode === "plain" ? plainSteps(id, last) : snapshotSteps(id, url, domain)
  const step = steps[turn]
  return step ? { calls: [step] } : { text: "Learned what the pages say." }
}

function scripted(system: string, messages: ModelRequestBody["messages"]): Answer {
  const said = messages.map(({ role, content }) => ({
    role,
    text: content.flatMap(({ type, text }) => (type === "text" && text ? [text] : [])).join("\n"),
    results: content.flatMap(({ type, content: result }) => (type === "tool_result" ? [String(result)] : [])),
  }))
  const { text, script } = nextReply({ system, messages: said })
  return script ? { text, calls: [{ name: "execute", input: { code: script } }] } : { text }
}

function plainSteps(id: number, last: string): { name: string; input: JsonObject }[] {
  const facts = z.object({ facts: z.array(z.json()) }).safeParse(safeJson(last)).data?.facts ?? []
  return [
    { name: "leads_get", input: { id } },
    { name: "linkedin_profile", input: {} },
    { name: "leads_learn", input: { id, facts } },
    { name: "leads_get", input: { id } },
    { name: "web_site", input: {} },
    { name: "tasks_done", input: { outcome: "Learned what the pages say." } },
  ]
}

function snapshotSteps(id: number, url: string, domain: string): { name: string; input: JsonObject }[] {
  const fact = (field: string) => `{ field: "${field}", value: "as the page says it", reason: "The profile says so." }`
  const facts = ["title", "company", "location", "headline"].map(fact).join(", ")
  return [
    { name: "execute", input: { code: `return await leads.get(${id})` } },
    { name: "page_snapshot", input: { url } },
    { name: "page_snapshot", input: { url: `https://${domain}/` } },
    { name: "execute", input: { code: `return await leads.learn(${id}, [${facts}])` } },
  ]
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
