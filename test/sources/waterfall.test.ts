import { createHash } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { spend } from "../../src/browser/ledger.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { learn } from "../../src/leads/learn.ts"
import { type Replica, startReplica } from "../../src/rehearsal/replica.ts"
import { configuredSources, SourceUnusable } from "../../src/sources/configured.ts"
import { type Outside, openOutside } from "../../src/sources/outside.ts"
import type { Known, Source, SourceAnswer } from "../../src/sources/source.ts"
import { openSources } from "../../src/sources/sources.ts"
import { type Wanted, waterfall } from "../../src/sources/waterfall.ts"
import { openStore } from "../engine.ts"

let folder: string
let store: Store
let replica: Replica
let outside: Outside
let now: Date
const asked: string[] = []
const { signal } = new AbortController()

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "sources-"))
  for (const name of ["web", "sources"]) mkdirSync(join(folder, name))
  store = openStore(join(folder, "giant.db"))
  replica = await startReplica({ overlay: join(folder, "web") })
  outside = openOutside({ kind: "replica", port: replica.port, certificate: replica.certificate })
  now = new Date("2026-05-04T09:00:00.000Z")
  asked.length = 0
})
afterEach(async () => {
  await store.close()
  await replica.close()
  rmSync(folder, { recursive: true, force: true })
})

test("the cheapest source is asked first, and nobody after the first value that is sure enough", async () => {
  const sources = [
    source("dear", { priceUsd: 0.5, values: { title: "CTO" } }),
    source("cheap", { priceUsd: 0.01, values: { title: "CTO" } }),
    source("free", { priceUsd: 0, values: {} }),
  ]
  const flow = await flowOf(sources, [{ field: "title", threshold: 0.6 }])
  expect(asked).toEqual(["free", "cheap"])
  expect(flow).toEqual({
    values: [{ field: "title", value: "CTO", quote: "title: CTO", evidenceId: 2, source: "cheap", confidence: 0.8 }],
    missing: [],
    asked: [
      { source: "free", came: "free does not know it.", costUsd: 0 },
      { source: "cheap", came: "cheap gave title.", costUsd: 0.01 },
    ],
    costUsd: 0.01,
  })
})

test("what the auditor found wrong of a source counts against it, and what it found right for it", async () => {
  const check = { source: "source.rumours", field: "title", createdAt: now.toISOString() }
  const judged = (verdict: "right" | "wrong", from: number) =>
    store.change({ actor: "agent:auditor", kind: "run" }, (db) =>
      db.insert(tables.checks).values(Array.from({ length: 20 }, (_, i) => ({ ...check, factId: from + i, verdict }))),
    )
  const rumours = source("rumours", { precision: 0.5, values: { title: "CTO" } })
  await judged("right", 100)
  expect((await flowOf([rumours], [{ field: "title", threshold: 0.8 }])).values[0]?.confidence).toBeCloseTo(25 / 30)
  await judged("wrong", 200)
  const later = await flowOf([rumours], [{ field: "title", threshold: 0.8 }], { email: "new@b.example" })
  expect(later.missing[0]?.reason).toContain("No source that is sure enough")
})

test("what is known is not asked for, and what was not found is not paid for again", async () => {
  const sources = [source("people", { priceUsd: 0.1, values: { phone: "555-0142" } })]
  const wanted = [
    { field: "email", threshold: 0.5 },
    { field: "title", threshold: 0.5 },
  ]
  const first = await flowOf(sources, wanted)
  expect(first).toMatchObject({ values: [], costUsd: 0.1 })
  expect(first.missing).toEqual([{ field: "title", reason: "people does not know it." }])
  expect(await flowOf(sources, wanted)).toMatchObject({
    costUsd: 0,
    missing: [{ field: "title", reason: "people did not know it on 2026-05-04." }],
  })
  expect(asked).toEqual(["people"])
  now = new Date("2026-06-20T09:00:00.000Z")
  await flowOf(sources, wanted)
  expect(asked).toEqual(["people", "people"])
})

test("a question that several ask at once is asked and paid for once, and by the next one where the first got no answer", async () => {
  let paid = 0
  const answers: SourceAnswer[] = [
    { kind: "unavailable", reason: "people is down." },
    { kind: "found", text: "title: CTO", values: [{ field: "title", value: "CTO", quote: "CTO" }] },
  ]
  const people = {
    ...source("people", { priceUsd: 0.1, values: {} }),
    async ask() {
      asked.push("people")
      await new Promise(setImmediate)
      return answers.shift() ?? { kind: "unavailable" as const, reason: "It is asked too often." }
    },
  }
  const deps = {
    ...{ store, sources: [people], takeCall: async () => ({ kind: "spent" as const }), clock: () => now },
    async pay(_: number, usd: number) {
      paid += usd
      return { kind: "paid" as const }
    },
  }
  const wanted = [{ field: "title", threshold: 0.5 }]
  const ask = () => waterfall(deps, { email: "ada@acme.example" }, wanted, { budgetUsd: 1, runId: 1, signal })
  const flows = await Promise.all([ask(), ask(), ask()])
  expect(flows.map(({ costUsd, values }) => [values.length, costUsd]).toSorted()).toEqual([
    [0, 0],
    [1, 0],
    [1, 0.1],
  ])
  expect(asked).toEqual(["people", "people"])
  expect(paid).toBeCloseTo(0.1)
})

test("an answer that was paid for serves another field later, for nothing", async () => {
  const sources = [source("people", { priceUsd: 0.1, values: { title: "CTO", phone: "555-0142" } })]
  await flowOf(sources, [{ field: "title", threshold: 0.5 }])
  const later = await flowOf(sources, [{ field: "phone", threshold: 0.5 }])
  expect(later).toMatchObject({ costUsd: 0, values: [{ field: "phone", value: "555-0142" }] })
  expect(asked).toEqual(["people"])
})

test("a source that is not sure enough is not asked", async () => {
  const flow = await flowOf(
    [source("rumours", { precision: 0.3, values: { title: "CTO" } })],
    [{ field: "title", threshold: 0.6 }],
  )
  expect(asked).toEqual([])
  expect(flow.missing[0]?.reason).toContain("No source that is sure enough")
})

test("the order follows what was measured: who had nothing comes later, whose facts were rejected falls below", async () => {
  const often = source("often", { values: { title: "CTO" } })
  const never = source("never", { values: {} })
  for (let i = 0; i < 8; i++) await flowOf([never], [{ field: "title", threshold: 0.5 }], { email: `a${i}@b.example` })
  asked.length = 0
  await flowOf([never, often], [{ field: "title", threshold: 0.5 }], { email: "new@b.example" })
  expect(asked).toEqual(["often"])

  await store.change({ actor: "system", kind: "edit" }, (db) =>
    db.insert(tables.facts).values(
      Array.from({ length: 30 }, () => ({
        entity: "lead" as const,
        entityId: 1,
        field: "title",
        value: "CTO",
        basis: "observed" as const,
        state: "rejected" as const,
        evidenceId: 9,
        createdAt: now.toISOString(),
      })),
    ),
  )
  asked.length = 0
  await flowOf([often], [{ field: "title", threshold: 0.5 }], { email: "other@b.example" })
  expect(asked).toEqual([])
})

test("the budget and the rate are held, and said", async () => {
  const dear = source("dear", { priceUsd: 2, values: { title: "CTO" } })
  expect((await flowOf([dear], [{ field: "title", threshold: 0.5 }])).missing[0]?.reason).toBe(
    "dear costs 2 USD, which the budget does not have.",
  )
  const slow = source("slow", { values: { title: "CTO" }, rate: { calls: 1, windowMs: 60_000 } })
  await flowOf([slow], [{ field: "title", threshold: 0.5 }], { email: "one@b.example" })
  const second = await flowOf([slow], [{ field: "title", threshold: 0.5 }], { email: "two@b.example" })
  expect(second.missing[0]?.reason).toBe("slow has to wait until 2026-05-04T09:01:00.000Z.")
  expect(asked).toEqual(["slow"])
})

test("an API that a file describes is asked with its key, which stays out of the database", async () => {
  describeApi("people", {
    url: "https://api.people.example/v1/person?email={email}",
    key: { env: "PEOPLE_KEY", query: "api_key" },
    fields: { title: "data.job.title", phone: "data.phones.0" },
    priceUsd: 0.02,
    rate: { calls: 10, seconds: 60 },
  })
  put("api.people.example/v1/person", { data: { job: { title: "Head of\nTides" }, phones: ["555-0142"], age: 40 } })
  const { sources, off } = openSources(outside, join(folder, "sources"), { PEOPLE_KEY: "s3cret" })
  expect(off).toEqual([])
  const flow = await flowOf(sources, [
    { field: "title", threshold: 0.5 },
    { field: "phone", threshold: 0.5 },
  ])
  expect(flow.values.map(({ field, value, quote }) => [field, value, quote])).toEqual([
    ["title", "Head of Tides", "data.job.title: Head of Tides"],
    ["phone", "555-0142", "data.phones.0: 555-0142"],
  ])
  const request = replica.requests().find(({ url }) => url.includes("people"))
  expect(request?.url).toContain("api_key=s3cret")
  const evidence = await store.read((db) => db.select().from(tables.evidence))
  const spends = await store.read((db) => db.select().from(tables.spends))
  expect(JSON.stringify([evidence, spends, flow])).not.toContain("s3cret")
  expect(evidence.at(-1)?.text).toContain("data.age: 40")

  const [lead] = await store.change({ actor: "system", kind: "edit" }, (db) =>
    db
      .insert(tables.leads)
      .values({ email: known.email, createdAt: now.toISOString(), updatedAt: now.toISOString() })
      .returning(),
  )
  if (!lead) throw new Error("No lead was made.")
  const claims = flow.values.map(({ field, value, quote, evidenceId }) => ({
    field,
    value,
    quote,
    evidence: evidenceId,
  }))
  const learned = await learn(store, { actor: "agent:test", kind: "run" }, { entity: "lead", id: lead.id }, claims, now)
  expect(learned.map(({ kind }) => kind)).toEqual(["learned", "learned"])
})

test("an API without its key is off, and a file that describes none is named", () => {
  describeApi("people", {
    url: "https://api.people.example/?e={email}",
    key: { env: "PEOPLE_KEY", header: "authorization", format: "Bearer {key}" },
    fields: { title: "title" },
    rate: { calls: 1, seconds: 1 },
  })
  expect(configuredSources(outside, join(folder, "sources"), {})).toEqual({
    sources: [],
    off: [{ name: "people", reason: "PEOPLE_KEY is not set." }],
  })
  describeApi("bad", { url: "https://{domain}/person", fields: { title: "t" }, rate: { calls: 1, seconds: 1 } })
  expect(() => configuredSources(outside, join(folder, "sources"), { PEOPLE_KEY: "x" })).toThrow(SourceUnusable)
})

test("the public sources are read as they answer", async () => {
  const hash = createHash("sha256").update(known.email).digest("hex")
  put(`api.gravatar.com/v3/profiles/${hash}`, {
    display_name: "Ada Holm",
    job_title: "CTO",
    verified_accounts: [{ service_type: "linkedin", url: "https://www.linkedin.com/in/ada-holm/" }],
  })
  put("api.github.com/users/adaholm", { name: "Ada Holm", location: "Oslo", email: null })
  put("rdap.org/domain/holm.example", { events: [{ eventAction: "registration", eventDate: "2011-02-03T00:00:00Z" }] })
  const { sources } = openSources(outside, join(folder, "sources"), {})
  const wanted = ["title", "linkedin_url", "location", "domain_registered", "phone"]
  const flow = await flowOf(
    sources,
    wanted.map((field) => ({ field, threshold: 0.5 })),
    { ...known, github: "adaholm", domain: "holm.example" },
  )
  expect(Object.fromEntries(flow.values.map(({ field, source, value }) => [field, `${source}: ${value}`]))).toEqual({
    title: "gravatar: CTO",
    linkedin_url: "gravatar: https://www.linkedin.com/in/ada-holm/",
    location: "github: Oslo",
    domain_registered: "rdap: 2011-02-03T00:00:00Z",
  })
  expect(flow.missing.map(({ field }) => field)).toEqual(["phone"])
})

test("in rehearsal a source that the replica does not have says so, and nothing is remembered of it", async () => {
  const api = {
    url: "https://api.people.example/?e={email}",
    fields: { title: "title" },
    rate: { calls: 1, seconds: 1 },
  }
  describeApi("people", api)
  const { sources } = configuredSources(outside, join(folder, "sources"), {})
  const flow = await flowOf(sources, [{ field: "title", threshold: 0.5 }])
  expect(flow.missing).toEqual([{ field: "title", reason: "The replica web has nothing of api.people.example." }])
  expect(await store.read((db) => db.select().from(tables.evidence))).toEqual([])
})

const known = { email: "ada@holm.example" }

function flowOf(sources: Source[], wanted: Wanted[], lead: Known = known) {
  const deps = {
    store,
    sources,
    takeCall: (call: Parameters<typeof spend>[1], limits: { loads: number; windowMs: number }[]) =>
      spend(store, call, limits, 1, () => now),
    clock: () => now,
  }
  return waterfall(deps, lead, wanted, { budgetUsd: 1, runId: null, signal })
}

/** A source that answers from memory. */
function source(
  name: string,
  options: { values: Record<string, string>; priceUsd?: number; precision?: number; rate?: Source["rate"] },
): Source {
  const { values, priceUsd = 0, precision = 0.8, rate = { calls: 1_000, windowMs: 1_000 } } = options
  return {
    name,
    fields: ["title", "phone", "email"],
    priceUsd,
    precision,
    rate,
    question: ({ email }) => `https://${name}.example/${email}`,
    async ask(): Promise<SourceAnswer> {
      asked.push(name)
      const entries = Object.entries(values).map(([field, value]) => ({ field, value, quote: `${field}: ${value}` }))
      if (entries.length === 0) return { kind: "nothing", reason: `${name} does not know it.` }
      return { kind: "found", text: entries.map(({ quote }) => quote).join("\n"), values: entries }
    },
  }
}

function put(where: string, body: unknown): void {
  mkdirSync(join(folder, "web", where), { recursive: true })
  writeFileSync(join(folder, "web", where, "index.json"), JSON.stringify(body))
}

function describeApi(name: string, api: object): void {
  writeFileSync(join(folder, "sources", `${name}.json`), JSON.stringify(api))
}
