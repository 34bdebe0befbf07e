import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { defineField } from "../../src/leads/custom-fields.ts"
import { editValue } from "../../src/leads/edit.ts"
import { learn } from "../../src/leads/learn.ts"
import { acceptSuggestion, rejectSuggestion } from "../../src/leads/suggestions.ts"
import { addToTimeline, setStatus } from "../../src/leads/timeline.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { EntityNotFound } from "../../src/leads/values.ts"
import { at, emptyStore, everything, importedLead, later, profilePage } from "./fixture.ts"

const ada = { actor: "human:ada", kind: "edit" }
const agent = { actor: "agent:enricher", kind: "run", runId: 1 }
const url = "https://www.linkedin.com/in/mira-holm"

async function mira() {
  const store = emptyStore()
  const id = await importedLead(store, {
    name: "Mira Holm",
    title: "Analyst",
    linkedinUrl: url,
    email: "mira@holm.example",
  })
  const lead = { entity: "lead", id } as const
  const page = (title: string) => profilePage(store, { url, text: title, fields: { title }, quotes: { title } })
  const row = async () => (await store.read((db) => db.select().from(tables.leads)))[0]
  return { store, lead, page, row }
}

function facts(store: Store) {
  return store.rows<{ field: string; value: string; basis: string; state: string }>(
    sql`SELECT field, value, basis, state FROM facts ORDER BY id`,
  )
}

test("a person's value is a human fact, and an agent can only suggest another", async () => {
  const { store, lead, page, row } = await mira()
  expect(await editValue(store, ada, lead, { field: "title", value: " Queen of Data " }, later)).toEqual({
    kind: "set",
    merged: null,
  })
  expect(await editValue(store, ada, lead, { field: "title", value: "Queen of Data" }, later)).toEqual({
    kind: "unchanged",
  })
  const [answer] = await learn(
    store,
    agent,
    lead,
    [{ field: "title", value: "Head of Data", evidence: await page("Head of Data") }],
    later,
  )
  expect(answer?.kind).toBe("suggested")
  expect(await row()).toMatchObject({ title: "Queen of Data" })
  expect(await facts(store)).toEqual([
    { field: "title", value: '"Queen of Data"', basis: "human", state: "current" },
    { field: "title", value: '"Head of Data"', basis: "observed", state: "suggested" },
  ])
  await store.close()
})

test("a value that a person took away is not filled in again by an agent", async () => {
  const { store, lead, page, row } = await mira()
  await editValue(store, ada, lead, { field: "title", value: null }, later)
  const [answer] = await learn(
    store,
    agent,
    lead,
    [{ field: "title", value: "Head of Data", evidence: await page("Head of Data") }],
    later,
  )
  expect(answer?.kind).toBe("suggested")
  expect(await row()).toMatchObject({ title: null })
  await store.close()
})

test("an accepted suggestion is current with its proof, and newer pages may replace it", async () => {
  const { store, lead, page, row } = await mira()
  await editValue(store, ada, lead, { field: "title", value: "Queen of Data" }, later)
  await learn(
    store,
    agent,
    lead,
    [{ field: "title", value: "Head of Data", evidence: await page("Head of Data") }],
    later,
  )
  expect(await acceptSuggestion(store, agent, 2, later)).toMatchObject({ kind: "refused" })
  expect(await acceptSuggestion(store, ada, 2, later)).toEqual({ kind: "accepted" })
  expect(await acceptSuggestion(store, ada, 2, later)).toMatchObject({ kind: "refused" })
  expect(await row()).toMatchObject({ title: "Head of Data" })
  expect((await facts(store)).map(({ basis, state }) => [basis, state])).toEqual([
    ["human", "superseded"],
    ["observed", "current"],
  ])
  await store.close()
})

test("a rejected suggestion does not come back", async () => {
  const { store, lead, page } = await mira()
  await editValue(store, ada, lead, { field: "title", value: "Queen of Data" }, later)
  const claim = { field: "title", value: "Head of Data", evidence: await page("Head of Data") }
  await learn(store, agent, lead, [claim], later)
  expect(await rejectSuggestion(store, ada, 2)).toEqual({ kind: "rejected" })
  const [again] = await learn(store, agent, lead, [claim], later)
  expect(again?.kind).toBe("kept")
  expect(await facts(store)).toHaveLength(2)
  await store.close()
})

test("only people set values, and only what the field can hold", async () => {
  const { store, lead } = await mira()
  expect(await editValue(store, agent, lead, { field: "title", value: "x" }, later)).toMatchObject({ kind: "refused" })
  expect(await editValue(store, ada, lead, { field: "status", value: "famous" }, later)).toMatchObject({
    kind: "refused",
  })
  expect(await editValue(store, ada, lead, { field: "status", value: null }, later)).toMatchObject({ kind: "refused" })
  expect(await editValue(store, ada, lead, { field: "email", value: "no address" }, later)).toMatchObject({
    kind: "refused",
  })
  expect(await editValue(store, ada, lead, { field: "constructor", value: "x" }, later)).toMatchObject({
    kind: "refused",
  })
  await expect(
    editValue(store, ada, { entity: "lead", id: 99 }, { field: "title", value: "x" }, later),
  ).rejects.toThrow(EntityNotFound)
  await store.close()
})

test("a step of the sale writes itself into the timeline; what a person set, no agent changes", async () => {
  const { store, lead } = await mira()
  expect(await setStatus(store, agent, lead.id, "qualified", later)).toEqual({ kind: "set" })
  expect(await setStatus(store, agent, lead.id, "qualified", later)).toEqual({ kind: "unchanged" })
  await editValue(store, ada, lead, { field: "status", value: "Contacted" }, later)
  expect(await setStatus(store, agent, lead.id, "lost", later)).toMatchObject({ kind: "refused" })
  await addToTimeline(store, ada, lead.id, { kind: "call", text: "She will think about it.", at: new Date(at) }, later)
  expect(await store.rows(sql`SELECT kind, text, actor FROM timeline ORDER BY id`)).toEqual([
    { kind: "stage", text: "new -> qualified", actor: "agent:enricher" },
    { kind: "stage", text: "qualified -> contacted", actor: "human:ada" },
    { kind: "call", text: "She will think about it.", actor: "human:ada" },
  ])
  await store.close()
})

test("an address that is set to another lead's makes one lead of two, and undo takes that apart", async () => {
  const { store, lead, row } = await mira()
  const other = await importedLead(store, { name: "M. Holm", xHandle: "mira" })
  await editValue(store, ada, { entity: "lead", id: other }, { field: "email", value: "m@holm.example" }, later)
  const before = await everything(store)
  const edited = await editValue(store, ada, lead, { field: "email", value: "M@Holm.example" }, later)
  expect(edited).toEqual({ kind: "set", merged: other })
  expect(await row()).toMatchObject({ email: "m@holm.example", xHandle: "mira" })
  const [last] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  await undoChangeset(store, ada, last?.id ?? 0, { preview: false })
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("a field that the team adds has a type, and agents learn it like any other", async () => {
  const { store, lead, row } = await mira()
  const define = (field: Parameters<typeof defineField>[2]) => defineField(store, ada, field, later)
  expect(await define({ entity: "lead", name: "renewal", type: "date" })).toMatchObject({ kind: "defined" })
  expect(await define({ entity: "lead", name: "tier", type: "choice", choices: ["Gold", "Silver"] })).toMatchObject({
    kind: "defined",
  })
  expect(await define({ entity: "lead", name: "customer", type: "flag" })).toMatchObject({ kind: "defined" })
  expect(await define({ entity: "lead", name: "seats", type: "number" })).toMatchObject({ kind: "defined" })
  expect(await define({ entity: "lead", name: "tier", type: "text" })).toMatchObject({ kind: "refused" })
  expect(await define({ entity: "lead", name: "title", type: "text" })).toMatchObject({ kind: "refused" })
  expect(await define({ entity: "lead", name: "Shoe size", type: "text" })).toMatchObject({ kind: "refused" })
  expect(await define({ entity: "lead", name: "size", type: "choice" })).toMatchObject({ kind: "refused" })

  const text = "Customer since 3 May 2024, gold tier, 1,200 seats"
  const evidence = await profilePage(store, { url, text, fields: {}, quotes: {} })
  const answers = await learn(
    store,
    agent,
    lead,
    [
      { field: "renewal", value: "2024-05-03", evidence, quote: "since 3 May 2024" },
      { field: "tier", value: "gold", evidence, quote: "gold tier" },
      { field: "seats", value: 1200, evidence, quote: "1,200 seats" },
      { field: "customer", value: "yes", evidence, quote: "Customer since" },
      { field: "tier", value: "platinum", reason: "a guess" },
    ],
    later,
  )
  expect(answers.map(({ kind }) => kind)).toEqual(["learned", "learned", "learned", "learned", "refused"])
  expect((await row())?.custom).toEqual({ renewal: "2024-05-03", tier: "Gold", seats: 1200, customer: true })
  expect((await facts(store)).map(({ basis }) => basis)).toEqual(["observed", "observed", "observed", "inferred"])
  await store.close()
})

test("a field of a company's own stands in its custom values", async () => {
  const { store } = await mira()
  await store.change(ada, (db) =>
    db.insert(tables.companies).values({ name: "Northwind", createdAt: at, updatedAt: at }),
  )
  await defineField(store, ada, { entity: "company", name: "founded", type: "number" }, later)
  expect(
    await editValue(store, ada, { entity: "company", id: 1 }, { field: "founded", value: "1998" }, later),
  ).toMatchObject({ kind: "set" })
  const [company] = await store.read((db) => db.select().from(tables.companies))
  expect(company?.custom).toEqual({ founded: 1998 })
  await store.close()
})

test("a key of custom that a person set does not make its neighbours the person's", async () => {
  const { store, lead, page } = await mira()
  await defineField(store, ada, { entity: "lead", name: "note", type: "text" }, later)
  await editValue(store, ada, lead, { field: "note", value: "Loves tea" }, later)
  await store.change({ actor: "human:ada", kind: "import" }, (db) =>
    db.update(tables.leads).set({ custom: { note: "Loves tea", headline: "Old words" } }),
  )
  const evidence = await profilePage(store, {
    url,
    text: "New words",
    fields: { headline: "New words" },
    quotes: { headline: "New words" },
  })
  const [answer] = await learn(store, agent, lead, [{ field: "headline", value: "New words", evidence }], later)
  expect(answer?.kind).toBe("learned")
  await page("x")
  await store.close()
})
