import { createHash } from "node:crypto"
import { and, eq, isNull, sql } from "drizzle-orm"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { rowOf } from "../../src/leads/values.ts"
import { ada, anyOf, names, type Random, titles, type World } from "./history-world.ts"

export async function draftSome({ store, random, now }: World): Promise<void> {
  const lead = await anyOf(store, random, "leads")
  if (lead === null) return
  const words = {
    body: `Hello ${random.pick(names)}`,
    subject: random.pick(titles),
    channel: "email",
    recipient: "p@mail.example",
  } as const
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    const { id } = await rowOf(db, { entity: "lead", id: lead })
    await db
      .insert(tables.drafts)
      .values({ ...words, leadId: id, author: "agent:writer", createdAt: at, updatedAt: at })
  })
}

export async function reviseSome({ store, random, now }: World): Promise<void> {
  const draft = await openDraft(store, random)
  if (draft === null) return
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    await db
      .update(tables.approvals)
      .set({ voidedAt: at, voidReason: "The draft was changed." })
      .where(
        and(eq(tables.approvals.draftId, draft), isNull(tables.approvals.usedAt), isNull(tables.approvals.voidedAt)),
      )
    await db
      .update(tables.drafts)
      .set({ body: `Dear ${random.pick(names)}`, state: "draft", updatedAt: at })
      .where(eq(tables.drafts.id, draft))
  })
}

export async function approveSome({ store, random, now }: World): Promise<void> {
  const draft = await openDraft(store, random)
  if (draft === null) return
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    const [found] = await db.select().from(tables.drafts).where(eq(tables.drafts.id, draft))
    if (!found || found.state === "approved") return
    const seal = createHash("sha256").update(found.body).digest("hex")
    await db
      .insert(tables.approvals)
      .values({ draftId: draft, leadId: found.leadId, person: "human:ada", seal, expiresAt: at, createdAt: at })
    await db.update(tables.drafts).set({ state: "approved", updatedAt: at }).where(eq(tables.drafts.id, draft))
  })
}

export async function sendSome({ store, random, now }: World): Promise<void> {
  const draft = await openDraft(store, random)
  if (draft === null) return
  const at = now.toISOString()
  await store.change(ada, async (db) => {
    const [found] = await db.select().from(tables.drafts).where(eq(tables.drafts.id, draft))
    const [approval] = await db
      .select()
      .from(tables.approvals)
      .where(
        and(eq(tables.approvals.draftId, draft), isNull(tables.approvals.usedAt), isNull(tables.approvals.voidedAt)),
      )
    if (found?.state !== "approved" || !approval) return
    const { leadId, channel, recipient, body, subject } = found
    await db.update(tables.approvals).set({ usedAt: at }).where(eq(tables.approvals.id, approval.id))
    const words = { draftId: draft, leadId, channel, recipient, body, subject, person: "human:ada" }
    await db
      .insert(tables.sends)
      .values({ ...words, approvalId: approval.id, outcome: "sent", startedAt: at, endedAt: at })
    await db.update(tables.drafts).set({ state: "sent", updatedAt: at }).where(eq(tables.drafts.id, draft))
  })
}

async function openDraft(store: Store, random: Random): Promise<number | null> {
  const found = await store.rows<{ id: number }>(sql`SELECT id FROM drafts WHERE state <> 'sent' ORDER BY id`)
  return found.length > 0 ? random.pick(found).id : null
}
