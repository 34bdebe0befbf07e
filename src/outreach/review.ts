import { and, desc, eq, gte } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import {
  type Approval,
  type Draft,
  type Evidence,
  type Fact,
  type Lead,
  type Send,
  type TimelineEntry,
  tables,
} from "../db/tables.ts"
import { rowOf } from "../leads/values.ts"
import { type Deciding, openApproval, whyNotApproved, withSender } from "./approve.ts"
import { channelRules, remarksOn } from "./channels.ts"
import { claimsOf, type ShownClaim } from "./claims.ts"
import { DraftNotFound, draftIn } from "./draft.ts"
import { recipientsOf } from "./recipients.ts"
import { sealOf } from "./seal.ts"

/** Everything that a person who decides about a draft has to see. */
export type ReviewedDraft = {
  /** With the account that it would leave from. */
  draft: Draft
  /** What a yes to exactly this is bound to. */
  seal: string
  lead: Lead
  claims: ShownClaim[]
  remarks: string[]
  /** Why it cannot be approved, or sent, as it is; null where it can. */
  why: string | null
  /** The yes that a send may use. */
  approval: Approval | null
  /** The newest first. */
  sends: Send[]
  /** What the lead answered since it was sent, the newest first. */
  replies: TimelineEntry[]
  /** The lead's other addresses on this channel. */
  others: string[]
  /** What the recipient's address rests on. */
  address: { fact: Fact; source: Evidence | null } | null
}

/** A draft as it stands now. Throws DraftNotFound, and EntityNotFound where its lead is gone. */
export function reviewDraft(store: Store, id: number, { homeKey, mailFrom }: Deciding, now: Date) {
  const { sends, leads, facts, evidence } = tables
  return store.read(async (db): Promise<ReviewedDraft> => {
    const draft = await withSender(db, await draftIn(db, id), mailFrom)
    const row = await rowOf(db, { entity: "lead", id: draft.leadId })
    const [lead] = await db.select().from(leads).where(eq(leads.id, row.id))
    if (!lead) throw new DraftNotFound(id)
    const field = { linkedin: "linkedin_url", x: "x_handle", email: "email" }[channelRules[draft.channel].identity]
    const [address] = await db
      .select({ fact: facts, source: evidence })
      .from(facts)
      .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
      .where(
        and(eq(facts.entity, "lead"), eq(facts.entityId, lead.id), eq(facts.field, field), eq(facts.state, "current")),
      )
      .orderBy(desc(facts.id))
      .limit(1)
    const own = await recipientsOf(db, lead.id, draft.channel)
    const made = await db.select().from(sends).where(eq(sends.draftId, id)).orderBy(desc(sends.id))
    return {
      draft,
      seal: sealOf(draft),
      lead,
      claims: await claimsOf(db, draft),
      remarks: remarksOn(draft.channel, draft),
      why: await whyNotApproved(db, draft, homeKey),
      approval: await openApproval(db, id, now),
      sends: made,
      replies: draft.state === "sent" ? await repliesSince(db, lead.id, made[0]?.startedAt ?? draft.updatedAt) : [],
      others: own.filter((one) => one !== draft.recipient),
      address: address ?? null,
    }
  })
}

function repliesSince(db: Db, leadId: number, since: string): Promise<TimelineEntry[]> {
  const { timeline } = tables
  return db
    .select()
    .from(timeline)
    .where(and(eq(timeline.leadId, leadId), eq(timeline.actor, "lead"), gte(timeline.at, since)))
    .orderBy(desc(timeline.id))
    .limit(5)
}
