import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { importedLead } from "../leads/fixture.ts"
import { type Bench, machines, newStore, openBench } from "./bench.ts"

const shared = machines()
const profile = "https://www.linkedin.com/in/ada-example"
const pages = {
  "www.linkedin.com/in/ada-example": {
    fields: { title: "Head of Data", location: "Oslo", followers: 120 },
    quotes: { title: "Head of Data", location: "Oslo", followers: "120 followers" },
  },
}

/** A store in which a run has learned three facts from a profile, and the bench of an auditor. */
async function audited(): Promise<Bench & { enricher: number }> {
  const store = newStore()
  const id = await importedLead(store, { name: "Ada Example", linkedinUrl: profile })
  const enricher = await openBench(shared, { store, pages })
  await enricher.execute(`return await leads.learn(${id}, (await linkedin.profile("${profile}")).facts)`)
  const auditor = await openBench(shared, { store, grant: { effects: ["read", "write"], actions: ["facts.*"] } })
  return { ...auditor, enricher: enricher.runId }
}

async function drawn({ gate }: Bench): Promise<{ fact: number; field: string; text: string }[]> {
  const called = await gate.call("facts.sample", [10, "linkedin.profile"])
  if (called.kind !== "done") throw new Error(called.reason)
  return JSON.parse(JSON.stringify(called.value))
}

test("a sample shows the page and whose it is, and not the value", async () => {
  const bench = await audited()
  const samples = await drawn(bench)
  expect(samples).toHaveLength(3)
  expect(Object.keys(samples[0] ?? {})).toEqual(["fact", "entity", "field", "of", "source", "url", "text"])
  expect(samples[0]).toMatchObject({
    of: "Ada Example",
    source: "linkedin.profile",
    text: expect.stringContaining("Oslo"),
  })
  expect(await bench.isTainted()).toBe(true)
})

test("judgements are kept, once each, and precision is counted by source and field", async () => {
  const bench = await audited()
  const says: Record<string, string | number | null> = { title: "head of data", location: "Bergen", followers: null }
  const verdicts: Record<string, unknown> = {}
  for (const { fact, field } of await drawn(bench)) {
    const called = await bench.gate.call("facts.judge", [fact, says[field] ?? null])
    verdicts[field] = called.kind === "done" ? called.value : called.reason
    expect(await bench.gate.call("facts.judge", [fact, "Oslo"])).toMatchObject({
      kind: "failed",
      reason: expect.stringContaining("was checked before"),
    })
  }
  expect(verdicts).toEqual({ title: "wrong", location: "wrong", followers: "absent" })
  expect(await drawn(bench)).toEqual([])
  expect(await bench.gate.call("facts.precision", [])).toMatchObject({
    value: ["followers", "location", "title"].map((field) => ({
      source: "linkedin.profile",
      field,
      checked: 1,
      right: 0,
    })),
  })
})

test("a value in another writing of its normal form is right", async () => {
  const bench = await audited()
  const sample = (await drawn(bench)).find(({ field }) => field === "followers")
  expect(await bench.gate.call("facts.judge", [sample?.fact ?? 0, "120"])).toEqual({ kind: "done", value: "right" })
})

test("the judgements of a run are undone with it", async () => {
  const bench = await audited()
  const [sample] = await drawn(bench)
  await bench.gate.call("facts.judge", [sample?.fact ?? 0, "x"])
  const changesets = await bench.store.read((db) => db.select().from(tables.changesets))
  const own = changesets.find(({ runId }) => runId === bench.runId)
  await undoChangeset(bench.store, { actor: "human:ada" }, own?.id ?? 0, { preview: false })
  expect(await drawn(bench)).toHaveLength(3)
})
