import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { sendDraft } from "../../src/outreach/send.ts"
import { conversationsSince, hearReplies, type Looked, type ThreadReader } from "../../src/outreach/threads.ts"
import { ada, approve, draftFor, keepingCourier, leadToWriteTo, message, noon, sending } from "./fixture.ts"

const never = new AbortController().signal
const tomorrow = new Date("2026-11-04T12:00:00.000Z")
const listening = { clock: () => tomorrow, signal: never }

async function written() {
  const { store, lead } = await leadToWriteTo()
  for (const words of [message, { channel: "x-message" as const, body: "Robots?" }]) {
    const draft = await draftFor(store, lead, words)
    await approve(store, draft)
    await sendDraft(store, ada, draft.id, keepingCourier().courier, sending)
  }
  const replies = async () => {
    const entries = await store.read((db) => db.select().from(tables.timeline))
    return entries.filter(({ actor }) => actor === "lead").map(({ text, at }) => [text, at])
  }
  return { store, lead, replies }
}

const us = (text: string) => ({ from: "us" as const, text, id: null, at: null })
const them = (text: string, id: string | null = null, at: string | null = null) => ({
  ...{ from: "them" as const, text, id, at },
})
const read = (...messages: (Looked & { kind: "read" })["messages"]): Looked => ({
  ...{ kind: "read", url: "https://www.linkedin.com/messaging/thread/1/", title: "Messaging", messages },
})

test("what was answered since comes onto the timeline, each answer once, whoever looks how often", async () => {
  const { store, replies } = await written()
  const conversations = await conversationsSince(store, noon)
  expect(conversations.map(({ site, recipient, account, sent }) => [site, recipient, account, sent])).toEqual([
    ["x", "inesvance", "x:team", ["Robots?"]],
    ["linkedin", "ines-vance", "linkedin:team", [message.body]],
  ])
  const threads: Record<string, Looked> = {
    // Before what was sent, and of our own, is no reply.
    linkedin: read(
      them("We met at the fair."),
      us("You are Head of Robotics. Do robots fill in your CRM? Ada"),
      them("Yes."),
      us("Tuesday?"),
      them("Yes."),
    ),
    x: read(us("Robots?"), them("Always.", "m2", "2026-11-03T15:00:00.000Z")),
  }
  const reader: ThreadReader = async ({ site }) => threads[site] ?? { kind: "refused", reason: "none" }
  const heard = await hearReplies(store, ada, conversations, reader, listening)
  expect(heard.map((one) => one.kind === "read" && one.replies)).toEqual([1, 2])
  const stands = [
    ["Reply: Always.", "2026-11-03T15:00:00.000Z"],
    ["Reply: Yes.", tomorrow.toISOString()],
    ["Reply: Yes.", tomorrow.toISOString()],
  ]
  expect(await replies()).toEqual(stands)
  const again = await hearReplies(store, { ...ada, actor: "human:ben" }, conversations, reader, listening)
  expect(again.map((one) => one.kind === "read" && one.replies)).toEqual([0, 0])
  expect(await replies()).toEqual(stands)
  expect(await store.read((db) => db.select().from(tables.leads))).toMatchObject([{ status: "replied" }])
  const kept = await store.read((db) => db.select().from(tables.evidence))
  expect(kept.filter(({ kind }) => kind.endsWith(".reply")).map(({ url, account }) => [url, account])).toEqual([
    ["https://x.com/inesvance", "x:team"],
    ["https://www.linkedin.com/in/ines-vance", "linkedin:team"],
    ["https://www.linkedin.com/in/ines-vance", "linkedin:team"],
  ])
  const [last] = (await store.read((db) => db.select().from(tables.changesets))).slice(-1)
  expect(last).toMatchObject({ actor: "human:ada" })
  await undoChangeset(store, ada, last?.id ?? 0, { preview: false })
  expect(await replies()).toHaveLength(2)
})

test("a conversation that does not show what was sent brings nothing, and an account that cannot look is not asked again", async () => {
  const { store, lead, replies } = await written()
  const [x] = await conversationsSince(store, noon)
  if (!x) throw new Error("Nothing was sent.")
  const elsewhere = await hearReplies(store, ada, [x], async () => read(us("Hello"), them("Yes.")), listening)
  expect(elsewhere).toMatchObject([{ kind: "refused", reason: expect.stringContaining("does not show") }])
  let looks = 0
  const walled: ThreadReader = async () => {
    looks += 1
    return { kind: "blocked", reason: "x:team is stopped" }
  }
  const blocked = await hearReplies(store, ada, [x, { ...x, leadId: lead, recipient: "other" }], walled, listening)
  expect([looks, blocked.map(({ kind }) => kind)]).toEqual([1, ["blocked", "blocked"]])
  expect(await replies()).toEqual([])
  expect(await conversationsSince(store, tomorrow)).toEqual([])
})
