import { and, eq, inArray, isNull, ne, or, sql } from "drizzle-orm"
import { isOneOf } from "../db/bulk.ts"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Rewriting, Undo } from "./undo-steps.ts"

/** Whether a step changes more of a draft than whose it is. */
export function isOfItsWords({ values }: Rewriting): boolean {
  return Object.keys(values).some((column) => column !== "lead_id" && column !== "updated_at")
}

/** Why a draft stays as it is: it was sent, or nobody knows whether it was. Null for anything else. */
export async function whySent(db: Db, step: Rewriting): Promise<string | null> {
  const { sends } = tables
  if (step.table !== "drafts" || !isOfItsWords(step)) return null
  const [send] = await db
    .select({ id: sends.id })
    .from(sends)
    .where(and(eq(sends.draftId, step.row), or(isNull(sends.outcome), inArray(sends.outcome, ["sent", "unknown"]))))
    .limit(1)
  return send ? "It was sent." : null
}

/** What was approved and sent of a draft goes with it to its lead, also what came after the change that is undone, and never without
 * it; where the draft is gone, it goes by itself. Within the transaction of the undo. */
export async function followDrafts(db: Db, { moved, followers, named, plan }: Undo): Promise<void> {
  const { drafts, leads } = tables
  for (const name of ["approvals", "sends"] as const) {
    const table = tables[name]
    const its = db.select({ lead: drafts.leadId }).from(drafts).where(eq(drafts.id, table.draftId))
    await db
      .update(table)
      .set({ leadId: sql`(${its})` })
      .where(and(isOneOf(table.draftId, moved), ne(table.leadId, sql`(${its})`)))
    const own = followers.filter((one) => one.table === name)
    const rows = own.map(({ row }) => row)
    const found = await db
      .select({ id: table.id, lead: table.leadId, draft: drafts.id })
      .from(table)
      .leftJoin(drafts, eq(drafts.id, table.draftId))
      .where(isOneOf(table.id, rows))
    const present = new Map(found.map((one) => [one.id, one]))
    for (const { row, by, lead } of own) {
      if (present.get(row)?.lead === lead) continue
      const [owner] = typeof lead === "number" ? await db.select().from(leads).where(eq(leads.id, lead)) : []
      if (owner && present.get(row)?.draft === null) {
        await db.update(table).set({ leadId: owner.id }).where(eq(table.id, row))
        named.leads.add(owner.id)
        plan.restored.updated += 1
      } else plan.kept.push({ table: name, row, column: "lead_id", by, reason: "It goes with its draft." })
    }
  }
}

/** A yes was given to other words than those that stand there now: what was approved of these drafts is void, and has to be approved
 * anew. Within the transaction of the undo. */
export async function voidApprovals(db: Db, { drafts: touched, plan }: Undo, now: string): Promise<void> {
  const { approvals, drafts } = tables
  if (touched.size === 0) return
  await db
    .update(approvals)
    .set({ voidedAt: now, voidReason: "The draft was put back as it was before." })
    .where(and(inArray(approvals.draftId, [...touched]), isNull(approvals.usedAt), isNull(approvals.voidedAt)))
  const waiting = await db
    .update(drafts)
    .set({ state: "draft" })
    .where(and(inArray(drafts.id, [...touched]), eq(drafts.state, "approved")))
    .returning({ id: drafts.id })
  for (const { id } of waiting) {
    const reason = "An approval does not come back; a person approves it again."
    plan.kept.push({ table: "drafts", row: id, column: "state", by: plan.actor, reason })
  }
}
