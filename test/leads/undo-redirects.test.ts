import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { editValue } from "../../src/leads/edit.ts"
import { learn } from "../../src/leads/learn.ts"
import { mergeLeads } from "../../src/leads/merge.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { acceptSuggestion, openSuggestions } from "../../src/leads/suggestions.ts"
import { addToTimeline } from "../../src/leads/timeline.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { at, emptyStore, everything, importedLead, later } from "./fixture.ts"

const ada = { actor: "human:ada", kind: "edit" }
const merging = { actor: "human:ada", kind: "merge" }

async function twoOfMira() {
  const store = emptyStore()
  const keep = await importedLead(store, { name: "Mira Holm", email: "mira@fjord.example" })
  const drop = await importedLead(store, { name: "M. Holm", email: "m@old.example" })
  return { store, keep, drop }
}

async function merge(store: Store, keep: number, drop: number): Promise<number> {
  const merged = await mergeLeads(store, merging, keep, drop, later)
  if (merged.kind === "refused") throw new Error(merged.reason)
  return merged.changeset
}

async function undo(store: Store, changeset: number | null) {
  const undone = await undoChangeset(store, ada, changeset ?? 0, { preview: false })
  if (undone.kind === "refused") throw new Error(undone.reason)
  return undone.plan
}

const ownersOf = (store: Store) =>
  store.rows(
    sql`SELECT value AS what, lead_id AS owner FROM identities UNION ALL SELECT text, lead_id FROM reminders
      UNION ALL SELECT text, lead_id FROM timeline ORDER BY what`,
  )

test("a merge that is done again takes along what came to the other lead meanwhile, and undoing that gives it back", async () => {
  const { store, keep, drop } = await twoOfMira()
  const apart = await undo(store, await merge(store, keep, drop))
  await addReminder(store, ada, drop, { text: "Call back", person: "human:ada", dueAt: later }, later)
  await addToTimeline(store, ada, drop, { kind: "note", text: "wants a quote" }, later)
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "email", value: "new@old.example" }, later)
  const before = await everything(store)
  const again = await undo(store, apart.undoneBy)
  expect(again.kept).toContainEqual({
    ...{ table: "reminders", row: 1, column: "lead_id", by: "human:ada" },
    reason: `leads ${drop} is merged into ${keep}.`,
  })
  expect(await ownersOf(store)).toEqual(
    ["Call back", "m@old.example", "mira@fjord.example", "new@old.example", "wants a quote"].map((what) => ({
      ...{ what, owner: keep },
    })),
  )
  expect(await store.rows(sql`SELECT entity_id, state FROM facts WHERE field = 'email' AND basis = 'human'`)).toEqual([
    { entity_id: keep, state: "superseded" },
  ])
  await undo(store, again.undoneBy)
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("an address that an undo gives back to a lead that is merged by now is that of the one it leads to", async () => {
  const { store, keep, drop } = await twoOfMira()
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "email", value: null }, later)
  const [edit] = await store.rows<{ id: number }>(sql`SELECT max(id) AS id FROM changesets`)
  await merge(store, keep, drop)
  const before = await everything(store)
  const undone = await undo(store, edit?.id ?? 0)
  expect(await ownersOf(store)).toEqual([
    { what: "m@old.example", owner: keep },
    { what: "mira@fjord.example", owner: keep },
  ])
  await undo(store, undone.undoneBy)
  expect(await everything(store)).toEqual(before)
  await store.close()
})

test("agents work again on a lead that is taken out of another, and no longer when the two are one again", async () => {
  const { store, keep, drop } = await twoOfMira()
  const never = "9999-12-31T00:00:00.000Z"
  const task = { leadId: drop, createdAt: at, updatedAt: at }
  await store.write((db) =>
    db.insert(tables.tasks).values([
      { ...task, kind: "enrich", notBefore: at },
      { ...task, kind: "draft", state: "waiting", notBefore: never },
      { ...task, kind: "verify", state: "done", outcome: "Verified.", notBefore: at },
    ]),
  )
  const states = () => store.rows(sql`SELECT state FROM tasks ORDER BY id`)
  const merged = await merge(store, keep, drop)
  expect(await states()).toEqual([{ state: "done" }, { state: "done" }, { state: "done" }])
  const apart = await undo(store, merged)
  expect(await states()).toEqual([{ state: "open" }, { state: "waiting" }, { state: "done" }])
  await undo(store, apart.undoneBy)
  expect(await states()).toEqual([{ state: "done" }, { state: "done" }, { state: "done" }])
  await store.close()
})

test("a suggestion that was accepted while two leads were one stays with the one that has its value", async () => {
  const { store, keep, drop } = await twoOfMira()
  await editValue(store, ada, { entity: "lead", id: drop }, { field: "location", value: "Oslo" }, later)
  const run = { actor: "agent:enricher", kind: "run", runId: 1 }
  const guess = { field: "location", value: "Bergen", reason: "a guess" }
  await learn(store, run, { entity: "lead", id: drop }, [guess], later)
  const merged = await merge(store, keep, drop)
  const [open] = await openSuggestions(store, { limit: 1 })
  await acceptSuggestion(store, ada, open?.fact ?? 0, later)
  const undone = await undo(store, merged)
  expect(undone.kept).toContainEqual({
    ...{ table: "facts", row: open?.fact, column: "entity_id", by: "human:ada" },
    reason: "It was changed again afterwards.",
  })
  expect(await store.rows(sql`SELECT id, location FROM leads ORDER BY id`)).toEqual([
    { id: keep, location: "Bergen" },
    { id: drop, location: "Oslo" },
  ])
  expect(await store.rows(sql`SELECT entity_id, value FROM facts WHERE state = 'current'`)).toEqual([
    { entity_id: keep, value: '"Bergen"' },
  ])
  await store.close()
})
