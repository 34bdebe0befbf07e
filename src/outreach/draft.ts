import { and, desc, eq, inArray, isNull } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Draft, tables } from "../db/tables.ts"
import { foldLines, foldText } from "../leads/normal-forms/text.ts"
import { isSuppressed } from "../leads/suppress.ts"
import { rowOf } from "../leads/values.ts"
import { type Channel, whyNotCarried } from "./channels.ts"
import { type ClaimSaid, settleClaims } from "./claims.ts"
import { normalRecipient, recipientsOf, recipientWords } from "./recipients.ts"
import { senderOf } from "./senders.ts"
import { sendUnderWay } from "./sends.ts"

/** What a message says, and to which of the lead's own addresses it goes (left out: the first). */
export type Words = {
  channel: Channel
  to?: string | null | undefined
  subject?: string | null | undefined
  body: string
  claims?: readonly ClaimSaid[] | undefined
}

export type Drafted = { kind: "drafted"; draft: Draft } | { kind: "refused"; reason: string }

export class DraftNotFound extends Error {
  readonly code = "not_found"
  readonly hint = "giant drafts lists them."
  readonly status = 404
  constructor(id: number) {
    super(`There is no draft ${id}.`)
  }
}

/** Puts a message to a lead before the people who decide. Throws EntityNotFound. */
export async function makeDraft(
  store: Store,
  author: Author,
  leadId: number,
  words: Words,
  now: Date,
): Promise<Drafted> {
  return store.change(author, async (db): Promise<Drafted> => {
    const lead = await rowOf(db, { entity: "lead", id: leadId })
    const suppression = await isSuppressed(db, lead.id, noKey)
    if (suppression) return refused(`Lead ${lead.id} must not be contacted: ${suppression.reason}`)
    const [waiting] = await db
      .select({ id: tables.drafts.id })
      .from(tables.drafts)
      .where(
        and(
          eq(tables.drafts.leadId, lead.id),
          eq(tables.drafts.channel, words.channel),
          inArray(tables.drafts.state, ["draft", "approved"]),
        ),
      )
      .limit(1)
    if (waiting)
      return refused(`Draft ${waiting.id} to lead ${lead.id} waits on this channel already; revise that one.`)
    const settled = await settle(db, lead.id, words)
    if (settled.kind === "refused") return settled
    const at = now.toISOString()
    const [draft] = await db
      .insert(tables.drafts)
      .values({
        ...settled.content,
        leadId: lead.id,
        account: await senderOf(db, lead.id, words.channel, null),
        author: author.actor,
        runId: author.runId ?? null,
        createdAt: at,
        updatedAt: at,
      })
      .returning()
    if (!draft) throw new Error("The database made no row for a draft.")
    return { kind: "drafted", draft }
  })
}

/** Changes what a draft says, its channel, its address or its account. Whatever was approved of it is void. Agents do not change
 * what a person has written or approved. Throws DraftNotFound. */
export async function reviseDraft(
  store: Store,
  author: Author,
  id: number,
  change: Partial<Words> & { account?: string | null | undefined },
  now: Date,
): Promise<Drafted> {
  return store.change(author, async (db): Promise<Drafted> => {
    const draft = await draftIn(db, id)
    const why = (await whyUnchangeable(db, draft)) ?? (isPerson(author) ? null : await whyNotForAgents(db, draft))
    if (why) return refused(why)
    const channel = change.channel ?? draft.channel
    const settled = await settle(db, draft.leadId, {
      channel,
      to: change.to ?? (channel === draft.channel ? draft.recipient : null),
      subject: change.subject === undefined ? (channel === draft.channel ? draft.subject : null) : change.subject,
      body: change.body ?? draft.body,
      claims: change.claims ?? [],
    })
    if (settled.kind === "refused") return settled
    const { content } = settled
    const kept = draft.claims.filter(({ text }) => content.body.includes(text) || content.subject?.includes(text))
    const values = {
      ...content,
      claims: change.claims ? content.claims : kept,
      account:
        change.account !== undefined
          ? change.account
          : channel === draft.channel
            ? draft.account
            : await senderOf(db, draft.leadId, channel, null),
    }
    const isSame = (["channel", "recipient", "subject", "body", "account"] as const).every(
      (name) => values[name] === draft[name],
    )
    if (!isSame) await voidApprovals(db, id, "The draft was changed.", now)
    const state = isSame ? draft.state : "draft"
    return revised(db, id, { ...values, state, reason: isSame ? draft.reason : null }, now)
  })
}

/** Turns a draft down. What a person says of an agent's draft is proposed as something for agents to remember. Throws DraftNotFound. */
export async function rejectDraft(
  store: Store,
  author: Author,
  id: number,
  reason: string,
  now: Date,
): Promise<Drafted> {
  return store.change(author, async (db): Promise<Drafted> => {
    if (!isPerson(author)) return refused(forPeople)
    const draft = await draftIn(db, id)
    const words = foldText(reason)
    const why = await whyUnchangeable(db, draft)
    if (why) return refused(why)
    if (draft.state === "rejected") return refused(`Draft ${id} was rejected already.`)
    await voidApprovals(db, id, "The draft was rejected.", now)
    if (draft.author.startsWith("agent:") && words !== "") {
      const at = now.toISOString()
      await db.insert(tables.memories).values({
        owner: "team",
        text: `When writing to leads: ${words}`.slice(0, 500),
        source: `${author.actor} rejected draft ${id}`,
        state: "proposed",
        createdAt: at,
        updatedAt: at,
      })
    }
    return revised(db, id, { state: "rejected", reason: words === "" ? null : words, snoozedUntil: null }, now)
  })
}

/** Puts a rejected draft, or one that was put off, before people again. Throws DraftNotFound. */
export async function reopenDraft(store: Store, author: Author, id: number, now: Date): Promise<Drafted> {
  return store.change(author, async (db): Promise<Drafted> => {
    if (!isPerson(author)) return refused(forPeople)
    const draft = await draftIn(db, id)
    if (draft.state !== "rejected" && draft.state !== "draft") {
      return refused(`Draft ${id} is ${draft.state}, so it is not opened again.`)
    }
    return revised(db, id, { state: "draft", reason: null, snoozedUntil: null }, now)
  })
}

/** Keeps a draft out of the review until a time. Throws DraftNotFound. */
export async function snoozeDraft(store: Store, author: Author, id: number, until: Date, now: Date): Promise<Drafted> {
  return store.change(author, async (db): Promise<Drafted> => {
    if (!isPerson(author)) return refused(forPeople)
    const draft = await draftIn(db, id)
    if (draft.state !== "draft") return refused(`Draft ${id} is ${draft.state}; only what waits can be put off.`)
    if (until <= now) return refused("A draft is put off to a time that is still to come.")
    return revised(db, id, { snoozedUntil: until.toISOString() }, now)
  })
}

/** A draft within a transaction. Throws DraftNotFound. */
export async function draftIn(db: Db, id: number): Promise<Draft> {
  const [draft] = await db.select().from(tables.drafts).where(eq(tables.drafts.id, id))
  if (!draft) throw new DraftNotFound(id)
  return draft
}

/** Takes every open approval of a draft back, within a transaction. Returns how many there were. */
export async function voidApprovals(db: Db, draftId: number, reason: string, now: Date): Promise<number> {
  const { approvals } = tables
  const voided = await db
    .update(approvals)
    .set({ voidedAt: now.toISOString(), voidReason: reason })
    .where(and(eq(approvals.draftId, draftId), isNull(approvals.usedAt), isNull(approvals.voidedAt)))
    .returning({ id: approvals.id })
  return voided.length
}

export function isPerson({ actor }: Pick<Author, "actor">): boolean {
  return actor.startsWith("human:")
}

export const forPeople = "Only a person decides about drafts."

type Content = Pick<Draft, "channel" | "recipient" | "subject" | "body" | "claims">

async function settle(
  db: Db,
  leadId: number,
  { channel, to, subject, body, claims = [] }: Words,
): Promise<{ kind: "settled"; content: Content } | { kind: "refused"; reason: string }> {
  const words = { subject: subject ? visible(foldText(subject)) : null, body: visible(foldLines(body)) }
  const uncarried = whyNotCarried(channel, words)
  if (uncarried) return { kind: "refused", reason: uncarried }
  const own = await recipientsOf(db, leadId, channel)
  const wanted = to ? normalRecipient(channel, to) : (own[0] ?? null)
  if (own.length === 0) return { kind: "refused", reason: `Lead ${leadId} has no address for this channel.` }
  if (wanted === null || !own.includes(wanted)) {
    const known = own.map((one) => recipientWords(channel, one)).join(", ")
    return { kind: "refused", reason: `${to} is no address of lead ${leadId}; it has ${known}.` }
  }
  const said = claims.map(({ text, fact }) => ({ text: visible(foldLines(text)), fact }))
  const settled = await settleClaims(db, leadId, words, said)
  if (settled.kind === "refused") return settled
  return { kind: "settled", content: { channel, recipient: wanted, ...words, claims: settled.claims } }
}

/** Nothing may stand in an approved message that its reader sees and its approver did not: letters without a shape are taken out. */
function visible(text: string): string {
  return text.replace(/[\u115f\u1160\u2800\u3164\uffa0\u{e0000}-\u{e0fff}]/gu, "").trim()
}

async function revised(db: Db, id: number, values: Partial<Draft>, now: Date): Promise<Drafted> {
  const [draft] = await db
    .update(tables.drafts)
    .set({ ...values, updatedAt: now.toISOString() })
    .where(eq(tables.drafts.id, id))
    .returning()
  if (!draft) throw new DraftNotFound(id)
  return { kind: "drafted", draft }
}

async function whyUnchangeable(db: Db, draft: Draft): Promise<string | null> {
  if (draft.state === "sent") return `Draft ${draft.id} was sent, so it stays as it is.`
  const send = await sendUnderWay(db, draft.id)
  if (!send) return null
  return send.outcome === "unknown"
    ? `Nobody knows whether draft ${draft.id} was sent; a person looks first and says so.`
    : `Draft ${draft.id} is being sent.`
}

async function whyNotForAgents(db: Db, draft: Draft): Promise<string | null> {
  if (draft.state === "approved") return `A person approved draft ${draft.id}, so only a person changes it.`
  if (draft.state === "rejected") return `A person rejected draft ${draft.id}; make a new one that heeds why.`
  const { changes, changesets } = tables
  const edits = await db
    .select({ actor: changesets.actor, after: changes.after })
    .from(changes)
    .innerJoin(changesets, eq(changesets.id, changes.changesetId))
    .where(and(eq(changes.tableName, "drafts"), eq(changes.rowId, draft.id)))
    .orderBy(desc(changes.id))
  const byPerson = edits.some(
    ({ actor, after }) => actor.startsWith("human:") && after !== null && ("body" in after || "subject" in after),
  )
  return byPerson ? `A person wrote draft ${draft.id} as it stands, so only a person changes it.` : null
}

function refused(reason: string): Drafted {
  return { kind: "refused", reason }
}

/** An agent is told of people who are suppressed by name; of those who were forgotten nothing is left to make a draft from. */
const noKey = () => ""
