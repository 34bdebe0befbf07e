import { eq, sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { likelyCompanyDuplicates, likelyDuplicates } from "../../src/leads/duplicates.ts"
import { editValue } from "../../src/leads/edit.ts"
import { leadHistory } from "../../src/leads/lead-history.ts"
import { learn } from "../../src/leads/learn.ts"
import { mergeCompanies, mergeLeads } from "../../src/leads/merge.ts"
import { addIdentity } from "../../src/leads/owners.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { isSuppressed, suppress } from "../../src/leads/suppress.ts"
import { addToTimeline } from "../../src/leads/timeline.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { at, emptyStore, everything, importedLead, later, profilePage } from "./fixture.ts"

const ada = { actor: "human:ada", kind: "edit" }
const merging = { actor: "human:ada", kind: "merge" }
const agent = { actor: "agent:enricher", kind: "run", runId: 1 }
const url = "https://www.linkedin.com/in/mira-holm"

async function twoOfMira() {
  const store = emptyStore()
  const keep = await importedLead(store, {
    name: "Mira Holm",
    title: "Analyst",
    linkedinUrl: url,
    custom: { shoe: "42" },
  })
  const drop = await importedLead(store, {
    name: "M. Holm",
    email: "mira@holm.example",
    phone: "+15550100",
    custom: { hat: "7" },
  })
  const evidence = await profilePage(store, {
    url,
    text: "Head of Data",
    fields: { title: "Head of Data" },
    quotes: { title: "Head of Data" },
  })
  await learn(store, agent, { entity: "lead", id: keep }, [{ field: "title", value: "Head of Data", evidence }], later)
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "location", value: "Oslo" }, later)
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "status", value: "qualified" }, later)
  await addToTimeline(store, ada, drop, { kind: "note", text: "Met in Oslo" }, later)
  await addReminder(store, ada, drop, { text: "Call", dueAt: later, person: "human:ada" }, later)
  return { store, keep, drop }
}

function leadOf(store: Store, id: number) {
  return store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id))).then(([row]) => row)
}

test("a merged lead has the facts, evidence, timeline, reminders and addresses of both", async () => {
  const { store, keep, drop } = await twoOfMira()
  await store.write((db) =>
    db.insert(tables.tasks).values({ kind: "enrich", leadId: drop, notBefore: at, createdAt: at, updatedAt: at }),
  )
  expect(await mergeLeads(store, merging, keep, drop, later)).toMatchObject({ kind: "merged", keep, drop })
  expect(await leadOf(store, keep)).toMatchObject({
    name: "Mira Holm",
    title: "Head of Data",
    email: "mira@holm.example",
    phone: "+15550100",
    location: "Oslo",
    status: "qualified",
    custom: { shoe: "42", hat: "7" },
    mergedInto: null,
    enrichedAt: later.toISOString(),
  })
  expect(await leadOf(store, drop)).toMatchObject({ mergedInto: keep, name: "M. Holm" })
  const owners = (table: string, column: string) =>
    store.rows(sql`SELECT DISTINCT ${sql.identifier(column)} AS owner FROM ${sql.identifier(table)}`)
  for (const table of ["identities", "timeline", "reminders"])
    expect(await owners(table, "lead_id")).toEqual([{ owner: keep }])
  expect(await owners("facts", "entity_id")).toEqual([{ owner: keep }])
  const names = await store.rows(sql`SELECT value, basis, state FROM facts WHERE field = 'name' ORDER BY id`)
  expect(names).toEqual([{ value: '"M. Holm"', basis: "imported", state: "superseded" }])
  expect(await store.rows(sql`SELECT state FROM tasks`)).toEqual([{ state: "done" }])
  await store.close()
})

test("a field of the team's own may be called like what every object has: it is merged, told and undone", async () => {
  const store = emptyStore()
  const custom = JSON.parse('{"constructor":"one","__proto__":"two"}')
  await importedLead(store, { name: "Ada" })
  await importedLead(store, { name: "Ada", custom })
  const merged = await mergeLeads(store, merging, 1, 2, later)
  if (merged.kind !== "merged") throw new Error("They were not merged.")
  const [kept] = await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, 1)))
  expect(JSON.stringify(kept?.custom)).toBe(JSON.stringify(custom))
  const told = (await leadHistory(store, 1, 100)).flatMap(({ values }) => values)
  expect(told).toContainEqual({ field: "constructor", before: null, after: "one" })
  expect(told).toContainEqual({ field: "__proto__", before: null, after: "two" })
  await undoChangeset(store, ada, merged.changeset, { preview: false })
  const leads = await store.read((db) => db.select().from(tables.leads).orderBy(tables.leads.id))
  expect(leads.map((lead) => JSON.stringify(lead.custom))).toEqual(["{}", JSON.stringify(custom)])
})

test("undoing a merge makes two of one again, byte for byte, and redoing it one of two", async () => {
  const { store, keep, drop } = await twoOfMira()
  const before = await everything(store)
  const merged = await mergeLeads(store, merging, keep, drop, later)
  const after = await everything(store)
  const undone = await undoChangeset(store, ada, merged.kind === "merged" ? merged.changeset : 0, { preview: false })
  expect(undone).toMatchObject({ kind: "undone", plan: { kept: [] } })
  expect(await everything(store)).toEqual(before)
  await undoChangeset(store, ada, undone.kind === "undone" ? (undone.plan.undoneBy ?? 0) : 0, { preview: false })
  expect(await everything(store)).toEqual(after)
  await store.close()
})

test("a merge that is done again while the other way round stands makes no circle of the two", async () => {
  const { store, keep, drop } = await twoOfMira()
  const changesetOf = (merged: Awaited<ReturnType<typeof mergeLeads>>) =>
    merged.kind === "merged" ? merged.changeset : 0
  const undo = async (id: number) => {
    const undone = await undoChangeset(store, ada, id, { preview: false })
    return undone.kind === "undone" ? undone.plan : null
  }
  const first = await undo(changesetOf(await mergeLeads(store, merging, drop, keep, later)))
  await mergeLeads(store, merging, keep, drop, later)
  const again = await undo(first?.undoneBy ?? 0)
  expect(again?.kept).toContainEqual({
    ...{ table: "leads", row: keep, column: "merged_into", by: "human:ada" },
    reason: `leads ${drop} was merged into it afterwards.`,
  })
  expect(await leadOf(store, keep)).toMatchObject({ mergedInto: null })
  expect(await leadOf(store, drop)).toMatchObject({ mergedInto: keep })
  await store.close()
})

test("what a person set goes before what is newer", async () => {
  const { store, keep, drop } = await twoOfMira()
  await editValue(store, ada, { entity: "lead", id: keep }, { field: "name", value: "Mira Holm" }, later)
  await mergeLeads(store, merging, keep, drop, later)
  expect(await leadOf(store, keep)).toMatchObject({ name: "Mira Holm" })
  await store.close()
})

test("a value that a person took away is gone of both, and another one stays", async () => {
  const store = emptyStore()
  const wrong = { field: "email", value: null }
  const keep = await importedLead(store, { name: "Mira Holm", email: "mira@fjord.example" })
  const drop = await importedLead(store, { name: "M Holm", email: "wrong@holm.example" })
  await editValue(store, ada, { entity: "lead", id: drop }, wrong, later)
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "headline", value: "Hello" }, later)
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "headline", value: null }, later)
  await mergeLeads(store, merging, keep, drop, later)
  expect(await leadOf(store, keep)).toMatchObject({ email: "mira@fjord.example" })
  const again = await importedLead(store, { name: "Mira", custom: { headline: "Hello" } })
  await mergeLeads(store, merging, again, keep, later)
  expect((await leadOf(store, again))?.custom).toMatchObject({ headline: null })
  const bare = await importedLead(store, { name: "Otto Brandt", email: "otto@x.example" })
  await editValue(store, ada, { entity: "lead", id: bare }, wrong, later)
  const full = await importedLead(store, { name: "O. Brandt", email: "otto@y.example" })
  await mergeLeads(store, merging, bare, full, later)
  expect(await leadOf(store, bare)).toMatchObject({ email: "otto@y.example" })
  await store.close()
})

test("of one value said twice, the proof stays current", async () => {
  const { store, keep, drop } = await twoOfMira()
  await mergeLeads(store, merging, drop, keep, later)
  const again = await importedLead(store, { name: "Mira", title: "Head of Data" })
  await mergeLeads(store, merging, again, drop, later)
  expect(await store.rows(sql`SELECT entity_id, basis FROM facts WHERE field = 'title' AND state = 'current'`)).toEqual(
    [{ entity_id: again, basis: "observed" }],
  )
  await store.close()
})

test("redirects lead to the last one, and learning follows them", async () => {
  const { store, keep, drop } = await twoOfMira()
  const third = await importedLead(store, { name: "Third" })
  await mergeLeads(store, merging, keep, drop, later)
  await mergeLeads(store, merging, third, drop, later)
  expect(await leadOf(store, keep)).toMatchObject({ mergedInto: third })
  expect(await leadOf(store, drop)).toMatchObject({ mergedInto: third })
  await learn(
    store,
    agent,
    { entity: "lead", id: drop },
    [{ field: "headline", value: "Hello", reason: "a test" }],
    later,
  )
  expect((await leadOf(store, third))?.custom).toMatchObject({ headline: "Hello" })
  expect(await mergeLeads(store, merging, drop, third, later)).toMatchObject({ kind: "refused" })
  await store.close()
})

test("a merged company's leads work for the kept one", async () => {
  const store = emptyStore()
  const company = { name: "Northwind", nameKey: "northwind", createdAt: at, updatedAt: at }
  await store.change(ada, (db) =>
    db.insert(tables.companies).values([company, { ...company, name: "Northwind GmbH", industry: "Robots" }]),
  )
  const id = await importedLead(store, { name: "Mira", companyId: 2 })
  const likely = await likelyCompanyDuplicates(store, { limit: 5 })
  expect(likely.pairs).toMatchObject([{ keep: { id: 1 }, drop: { id: 2 }, score: 0.9 }])
  await mergeCompanies(store, merging, 1, 2, later)
  expect(await leadOf(store, id)).toMatchObject({ companyId: 1 })
  const [kept] = await store.read((db) => db.select().from(tables.companies).where(eq(tables.companies.id, 1)))
  expect(kept).toMatchObject({ industry: "Robots" })
  expect((await likelyCompanyDuplicates(store, { limit: 5 })).pairs).toEqual([])
  await store.close()
})

test("whoever works at a company that must not be contacted stays so when it is merged into another", async () => {
  const store = emptyStore()
  await store.change(ada, async (db) => {
    for (const domain of ["new.example", "old.example"]) {
      const [made] = await db
        .insert(tables.companies)
        .values({ name: domain, nameKey: domain, domain, createdAt: at, updatedAt: at })
        .returning({ id: tables.companies.id })
      await addIdentity(db, "company", made?.id ?? 0, "domain", domain, at)
    }
  })
  const id = await importedLead(store, { name: "Mira", companyId: 2 })
  await suppress(store, { actor: "human:ada", kind: "suppress" }, "old.example", "They asked", later)
  const whose = () => store.read(async (db) => (await isSuppressed(db, id, () => ""))?.value)
  expect(await whose()).toBe("old.example")
  await mergeCompanies(store, merging, 1, 2, later)
  expect(await whose()).toBe("old.example")
  await store.close()
})

test("likely duplicates are found by company, mail domain and phone, with their reasons, and unlikely ones are not", async () => {
  const store = emptyStore()
  const company = { name: "Northwind", nameKey: "northwind", createdAt: at, updatedAt: at }
  await store.change(ada, (db) =>
    db.insert(tables.companies).values([company, { ...company, name: "Northwind Inc", domain: "northwind.example" }]),
  )
  const add = (lead: Parameters<typeof importedLead>[1]) => importedLead(store, lead)
  const mira = await add({ name: "Mira Holm", companyId: 1, company: "Northwind" })
  const accented = await add({ name: "MÍRA HOLM", companyId: 2, company: "Northwind Inc" })
  const initial = await add({ name: "M. Holm", companyId: 1, company: "Northwind" })
  const typo = await add({ name: "Jonas Lindqvist", email: "jonas@fjord.example" })
  const typed = await add({ name: "Jonas Lindqvit", email: "j.l@fjord.example" })
  const phoned = await add({ name: "Ines Prado", phone: "+15550111" })
  const turned = await add({ name: "Prado, Ines", phone: "+15550111" })
  await add({ name: "Otto Brandt", companyId: 1, company: "Northwind" })
  await add({ name: "Mira Holm", company: "Elsewhere" })
  for (let i = 0; i < 8; i++) await add({ name: `Clerk ${i}`, phone: "+15550199" })
  const { pairs, more } = await likelyDuplicates(store, { limit: 10 })
  expect(pairs.map(({ keep, drop }) => [keep.id, drop.id]).sort()).toEqual(
    [
      [mira, accented],
      [mira, initial],
      [accented, initial],
      [typo, typed],
      [phoned, turned],
    ].sort(),
  )
  expect(pairs[0]?.reasons.length).toBeGreaterThan(1)
  expect(more).toBe(false)
  expect((await likelyDuplicates(store, { limit: 1 })).more).toBe(true)
  await store.close()
})

test("two pages on LinkedIn make a namesake at the same company unlikely", async () => {
  const store = emptyStore()
  await store.change(ada, (db) =>
    db.insert(tables.companies).values({ name: "Northwind", nameKey: "northwind", createdAt: at, updatedAt: at }),
  )
  const shared = { name: "Mira Holm", companyId: 1, company: "Northwind" }
  await importedLead(store, { ...shared, linkedinUrl: url })
  await importedLead(store, { ...shared, linkedinUrl: `${url}-2` })
  expect((await likelyDuplicates(store, { limit: 10 })).pairs).toEqual([])
  await store.close()
})
