import { eq, sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { learn } from "../../src/leads/learn.ts"
import { EntityNotFound } from "../../src/leads/values.ts"
import { at, emptyStore, importedLead, later, profilePage } from "./fixture.ts"

const run = { actor: "agent:enricher", kind: "run", runId: 1 }
const url = "https://www.linkedin.com/in/mira-holm"
const text = "Mira Holm\nHead of Data at Northwind Robotics\nOslo, Norway"

async function miraAndHerPage() {
  const store = emptyStore()
  const id = await importedLead(store, { name: "Mira Holm", title: "Analyst", linkedinUrl: url })
  const evidence = await profilePage(store, {
    url,
    text,
    fields: { title: "Head of Data", company: "Northwind Robotics" },
    quotes: { title: "Head of Data at Northwind Robotics", company: "Head of Data at Northwind Robotics" },
  })
  const lead = async () => (await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id))))[0]
  const facts = () =>
    store.rows<{ field: string; basis: string; state: string; quote: string }>(
      sql`SELECT field, basis, state, quote FROM facts ORDER BY id`,
    )
  const learnOne = async (claim: Parameters<typeof learn>[3][number]) =>
    (await learn(store, run, { entity: "lead", id }, [claim], later))[0]
  return { store, id, evidence, lead, facts, learnOne }
}

test("a value that the adapter read on the lead's own page is observed, with the adapter's quote", async () => {
  const { store, evidence, lead, facts, learnOne } = await miraAndHerPage()
  expect(await learnOne({ field: "title", value: "Head of Data", evidence })).toMatchObject({ kind: "learned" })
  expect(await lead()).toMatchObject({ title: "Head of Data", enrichedAt: later.toISOString() })
  expect(await facts()).toEqual([
    { field: "title", basis: "observed", state: "current", quote: "Head of Data at Northwind Robotics" },
  ])
  await store.close()
})

test("a quote that does not stand in the evidence is refused with the reason", async () => {
  const { store, evidence, facts, learnOne } = await miraAndHerPage()
  const answer = await learnOne({ field: "title", value: "CEO", evidence, quote: "CEO of everything" })
  expect(answer).toEqual({
    field: "title",
    kind: "refused",
    reason: `The quote does not stand in evidence ${evidence}.`,
  })
  expect(await facts()).toEqual([])
  await store.close()
})

test("a quote that stands there but does not say the value carries an inference only, which replaces nothing", async () => {
  const { store, evidence, lead, learnOne } = await miraAndHerPage()
  expect(await learnOne({ field: "title", value: "CEO", evidence, quote: "Head of Data" })).toMatchObject({
    kind: "kept",
  })
  expect(await lead()).toMatchObject({ title: "Analyst" })
  await store.close()
})

test("a page of somebody else proves nothing of this lead", async () => {
  const { store, id } = await miraAndHerPage()
  const other = await profilePage(store, {
    url: "https://www.linkedin.com/in/somebody-else",
    text,
    fields: { title: "Pilot" },
    quotes: { title: "Head of Data" },
  })
  const [answer] = await learn(
    store,
    run,
    { entity: "lead", id },
    [{ field: "title", value: "Pilot", evidence: other }],
    later,
  )
  expect(answer?.kind).toBe("refused")
  expect(answer?.reason).toContain("another lead")
  await store.close()
})

test("what a person set is never overwritten: the agent's value becomes a suggestion, once", async () => {
  const { store, evidence, lead, facts, learnOne } = await miraAndHerPage()
  await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.update(tables.leads).set({ title: "Queen of Data" }),
  )
  expect(await learnOne({ field: "title", value: "Head of Data", evidence })).toMatchObject({ kind: "suggested" })
  expect(await learnOne({ field: "title", value: "Head of Data", evidence })).toMatchObject({ kind: "suggested" })
  expect(await lead()).toMatchObject({ title: "Queen of Data" })
  expect(await facts()).toMatchObject([{ state: "suggested" }])
  await store.close()
})

test("an older page does not replace a newer one", async () => {
  const { store, id, evidence, lead, learnOne } = await miraAndHerPage()
  await learnOne({ field: "title", value: "Head of Data", evidence })
  const old = await profilePage(store, {
    url,
    text: "Mira Holm\nIntern",
    fields: { title: "Intern" },
    quotes: { title: "Intern" },
    capturedAt: at,
  })
  const [answer] = await learn(
    store,
    run,
    { entity: "lead", id },
    [{ field: "title", value: "Intern", evidence: old }],
    later,
  )
  expect(answer?.kind).toBe("kept")
  expect(await lead()).toMatchObject({ title: "Head of Data" })
  await store.close()
})

test("an inference fills what is empty, says from what, and gives way to an observation", async () => {
  const { store, id, lead, facts, learnOne } = await miraAndHerPage()
  expect(await learnOne({ field: "location", value: "Norway" })).toMatchObject({ kind: "refused" })
  expect(await learnOne({ field: "location", value: "Norway", reason: "her phone number" })).toMatchObject({
    kind: "learned",
  })
  expect(await lead()).toMatchObject({ location: "Norway", enrichedAt: null })
  const page = await profilePage(store, {
    url,
    text,
    fields: { location: "Oslo, Norway" },
    quotes: { location: "Oslo, Norway" },
  })
  await learn(store, run, { entity: "lead", id }, [{ field: "location", value: "Oslo, Norway", evidence: page }], later)
  expect(await lead()).toMatchObject({ location: "Oslo, Norway" })
  expect(await facts()).toMatchObject([
    { basis: "inferred", state: "superseded" },
    { basis: "observed", state: "current" },
  ])
  await store.close()
})

test("an address that recognises another lead is not given to this one", async () => {
  const { store, learnOne } = await miraAndHerPage()
  await importedLead(store, { name: "Other", linkedinUrl: "https://www.linkedin.com/in/other" })
  const answer = await learnOne({
    field: "linkedin_url",
    value: "https://www.linkedin.com/in/other",
    reason: "a guess",
  })
  expect(answer?.kind).not.toBe("learned")
  await store.close()
})

test("a fact without a lead, field or evidence is refused", async () => {
  const { store, learnOne } = await miraAndHerPage()
  expect(await learnOne({ field: "shoe_size", value: "42", reason: "x" })).toMatchObject({ kind: "refused" })
  expect(await learnOne({ field: "title", value: "x", evidence: 999, quote: "x" })).toMatchObject({ kind: "refused" })
  await expect(
    learn(store, run, { entity: "lead", id: 999 }, [{ field: "title", value: "x", reason: "y" }], later),
  ).rejects.toThrow(EntityNotFound)
  await store.close()
})
