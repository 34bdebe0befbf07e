import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { mergeLeads } from "../../src/leads/merge.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { approveDraft } from "../../src/outreach/approve.ts"
import { draftIn, makeDraft, reviseDraft } from "../../src/outreach/draft.ts"
import { sealOf } from "../../src/outreach/seal.ts"
import { emptyStore, importedLead, later } from "./fixture.ts"

const ada = { actor: "human:ada", kind: "draft" }

async function drafted() {
  const store = emptyStore()
  const lead = await importedLead(store, { name: "Mira Holm", email: "mira@fjord.example" })
  const made = await makeDraft(store, ada, lead, { channel: "email", subject: "Kites", body: "Hello Mira" }, later)
  if (made.kind === "refused") throw new Error(made.reason)
  return { store, lead, draft: made.draft.id }
}

async function approve(store: Store, id: number): Promise<void> {
  const draft = await store.read((db) => draftIn(db, id))
  const seal = sealOf({ ...draft, account: draft.account ?? "team@home.example" })
  const deciding = { homeKey: () => "", mailFrom: "team@home.example" }
  const approved = await approveDraft(store, ada, id, seal, deciding, later)
  if (approved.kind !== "approved") throw new Error(approved.reason)
}

const states = (store: Store) =>
  store.rows(
    sql`SELECT state, body, voided_at IS NULL AS holds FROM drafts LEFT JOIN approvals ON draft_id = drafts.id`,
  )

async function undoLast(store: Store) {
  const [last] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  const done = await undoChangeset(store, { actor: "human:ben" }, last?.id ?? 0, { preview: false })
  if (done.kind === "refused") throw new Error(done.reason)
  return done.plan
}

test("undoing an approval takes the yes back for good, and redoing it does not give it", async () => {
  const { store, draft } = await drafted()
  await approve(store, draft)
  const undone = await undoLast(store)
  expect(undone.kept).toMatchObject([{ table: "approvals", reason: "What was approved or sent is not undone." }])
  expect(await states(store)).toEqual([{ state: "draft", body: "Hello Mira", holds: 0 }])
  const redone = await undoLast(store)
  expect(redone.kept).toContainEqual(expect.objectContaining({ table: "drafts", column: "state" }))
  expect(await states(store)).toEqual([{ state: "draft", body: "Hello Mira", holds: 0 }])
  await store.close()
})

test("undoing an older change of a draft's words makes what was approved since void", async () => {
  const { store, draft } = await drafted()
  await reviseDraft(store, ada, draft, { body: "Dear Mira" }, later)
  const [revision] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  await approve(store, draft)
  await undoChangeset(store, { actor: "human:ben" }, revision?.id ?? 0, { preview: false })
  expect(await states(store)).toEqual([{ state: "draft", body: "Hello Mira", holds: 0 }])
  await store.close()
})

test("what is approved of a draft while two leads are one goes with it when they are two again", async () => {
  const { store, lead, draft } = await drafted()
  const other = await importedLead(store, { name: "Mira H." })
  const merged = await mergeLeads(store, { actor: "human:ada", kind: "merge" }, other, lead, later)
  await approve(store, draft)
  const whose = () =>
    store.rows(
      sql`SELECT drafts.lead_id AS draft, approvals.lead_id AS approval FROM approvals JOIN drafts ON drafts.id = draft_id`,
    )
  expect(await whose()).toEqual([{ draft: other, approval: other }])
  const changeset = merged.kind === "merged" ? merged.changeset : 0
  await undoChangeset(store, { actor: "human:ben" }, changeset, { preview: false })
  expect(await whose()).toEqual([{ draft: lead, approval: lead }])
  await undoLast(store)
  expect(await whose()).toEqual([{ draft: other, approval: other }])
  expect(await states(store)).toEqual([{ state: "approved", body: "Hello Mira", holds: 1 }])
  await store.close()
})

test("what was approved of a draft that is gone goes back with its lead", async () => {
  const { store, lead, draft } = await drafted()
  const [making] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  await approve(store, draft)
  await undoLast(store)
  await undoChangeset(store, { actor: "human:ben" }, making?.id ?? 0, { preview: false })
  expect(await store.rows(sql`SELECT id FROM drafts`)).toEqual([])
  const whose = () => store.rows(sql`SELECT lead_id AS owner FROM approvals`)
  const other = await importedLead(store, { name: "Mira H." })
  await mergeLeads(store, { actor: "human:ada", kind: "merge" }, other, lead, later)
  expect(await whose()).toEqual([{ owner: other }])
  await undoLast(store)
  expect(await whose()).toEqual([{ owner: lead }])
  await store.close()
})

test("a draft that was sent stays as it is", async () => {
  const { store, lead, draft } = await drafted()
  await reviseDraft(store, ada, draft, { body: "Dear Mira" }, later)
  const [revision] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  const sent = {
    draftId: draft,
    leadId: lead,
    approvalId: 1,
    channel: "email",
    recipient: "m",
    body: "Dear Mira",
  } as const
  await store.change(ada, (db) =>
    db.insert(tables.sends).values({ ...sent, outcome: "sent", person: "human:ada", startedAt: later.toISOString() }),
  )
  const undone = await undoChangeset(store, { actor: "human:ben" }, revision?.id ?? 0, { preview: false })
  expect(undone).toMatchObject({ plan: { kept: [{ table: "drafts", reason: "It was sent." }] } })
  expect(await store.rows(sql`SELECT body FROM drafts`)).toEqual([{ body: "Dear Mira" }])
  await store.close()
})

test("a merge takes drafts, approvals and sends along, and undoing it gives them back with the yes", async () => {
  const { store, lead, draft } = await drafted()
  await approve(store, draft)
  const other = await importedLead(store, { name: "Mira Holm", company: "Fjord Labs" })
  const merged = await mergeLeads(store, ada, other, lead, later)
  if (merged.kind === "refused") throw new Error(merged.reason)
  const owners = () =>
    store.rows(sql`SELECT drafts.lead_id AS draft, approvals.lead_id AS approval, state, voided_at
    FROM drafts JOIN approvals ON draft_id = drafts.id`)
  expect(await owners()).toEqual([{ draft: other, approval: other, state: "approved", voided_at: null }])
  await undoChangeset(store, { actor: "human:ada" }, merged.changeset, { preview: false })
  expect(await owners()).toEqual([{ draft: lead, approval: lead, state: "approved", voided_at: null }])
  await store.close()
})
