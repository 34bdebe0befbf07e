import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eq } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import { leadActions } from "../../src/actions/leads.ts"
import { pageActions } from "../../src/actions/pages.ts"
import { sourceActions } from "../../src/actions/sources.ts"
import { gateAtWork, type Machines } from "../../src/cli/at-work.ts"
import { openSourceRoom } from "../../src/cli/sources.ts"
import type { Json } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import type { Bound } from "../../src/harness/budget.ts"
import { startRun } from "../../src/harness/transcript.ts"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { openStore } from "../engine.ts"

let folder: string
let store: Store
let replica: Replica
const now = new Date("2026-11-03T10:00:00.000Z")

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "source-actions-"))
  for (const name of ["web", "sources"]) mkdirSync(join(folder, name))
  store = openStore(join(folder, "giant.db"))
  replica = await startReplica({ overlay: join(folder, "web") })
})
afterEach(async () => {
  await replica.close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

test("a lead with nothing but an address gets its LinkedIn address, with proof, and may open it then", async () => {
  const lead = await addLead({ email: "grant@tallgrassgrain.example" })
  const { call, opened } = await run({ leadId: lead })
  const flow = await call("sources.waterfall", [lead, ["linkedin_url", "title", "email", "phone"]])
  expect(flow).toMatchObject({
    costUsd: 0,
    facts: [
      { field: "title", quote: expect.stringMatching(/^job_title: /) },
      { field: "linkedin_url", value: "https://www.linkedin.com/in/grant-ostergaard-ne/" },
    ],
    asked: [{ source: "gravatar" }],
    missing: [{ field: "phone" }],
  })
  const learned = await call("leads.learn", [lead, (flow as { facts: Json }).facts])
  expect(learned).toMatchObject([{ kind: "learned" }, { kind: "learned" }])
  await call("linkedin.profile", ["https://www.linkedin.com/in/grant-ostergaard-ne/"])
  expect(opened).toEqual(["https://www.linkedin.com/in/grant-ostergaard-ne/"])
})

test("what a question costs stands on the run, within its agent's budget and the day's", async () => {
  describePeople({ priceUsd: 0.04 })
  const one = await addLead({ email: "one@harbour.example" })
  const two = await addLead({ email: "two@harbour.example" })
  const { call, runId } = await run({})
  expect(await call("sources.ask", ["people", one])).toMatchObject({ costUsd: 0.04, facts: [{ value: "CTO" }] })
  expect(await call("sources.ask", ["people", one])).toMatchObject({ costUsd: 0, facts: [{ value: "CTO" }] })
  expect(await call("sources.ask", ["people", two])).toMatchObject({
    costUsd: 0,
    missing: [{ reason: "people costs 0.04 USD. The run has spent 0.0400 USD of its 0.0500 USD." }],
  })
  const [kept] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, runId)))
  expect(kept?.costUsd).toBeCloseTo(0.04)
  const calls = await store.read((db) => db.select().from(tables.calls))
  expect(calls.map(({ costUsd }) => costUsd)).toEqual([0.04, 0, 0])
  expect(replica.requests().filter(({ url }) => url.includes("people"))).toHaveLength(1)
})

test.each(["recipe:enrich", "trial:enrich", "claude-code"])(
  "a run of %s, which has no file of its own, pays within the limits that it works under",
  async (agent) => {
    describePeople({ priceUsd: 0.04 })
    const one = await addLead({ email: "one@harbour.example" })
    const two = await addLead({ email: "two@harbour.example" })
    const { call } = await run({ agent })
    expect(await call("sources.ask", ["people", one])).toMatchObject({ costUsd: 0.04, facts: [{ value: "CTO" }] })
    expect(await call("sources.ask", ["people", two])).toMatchObject({ costUsd: 0, facts: [] })
  },
)

test("what asked runs pay at once is within the limits of the run that asked them", async () => {
  describePeople({ priceUsd: 0.04 })
  const sales = await run({ agent: "sales" })
  const limits = { usd: 0.1, tokens: 1_000, turns: 1, minutes: 1 }
  const asked = ["one", "two", "three"].map(async (name) => {
    const lead = await addLead({ email: `${name}@harbour.example` })
    const { call } = await run({ asker: { runId: sales.runId, limits } })
    return call("sources.ask", ["people", lead])
  })
  const flows = (await Promise.all(asked)) as { costUsd: number; missing: { reason: string }[] }[]
  expect(flows.map(({ costUsd }) => costUsd).toSorted()).toEqual([0, 0.04, 0.04])
  expect(flows.find(({ costUsd }) => costUsd === 0)?.missing[0]?.reason).toBe(
    `people costs 0.04 USD. Run ${sales.runId}, which asked for it, has spent 0.0800 USD of its 0.10 USD.`,
  )
})

test("in a rehearsal no money is spent, and the domain name system is not asked", async () => {
  describePeople({ priceUsd: 0.01 })
  const lead = await addLead({ name: "Ines Example", email: "one@harbour.example" })
  const { call } = await run({ dayUsd: 0 })
  expect(await call("sources.ask", ["people", lead])).toMatchObject({ costUsd: 0, facts: [] })
  expect(await call("sources.mail", [lead])).toMatchObject({ guesses: [], domain: "unknown" })
})

test("what a run only inferred is not carried outside in a question", async () => {
  const lead = await addLead({ name: "Ines Example" })
  const { call } = await run({ leadId: lead })
  await call("leads.learn", [lead, [{ field: "email", value: "secret-90000@evil.example", reason: "a guess" }]])
  expect(await call("sources.waterfall", [lead, ["title", "domain_registered"]])).toMatchObject({ asked: [] })
  expect(replica.requests()).toEqual([])
})

test("an address is guessed as colleagues have theirs, and is called a guess", async () => {
  const companyId = await addCompany("harbour.example")
  for (const [name, email] of [
    ["Mara Holm", "mara.holm@harbour.example"],
    ["Jon Pell", "jon.pell@harbour.example"],
  ]) {
    await addLead({ name, email, companyId })
  }
  const lead = await addLead({ name: "Ines Example", companyId })
  const { call } = await run({ leadId: lead })
  expect(await call("sources.mail", [lead])).toEqual({
    guesses: [{ email: "ines.example@harbour.example", pattern: "first.last", seen: 2, of: 2 }],
    domain: "unknown",
    reason:
      "Like 2 of 2 known addresses of harbour.example (first.last); not verified. In rehearsal the domain name system is not asked.",
  })
})

test("the sources are listed with their price and how right they were; one that is off says why", async () => {
  describePeople({ priceUsd: 0.04, key: { env: "NO_SUCH_KEY", query: "k" } })
  const { call } = await run({})
  const listed = await call("sources.list", [])
  expect(listed).toMatchObject([
    { name: "gravatar", asks: true, priceUsd: 0 },
    { name: "github" },
    { name: "github-organisation" },
    { name: "rdap" },
    { name: "people", asks: false, reason: "NO_SUCH_KEY is not set." },
  ])
})

test("a run on one lead asks about no other", async () => {
  const lead = await addLead({ email: "grant@tallgrassgrain.example" })
  const { call } = await run({ leadId: lead })
  await expect(call("sources.waterfall", [lead + 1, ["title"]])).rejects.toThrow(`lead ${lead} alone`)
})

async function run({
  agent = "enricher",
  leadId = null,
  dayUsd = 5,
  asker,
}: {
  agent?: string
  leadId?: number | null
  dayUsd?: number
  asker?: Bound
}) {
  const person = "human:ada"
  const parentId = asker?.runId ?? null
  const begun = { agent, model: "none", prompt: "Enrich.", person, taskId: leadId, parentId }
  const runId = await startRun(store, begun, now)
  const opened: string[] = []
  const io = { clock: () => now, environment: {} } as Parameters<typeof openSourceRoom>[0]
  const home = { store, path: folder, person } as Parameters<typeof openSourceRoom>[1]
  // These actions reach nothing else.
  const machines = {
    ...{ home, sources: openSourceRoom(io, home, replica, dayUsd), clock: io.clock },
    services: {
      async read(url: string) {
        opened.push(url)
        return { kind: "parked", reason: "Not in this test.", until: null }
      },
    },
  } as unknown as Machines
  const limits = { usd: 0.05, tokens: 1_000, turns: 1, minutes: 1 }
  const gate = gateAtWork(machines, {
    agent: {
      ...{ name: agent, for: "tests", model: null, system: "", budget: limits },
      grant: { effects: ["read", "write", "browse"], actions: null, maxCalls: 100 },
    },
    ...{ runId, taskId: leadId, leadId, signal: new AbortController().signal },
    actions: [...sourceActions, ...leadActions, ...pageActions],
    ...(asker ? { bounds: [{ runId, limits }, asker] } : {}),
  })
  const call = async (name: string, args: Json[]): Promise<Json> => {
    const called = await gate.call(name, args)
    if (called.kind !== "done") throw new Error(called.reason)
    return called.value
  }
  return { call, runId, opened }
}

async function addLead(values: Partial<typeof tables.leads.$inferInsert>): Promise<number> {
  const at = "2026-11-01T10:00:00.000Z"
  const [lead] = await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db
      .insert(tables.leads)
      .values({ ...values, createdAt: at, updatedAt: at })
      .returning(),
  )
  return lead?.id ?? 0
}

async function addCompany(domain: string): Promise<number> {
  const at = "2026-11-01T10:00:00.000Z"
  const [company] = await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.insert(tables.companies).values({ name: "Harbour", domain, createdAt: at, updatedAt: at }).returning(),
  )
  return company?.id ?? 0
}

function describePeople(more: object): void {
  const api = {
    url: "https://api.people.example/v1/{email}",
    fields: { title: "title" },
    rate: { calls: 100, seconds: 1 },
    ...more,
  }
  writeFileSync(join(folder, "sources", "people.json"), JSON.stringify(api))
  for (const name of ["one", "two", "three"]) {
    const place = join(folder, "web", "api.people.example", "v1", `${name}@harbour.example`)
    mkdirSync(place, { recursive: true })
    writeFileSync(join(place, "index.json"), JSON.stringify({ title: "CTO" }))
  }
}
