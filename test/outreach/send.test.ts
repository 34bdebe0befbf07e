import { eq } from "drizzle-orm"
import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { suppress } from "../../src/leads/suppress.ts"
import { approveDraft, withdrawApproval } from "../../src/outreach/approve.ts"
import { reviseDraft } from "../../src/outreach/draft.ts"
import { beginSend, giveUpLostSends, markAsSent, sendDraft, settleUnknown } from "../../src/outreach/send.ts"
import { ada, approve, deciding, draftFor, keepingCourier, leadToWriteTo, noon, sending, writer } from "./fixture.ts"

const day = 24 * 3_600_000

async function approved() {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  await approve(store, draft)
  return { store, lead, draft }
}

test("exactly what was approved is sent, once, and the lead's timeline and status say so", async () => {
  const { store, lead, draft } = await approved()
  const { courier, delivered } = keepingCourier()
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "sent" })
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  const { channel, account, recipient, body } = draft
  expect(delivered).toMatchObject([{ channel, account, recipient, body, subject: null }])
  const [row] = await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, lead)))
  expect(row?.status).toBe("contacted")
  const entries = await store.read((db) => db.select().from(tables.timeline))
  expect(entries.map(({ text }) => text)).toEqual([
    expect.stringContaining("You are Head of Robotics"),
    "new -> contacted",
  ])
})

test("nothing is sent that nobody approved, and agents approve nothing", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  const { courier, delivered } = keepingCourier()
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  expect(await approveDraft(store, writer, draft.id, "any", deciding, noon)).toMatchObject({ kind: "refused" })
  await approve(store, draft)
  expect(await sendDraft(store, writer, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  expect(delivered).toEqual([])
})

test("a yes to something else than what stands there now is none", async () => {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead)
  await reviseDraft(store, writer, draft.id, { body: "Buy now." }, noon)
  expect(await approve(store, draft)).toMatchObject({ kind: "changed" })
})

test("any change voids an approval, and so does taking it back", async () => {
  const { store, draft } = await approved()
  const { courier, delivered } = keepingCourier()
  await reviseDraft(store, ada, draft.id, { body: "Altered." }, noon)
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  const [approval] = await store.read((db) => db.select().from(tables.approvals))
  expect(approval).toMatchObject({ voidReason: "The draft was changed.", usedAt: null })
  const [altered] = await store.read((db) => db.select().from(tables.drafts))
  if (altered) await approve(store, altered)
  expect(await withdrawApproval(store, ada, draft.id, noon)).toBe(true)
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  expect(delivered).toEqual([])
})

test("a draft that was changed beside the actions is not sent on the old approval", async () => {
  const { store, draft } = await approved()
  await store.change({ actor: "outside", kind: "edit" }, (db) => db.update(tables.drafts).set({ body: "Altered." }))
  const { courier, delivered } = keepingCourier()
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  expect(delivered).toEqual([])
})

test("an approval holds for seven days", async () => {
  const { store, draft } = await approved()
  const { courier, delivered } = keepingCourier()
  const late = { ...sending, clock: () => new Date(noon.getTime() + 7 * day) }
  expect(await sendDraft(store, ada, draft.id, courier, late)).toMatchObject({ kind: "not begun" })
  expect(delivered).toEqual([])
})

test("who was suppressed after the approval gets nothing", async () => {
  const { store, draft } = await approved()
  await suppress(store, ada, "larkspur.example", "They asked.", noon)
  const { courier, delivered } = keepingCourier()
  const sent = await sendDraft(store, ada, draft.id, courier, sending)
  expect(sent).toMatchObject({ kind: "not begun", reason: expect.stringContaining("must not be contacted") })
  expect(delivered).toEqual([])
})

test("an address that is the lead's no longer gets nothing", async () => {
  const { store, lead, draft } = await approved()
  await store.change(ada, async (db) => {
    await db.delete(tables.identities).where(eq(tables.identities.kind, "linkedin"))
    await db.update(tables.leads).set({ linkedinUrl: null }).where(eq(tables.leads.id, lead))
  })
  const { courier, delivered } = keepingCourier()
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
  expect(delivered).toEqual([])
})

test("a lead without an account's leave keeps its approval while the account cannot send", async () => {
  const { store, draft } = await approved()
  const { courier } = keepingCourier()
  const stopped = { ...courier, whyNot: async () => "linkedin:team is stopped." }
  expect(await sendDraft(store, ada, draft.id, stopped, sending)).toEqual({
    kind: "not begun",
    reason: "linkedin:team is stopped.",
  })
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "sent" })
})

test("a message that was refused goes back to review, and needs a new yes", async () => {
  const { store, draft } = await approved()
  const { courier } = keepingCourier(() => ({ kind: "refused", reason: "The composer names somebody else." }))
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "refused" })
  const { courier: next } = keepingCourier()
  expect(await sendDraft(store, ada, draft.id, next, sending)).toMatchObject({ kind: "not begun" })
  await approve(store, draft)
  expect(await sendDraft(store, ada, draft.id, next, sending)).toMatchObject({ kind: "sent" })
})

test("a message of which nobody knows is not sent again until a person has looked", async () => {
  const { store, draft } = await approved()
  const broken = keepingCourier(() => {
    throw new Error("The browser went away.")
  })
  expect(await sendDraft(store, ada, draft.id, broken.courier, sending)).toMatchObject({ kind: "unknown" })
  expect(await approve(store, draft)).toMatchObject({ kind: "refused" })
  expect(await settleUnknown(store, ada, draft.id, false, noon)).toBeNull()
  await approve(store, draft)
  const { courier } = keepingCourier()
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "sent" })
})

test("a send whose process ended is unknown, whatever its approval", async () => {
  const { store, draft } = await approved()
  expect(await beginSend(store, ada, draft.id, deciding, noon)).toMatchObject({ kind: "begun" })
  expect(await beginSend(store, ada, draft.id, deciding, noon)).toMatchObject({ kind: "not begun" })
  expect(await giveUpLostSends(store, noon)).toHaveLength(1)
  expect(await approve(store, draft)).toMatchObject({ kind: "refused" })
  await settleUnknown(store, ada, draft.id, true, noon)
  const [row] = await store.read((db) => db.select().from(tables.drafts))
  expect(row?.state).toBe("sent")
})

test("what a person sent by hand uses the approval up", async () => {
  const { store, draft } = await approved()
  expect(await markAsSent(store, ada, draft.id, deciding, () => noon)).toMatchObject({ kind: "sent" })
  expect(await markAsSent(store, ada, draft.id, deciding, () => noon)).toMatchObject({ kind: "not begun" })
})
