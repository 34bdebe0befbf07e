import { and, asc, desc, eq, gt, isNull, lte, or, type SQL, sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Draft, tables } from "../db/tables.ts"
import type { Channel } from "./channels.ts"

type DraftQuery = {
  leadId?: number | undefined
  state?: Draft["state"] | undefined
  channel?: Channel | undefined
  limit?: number | undefined
}

/** Drafts, the newest first, with the name of who would read them. */
export function findDrafts(store: Store, { leadId, state, channel, limit = 100 }: DraftQuery) {
  const { drafts, leads } = tables
  const conditions: (SQL | undefined)[] = [
    leadId === undefined ? undefined : eq(drafts.leadId, leadId),
    state === undefined ? undefined : eq(drafts.state, state),
    channel === undefined ? undefined : eq(drafts.channel, channel),
  ]
  return store.read((db) =>
    db
      .select({ draft: drafts, lead: leads.name })
      .from(drafts)
      .leftJoin(leads, eq(leads.id, drafts.leadId))
      .where(and(...conditions))
      .orderBy(desc(drafts.createdAt), desc(drafts.id))
      .limit(limit),
  )
}

/** The ids of the drafts that wait for a person's decision, the oldest first. What was put off comes when its time has come. */
export async function waitingDrafts(store: Store, now: Date): Promise<number[]> {
  const { drafts } = tables
  const found = await store.read((db) =>
    db
      .select({ id: drafts.id })
      .from(drafts)
      .where(
        and(eq(drafts.state, "draft"), or(isNull(drafts.snoozedUntil), lte(drafts.snoozedUntil, now.toISOString()))),
      )
      .orderBy(asc(drafts.createdAt), asc(drafts.id))
      .limit(1_000),
  )
  return found.map(({ id }) => id)
}

/** The ids of the drafts whose approval can be used now, the oldest first. */
export async function sendableDrafts(store: Store, now: Date): Promise<number[]> {
  const { drafts, approvals } = tables
  const found = await store.read((db) =>
    db
      .select({ id: drafts.id })
      .from(drafts)
      .innerJoin(approvals, eq(approvals.draftId, drafts.id))
      .where(
        and(
          eq(drafts.state, "approved"),
          isNull(approvals.usedAt),
          isNull(approvals.voidedAt),
          gt(approvals.expiresAt, now.toISOString()),
        ),
      )
      .orderBy(asc(approvals.createdAt), asc(drafts.id))
      .limit(1_000),
  )
  return [...new Set(found.map(({ id }) => id))]
}

/** How many drafts wait, are approved, were sent and rejected, and of how many nobody knows. */
export async function countDrafts(store: Store, now: Date) {
  const { drafts, sends } = tables
  const [counted] = await store.rows<Record<"waiting" | "snoozed" | "approved" | "sent" | "rejected", number>>(sql`
    SELECT count(*) FILTER (WHERE ${drafts.state} = 'draft' AND (${drafts.snoozedUntil} IS NULL OR ${drafts.snoozedUntil} <= ${now.toISOString()})) AS waiting,
      count(*) FILTER (WHERE ${drafts.state} = 'draft' AND ${drafts.snoozedUntil} > ${now.toISOString()}) AS snoozed,
      count(*) FILTER (WHERE ${drafts.state} = 'approved') AS approved, count(*) FILTER (WHERE ${drafts.state} = 'sent') AS sent,
      count(*) FILTER (WHERE ${drafts.state} = 'rejected') AS rejected FROM ${drafts}`)
  const unknown = await store.read((db) => db.$count(sends, eq(sends.outcome, "unknown")))
  return { waiting: 0, snoozed: 0, approved: 0, sent: 0, rejected: 0, ...counted, unknown }
}
