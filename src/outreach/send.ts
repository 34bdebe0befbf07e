import { and, eq, isNull, lt, or } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Send, tables } from "../db/tables.ts"
import { teamFields } from "../leads/fields.ts"
import { EntityNotFound, rowOf, writeValue } from "../leads/values.ts"
import { type Deciding, openApproval, whyNotApproved } from "./approve.ts"
import { channelRules } from "./channels.ts"
import { draftIn, forPeople, isPerson } from "./draft.ts"
import { type Sealed, sealOf } from "./seal.ts"

/** A message on its way: exactly what was approved. */
export type Parcel = Sealed & { sendId: number; leadId: number }

/** What came of it. unknown: it may have arrived; nobody sends it again before a person has looked. */
export type Delivery =
  | { kind: "sent"; evidenceId: number | null }
  | { kind: "refused" | "blocked" | "unknown"; reason: string }

/** Carries messages of some channels. */
export type Courier = {
  /** Why nothing can be sent just now, asked before an approval is used up. Null where it can. */
  whyNot(draft: Sealed): Promise<string | null>
  /** Sends it once. What it throws leaves the outcome unknown. */
  deliver(parcel: Parcel, signal: AbortSignal): Promise<Delivery>
}

export type Sent =
  | { kind: "sent"; sendId: number }
  | { kind: "refused" | "blocked" | "unknown"; reason: string; sendId: number }
  /** Nothing was tried, and an approval stays as it was. */
  | { kind: "not begun"; reason: string }

/** Waiting for its turn, its limits and the person at the window takes less, in milliseconds. */
const longestSendMs = 60 * 60_000

/** Sends an approved draft once, on behalf of a person. Throws DraftNotFound. */
export async function sendDraft(
  store: Store,
  author: Author,
  id: number,
  courier: Courier,
  { clock, signal, ...deciding }: Deciding & { clock: () => Date; signal: AbortSignal },
): Promise<Sent> {
  const draft = await store.read((db) => draftIn(db, id))
  const why = await courier.whyNot(draft)
  if (why) return { kind: "not begun", reason: why }
  const begun = await beginSend(store, author, id, deciding, clock())
  if (begun.kind === "not begun") return begun
  const delivery = await courier.deliver(begun.parcel, signal).catch((error: unknown): Delivery => {
    const what = error instanceof Error ? error.message : String(error)
    return { kind: "unknown", reason: `It broke off: ${what}` }
  })
  const { sendId } = begun.parcel
  await endSend(store, { ...author, changeset: begun.changeset }, sendId, delivery, clock())
  return delivery.kind === "sent" ? { kind: "sent", sendId } : { ...delivery, sendId }
}

/** Notes that a person sent the approved text themselves, by copying it. Uses the approval up like any sending. Throws DraftNotFound. */
export async function markAsSent(
  store: Store,
  author: Author,
  id: number,
  deciding: Deciding,
  clock: () => Date,
): Promise<Sent> {
  const begun = await beginSend(store, author, id, deciding, clock())
  if (begun.kind === "not begun") return begun
  const { sendId } = begun.parcel
  const own = { ...author, changeset: begun.changeset }
  await endSend(store, own, sendId, { kind: "sent", evidenceId: null }, clock())
  return { kind: "sent", sendId }
}

type Begun = { kind: "begun"; parcel: Parcel; changeset: number } | { kind: "not begun"; reason: string }

/** In one transaction: the approval still stands for exactly these bytes, the recipient is still the lead's and not suppressed, no
 * other send was begun; then the approval is used up and the send has begun. */
export async function beginSend(
  store: Store,
  author: Author,
  id: number,
  { homeKey, place }: Deciding,
  now: Date,
): Promise<Begun> {
  if (!isPerson(author)) return { kind: "not begun", reason: forPeople }
  return store.change(author, async (db, changeset): Promise<Begun> => {
    const draft = await draftIn(db, id)
    const why = await whyNotApproved(db, draft, homeKey)
    if (why) return { kind: "not begun", reason: why }
    const approval = await openApproval(db, id, now)
    if (!approval) return { kind: "not begun", reason: `Nobody has approved draft ${id} as it is, or not lately.` }
    if (approval.seal !== sealOf(draft)) {
      return { kind: "not begun", reason: `Draft ${id} is not what was approved; it has to be approved anew.` }
    }
    const at = now.toISOString()
    const { leadId, channel, account, recipient, subject, body } = draft
    const sealed = { channel, account, recipient, subject, body }
    const from = { place: place?.() ?? null, person: author.actor }
    await db.update(tables.approvals).set({ usedAt: at }).where(eq(tables.approvals.id, approval.id))
    const [send] = await db
      .insert(tables.sends)
      .values({ ...sealed, draftId: id, leadId, approvalId: approval.id, ...from, startedAt: at })
      .returning({ id: tables.sends.id })
    if (!send) throw new Error("The database made no row for a send.")
    return { kind: "begun", parcel: { ...sealed, sendId: send.id, leadId }, changeset }
  })
}

/** Writes down what came of a send that was begun, with what follows from it for the draft and the lead. What is settled already
 * stays, and of somebody who was forgotten meanwhile nothing is left to write to. */
async function endSend(store: Store, author: Author, sendId: number, delivery: Delivery, now: Date): Promise<void> {
  await store.change(author, async (db) => {
    const at = now.toISOString()
    const [send] = await db
      .update(tables.sends)
      .set({
        outcome: delivery.kind,
        reason: delivery.kind === "sent" ? null : delivery.reason,
        evidenceId: delivery.kind === "sent" ? delivery.evidenceId : null,
        endedAt: at,
      })
      .where(and(eq(tables.sends.id, sendId), or(isNull(tables.sends.outcome), eq(tables.sends.outcome, "unknown"))))
      .returning()
    if (!send) return
    if (delivery.kind === "sent") await followSent(db, author, send, at)
    if (delivery.kind === "refused" || delivery.kind === "blocked") {
      await setDraft(db, send.draftId, { state: "draft", reason: delivery.reason, updatedAt: at })
    }
  })
}

/** Sends whose process ended before it could say what came of them: nobody knows. Only who alone sends in this home may say so of
 * those of its `place`; of other machines', which may be at it now, when nothing takes so long. Returns their ids. */
export async function giveUpLostSends(store: Store, now: Date, place: string | null = null): Promise<number[]> {
  const { sends } = tables
  const longAgo = new Date(now.getTime() - longestSendMs).toISOString()
  const isLost = or(isNull(sends.place), eq(sends.place, place ?? ""), lt(sends.startedAt, longAgo))
  return store.change({ actor: "system", kind: "send", note: "found at start" }, async (db) => {
    const lost = await db
      .update(sends)
      .set({ outcome: "unknown", reason: "The process that sent it ended in the middle.", endedAt: now.toISOString() })
      .where(and(isNull(sends.outcome), isLost))
      .returning({ id: sends.id })
    return lost.map(({ id }) => id)
  })
}

/** A person has looked, and says what became of a send that nobody knew of. Returns why not, or null. */
export async function settleUnknown(
  store: Store,
  author: Author,
  draftId: number,
  wasSent: boolean,
  now: Date,
): Promise<string | null> {
  if (!isPerson(author)) return forPeople
  const { sends } = tables
  const [open] = await store.read((db) =>
    db
      .select()
      .from(sends)
      .where(and(eq(sends.draftId, draftId), eq(sends.outcome, "unknown"))),
  )
  if (!open) return `There is nothing unknown about draft ${draftId}.`
  const delivery: Delivery = wasSent
    ? { kind: "sent", evidenceId: open.evidenceId }
    : { kind: "refused", reason: `${author.actor} looked: it had not arrived.` }
  await endSend(store, author, open.id, delivery, now)
  return null
}

async function followSent(db: Db, author: Author, send: Send, at: string): Promise<void> {
  await setDraft(db, send.draftId, { state: "sent", reason: null, updatedAt: at })
  const { title } = channelRules[send.channel]
  const words = send.subject === null ? send.body : `${send.subject}\n\n${send.body}`
  try {
    const lead = await rowOf(db, { entity: "lead", id: send.leadId })
    const text = `${title} sent: ${words}`
    await db
      .insert(tables.timeline)
      .values({ leadId: lead.id, kind: "message", text, actor: send.person, at, createdAt: at })
    const status = teamFields.status
    if (status && (lead.status === "new" || lead.status === "qualified")) {
      await writeValue(db, author, "lead", lead, status, "contacted", at)
    }
  } catch (error) {
    // Somebody who was forgotten while the message was on its way has no timeline any more.
    if (!(error instanceof EntityNotFound)) throw error
  }
}

function setDraft(db: Db, id: number, values: Partial<typeof tables.drafts.$inferInsert>) {
  return db.update(tables.drafts).set(values).where(eq(tables.drafts.id, id))
}
