import { eq, sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { editValue } from "../../src/leads/edit.ts"
import { learn } from "../../src/leads/learn.ts"
import { type UndoPlan, undoChangeset } from "../../src/leads/undo.ts"
import { emptyStore, everything, importedLead, later, profilePage } from "./fixture.ts"

const url = "https://www.linkedin.com/in/mira-holm"
const person = { actor: "human:ada" }

async function enriched() {
  const store = emptyStore()
  const id = await importedLead(store, { name: "Mira Holm", title: "Analyst", linkedinUrl: url })
  const before = await everything(store)
  const evidence = await profilePage(store, {
    url,
    text: "Head of Data at Northwind Robotics, Oslo",
    fields: { title: "Head of Data", company: "Northwind Robotics", location: "Oslo" },
    quotes: { title: "Head of Data", company: "Northwind Robotics", location: "Oslo" },
  })
  const claims = [
    { field: "title", value: "Head of Data", evidence },
    { field: "company", value: "Northwind Robotics", evidence },
    { field: "location", value: "Oslo", evidence },
  ]
  await learn(store, { actor: "agent:enricher", kind: "run", runId: 1 }, { entity: "lead", id }, claims, later)
  return { store, id, before, changeset: await changesetOfRun(store) }
}

async function changesetOfRun(store: Store): Promise<number> {
  const rows = await store.read((db) => db.select().from(tables.changesets).where(eq(tables.changesets.runId, 1)))
  return rows[0]?.id ?? 0
}

async function undo(store: Store, changeset: number): Promise<UndoPlan> {
  const result = await undoChangeset(store, person, changeset, { preview: false })
  if (result.kind === "refused") throw new Error(result.reason)
  return result.plan
}

test("undoing a run puts every row back as it was, byte for byte", async () => {
  const { store, before, changeset } = await enriched()
  expect(await everything(store)).not.toEqual(before)
  const plan = await undo(store, changeset)
  expect(plan.kept).toEqual([])
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("a preview says the same and writes nothing", async () => {
  const { store, changeset } = await enriched()
  const now = await everything(store)
  const result = await undoChangeset(store, person, changeset, { preview: true })
  expect(result).toMatchObject({ kind: "undone", plan: { restored: { updated: 1, removed: 4 }, undoneBy: null } })
  expect(await everything(store)).toEqual(now)
  await store.close()
})

test("undoing the undo brings everything back, and the first can then be undone again", async () => {
  const { store, before, changeset } = await enriched()
  const worked = await everything(store)
  const first = await undo(store, changeset)
  const redo = await undo(store, first.undoneBy ?? 0)
  expect(await everything(store)).toEqual(worked)
  expect(redo.kept).toEqual([])
  await undo(store, changeset)
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("what a person changed afterwards is kept and reported, the rest goes back", async () => {
  const { store, changeset } = await enriched()
  await store.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.update(tables.leads).set({ title: "Queen of Data" }),
  )
  const plan = await undo(store, changeset)
  const [lead] = await store.read((db) => db.select().from(tables.leads))
  expect(lead).toMatchObject({ title: "Queen of Data", company: null, location: null, enrichedAt: null })
  expect(plan.kept).toMatchObject([{ table: "leads", row: 1, column: "title", by: "human:ada" }])
  await store.close()
})

test("a changeset is undone once", async () => {
  const { store, changeset } = await enriched()
  await undo(store, changeset)
  const again = await undoChangeset(store, person, changeset, { preview: false })
  expect(again).toMatchObject({ kind: "refused" })
  expect(await undoChangeset(store, person, 4711, { preview: false })).toMatchObject({ kind: "refused" })
  await store.close()
})

test("undoing an import removes the leads it made, but not one that was worked on since", async () => {
  const { store } = await enriched()
  await importedLead(store, { name: "Untouched" })
  const imports = await store.read((db) =>
    db.select().from(tables.changesets).where(eq(tables.changesets.kind, "import")),
  )
  const untouched = await undo(store, imports[1]?.id ?? 0)
  expect(untouched.restored.removed).toBe(1)
  const worked = await undo(store, imports[0]?.id ?? 0)
  expect(worked.kept).toMatchObject([{ table: "leads", row: 1, by: "agent:enricher" }])
  expect(await store.read((db) => db.select({ name: tables.leads.name }).from(tables.leads))).toEqual([
    { name: "Mira Holm" },
  ])
  await store.close()
})

test("an address that another lead has by now is reported, also while indexes are put aside", async () => {
  const store = emptyStore()
  const mira = await importedLead(store, { name: "Mira Holm", email: "mira@fjord.example" })
  const otto = await importedLead(store, { name: "Otto Brandt" })
  const ada = { ...person, kind: "edit" }
  await editValue(store, ada, { entity: "lead", id: mira }, { field: "email", value: null }, later)
  const [last] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  await editValue(store, ada, { entity: "lead", id: otto }, { field: "email", value: "mira@fjord.example" }, later)
  const load = store.load()
  await load.setIndexesAside()
  const plan = await undo(store, last?.id ?? 0)
  expect(plan.kept).toMatchObject([{ table: "identities", reason: "Its place was taken afterwards." }])
  await load.end()
  expect(await store.rows(sql`SELECT lead_id FROM identities`)).toEqual([{ lead_id: otto }])
  await store.close()
})

test("a column that is named as no object's own name should be comes back like any other", async () => {
  const store = emptyStore()
  const custom = '{"__proto__":"a","constructor":"b"}'
  await importedLead(store, { name: "Mira Holm", custom: JSON.parse(custom) })
  const [last] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  const undone = await undo(store, last?.id ?? 0)
  await undo(store, undone.undoneBy ?? 0)
  expect(await store.rows(sql`SELECT custom FROM leads`)).toEqual([{ custom }])
  await store.close()
})
