import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"

export const channels = ["linkedin-note", "linkedin-message", "x-message", "email"] as const
export const draftStates = ["draft", "approved", "rejected", "sent"] as const
const sendOutcomes = ["sent", "refused", "blocked", "unknown"] as const
const suppressionKinds = ["email", "domain", "linkedin", "x", "hash"] as const

/** Words of a draft and what they rest on: a fact, or a field whose value came with an import and has none (`company.industry`).
 * Both are null where they rest on nothing. */
export type DraftClaim = { text: string; factId: number | null; field: string | null }

/** What leaves the house, and whom it must never reach. */
export function outreachTables(c: Columns) {
  return {
    /** Messages to leads, waiting for a person. */
    drafts: c.table(
      "drafts",
      {
        id: c.id(),
        leadId: c.integer("lead_id").notNull(),
        channel: c.choice("channel", channels).notNull(),
        /** The team's account that it leaves from, as the team calls it; null until it is chosen. */
        account: c.text("account"),
        /** Normal form: the LinkedIn slug, the X handle, the email address. */
        recipient: c.text("recipient").notNull(),
        /** Of an email. */
        subject: c.text("subject"),
        body: c.text("body").notNull(),
        claims: c.json<DraftClaim[]>("claims").notNull().default([]),
        state: c.choice("state", draftStates).notNull().default("draft"),
        /** Why it was rejected. */
        reason: c.text("reason"),
        snoozedUntil: c.time("snoozed_until"),
        author: c.text("author").notNull(),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
      },
      (t) => [
        c.index("drafts_lead").on(t.leadId),
        c.index("drafts_state_created").on(t.state, t.createdAt, t.id),
        c.index("drafts_created").on(t.createdAt, t.id),
      ],
    ),

    /** A person's yes to one draft's exact bytes: used once, or void. */
    approvals: c.table(
      "approvals",
      {
        id: c.id(),
        draftId: c.integer("draft_id").notNull(),
        leadId: c.integer("lead_id").notNull(),
        person: c.text("person").notNull(),
        /** SHA-256 over channel, account, recipient, subject and body, as lower-case hex. */
        seal: c.text("seal").notNull(),
        expiresAt: c.time("expires_at").notNull(),
        usedAt: c.time("used_at"),
        voidedAt: c.time("voided_at"),
        voidReason: c.text("void_reason"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("approvals_draft").on(t.draftId), c.index("approvals_lead").on(t.leadId)],
    ),

    /** What was sent, or tried. `outcome` is null while it is under way. */
    sends: c.table(
      "sends",
      {
        id: c.id(),
        draftId: c.integer("draft_id").notNull(),
        leadId: c.integer("lead_id").notNull(),
        approvalId: c.integer("approval_id").notNull(),
        channel: c.choice("channel", channels).notNull(),
        account: c.text("account"),
        recipient: c.text("recipient").notNull(),
        subject: c.text("subject"),
        body: c.text("body").notNull(),
        outcome: c.choice("outcome", sendOutcomes),
        reason: c.text("reason"),
        /** What the composer or the mail server showed. */
        evidenceId: c.integer("evidence_id"),
        /** The home that sends it. */
        place: c.text("place"),
        /** Who sent it. */
        person: c.text("person").notNull(),
        startedAt: c.time("started_at").notNull(),
        endedAt: c.time("ended_at"),
      },
      (t) => [
        c.uniqueIndex("sends_approval").on(t.approvalId),
        c.uniqueIndex("sends_once").on(t.draftId).where(sql`outcome is null or outcome in ('sent', 'unknown')`),
        c.index("sends_lead").on(t.leadId),
      ],
    ),

    /** Who must never be contacted, nor imported again. */
    suppressions: c.table(
      "suppressions",
      {
        id: c.id(),
        kind: c.choice("kind", suppressionKinds).notNull(),
        /** Normal form; of kind `hash` the keyed hash of what recognised somebody who was forgotten. */
        value: c.text("value").notNull(),
        reason: c.text("reason").notNull(),
        actor: c.text("actor").notNull(),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("suppressions_value").on(t.kind, t.value)],
    ),
  }
}
