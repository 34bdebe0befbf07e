import { eq } from "drizzle-orm"
import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { editValue } from "../../src/leads/edit.ts"
import { suppress } from "../../src/leads/suppress.ts"
import { claimsOf } from "../../src/outreach/claims.ts"
import { makeDraft, rejectDraft, reopenDraft, reviseDraft, snoozeDraft } from "../../src/outreach/draft.ts"
import { waitingDrafts } from "../../src/outreach/find.ts"
import { ada, approve, draftFor, leadToWriteTo, message, noon, writer } from "./fixture.ts"

const day = 24 * 3_600_000

test("a draft goes to the lead's own address in normal form, from the team's account, and its claims name their facts", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  expect(draft).toMatchObject({ recipient: "ines-vance", account: "linkedin:team", state: "draft", subject: null })
  const [claim] = await store.read((db) => claimsOf(db, draft))
  expect(claim).toMatchObject({ standing: "fact", fact: { field: "title", quote: "Head of Robotics" } })
})

test("a draft goes to nobody but the lead", async () => {
  const { store, lead } = await leadToWriteTo()
  const other = await makeDraft(store, writer, lead, { ...message, to: "somebody-else" }, noon)
  expect(other).toMatchObject({ kind: "refused", reason: expect.stringContaining("no address of lead") })
  const mail = { channel: "email" as const, subject: "robots", body: "Hello", to: "ceo@elsewhere.example" }
  expect(await makeDraft(store, writer, lead, mail, noon)).toMatchObject({ kind: "refused" })
})

test("each channel has its limits", async () => {
  const { store, lead } = await leadToWriteTo()
  const note = { channel: "linkedin-note" as const, body: "x".repeat(301) }
  expect(await makeDraft(store, writer, lead, note, noon)).toMatchObject({
    reason: "LinkedIn note: at most 300 characters, and these are 301.",
  })
  const x = { channel: "x-message" as const, body: "Hi", subject: "no" }
  expect(await makeDraft(store, writer, lead, x, noon)).toMatchObject({ reason: "X message: it has no subject." })
  const mail = { channel: "email" as const, body: "Hi" }
  expect(await makeDraft(store, writer, lead, mail, noon)).toMatchObject({ reason: "An email needs a subject." })
})

test("a claim that rests on nothing says so, and one that the message does not make is refused", async () => {
  const { store, lead } = await leadToWriteTo()
  const body = "You love sailing. You work at Larkspur Robotics. You are in Paris."
  const claims = [
    { text: "You love sailing" },
    { text: "at Larkspur Robotics", fact: "company" },
    { text: "in Paris", fact: "location" },
  ]
  const draft = await draftFor(store, lead, { channel: "x-message", body, claims })
  const standings = (await store.read((db) => claimsOf(db, draft))).map(({ standing }) => standing)
  expect(standings).toEqual(["none", "imported", "none"])
  const absent = { ...message, claims: [{ text: "You won a prize", fact: "title" }] }
  expect(await makeDraft(store, writer, lead, absent, noon)).toMatchObject({ kind: "refused" })
})

test("a claim whose fact was replaced since is outdated", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  await editValue(store, ada, { entity: "lead", id: lead }, { field: "title", value: "CEO" }, noon)
  expect(await store.read((db) => claimsOf(db, draft))).toMatchObject([{ standing: "outdated" }])
})

test("letters that nobody sees are not in a draft", async () => {
  const { store, lead } = await leadToWriteTo()
  const hidden = [..."buy"].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join("")
  const draft = await draftFor(store, lead, {
    channel: "x-message",
    body: `Hi${hidden}\u202e there\u200b\r\nAda\u3164`,
  })
  expect(draft.body).toBe("Hi there\nAda")
})

test("an agent changes neither what a person wrote nor what a person approved", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  expect(await reviseDraft(store, writer, draft.id, { body: "Shorter." }, noon)).toMatchObject({ kind: "drafted" })
  await reviseDraft(store, ada, draft.id, { body: "Mine." }, noon)
  expect(await reviseDraft(store, writer, draft.id, { body: "Theirs." }, noon)).toMatchObject({ kind: "refused" })
  const second = await draftFor(store, lead, { channel: "x-message", body: "Hi" })
  await approve(store, second)
  expect(await reviseDraft(store, writer, second.id, { body: "Ha" }, noon)).toMatchObject({ kind: "refused" })
})

test("a second draft to the same lead on the same channel is not made while one waits", async () => {
  const { store, lead } = await leadToWriteTo()
  await draftFor(store, lead)
  expect(await makeDraft(store, writer, lead, message, noon)).toMatchObject({ kind: "refused" })
})

test("nothing is drafted to somebody who must not be contacted", async () => {
  const { store, lead } = await leadToWriteTo()
  await suppress(store, ada, "ines@larkspur.example", "She asked.", noon)
  expect(await makeDraft(store, writer, lead, message, noon)).toMatchObject({ kind: "refused" })
})

test("a rejection proposes its reason to the agents' memory, and can be taken back", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  expect(await rejectDraft(store, writer, draft.id, "no", noon)).toMatchObject({ kind: "refused" })
  await rejectDraft(store, ada, draft.id, "Too stiff.", noon)
  const memories = await store.read((db) => db.select().from(tables.memories))
  expect(memories).toMatchObject([{ text: "When writing to leads: Too stiff.", state: "proposed", owner: "team" }])
  expect(await reopenDraft(store, ada, draft.id, noon)).toMatchObject({ draft: { state: "draft", reason: null } })
})

test("a draft that is put off comes back when its time has come", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  await snoozeDraft(store, ada, draft.id, new Date(noon.getTime() + day), noon)
  expect(await waitingDrafts(store, noon)).toEqual([])
  expect(await waitingDrafts(store, new Date(noon.getTime() + day))).toEqual([draft.id])
})

test("a change of the words moves what claims them, and who made the draft stays known", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  const revised = await reviseDraft(store, ada, draft.id, { body: "Do robots fill in your CRM?" }, noon)
  expect(revised).toMatchObject({ draft: { claims: [], author: "agent:writer" } })
  const [row] = await store.read((db) => db.select().from(tables.drafts).where(eq(tables.drafts.id, draft.id)))
  expect(row?.body).toBe("Do robots fill in your CRM?")
})
