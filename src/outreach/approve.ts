import { and, desc, eq, gt, isNull } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Approval, type Draft, tables } from "../db/tables.ts"
import { type HomeKey, isSuppressed } from "../leads/suppress.ts"
import { whyNotCarried } from "./channels.ts"
import { draftIn, forPeople, isPerson, voidApprovals } from "./draft.ts"
import { recipientsOf } from "./recipients.ts"
import { sealOf } from "./seal.ts"
import { senderOf } from "./senders.ts"
import { sendUnderWay } from "./sends.ts"

/** changed: the draft is not what the person saw. */
type Approving =
  | { kind: "approved"; approval: Approval }
  | { kind: "changed"; reason: string }
  | { kind: "refused"; reason: string }

/** What the people who decide share: by which key the home knows those it forgot, and whose mail it sends. */
export type Deciding = { homeKey: HomeKey; mailFrom: string | null; place?: () => string }

/** For how long a yes holds. */
const approvalDays = 7
const day = 24 * 3_600_000

/** A person's yes to exactly the channel, account, recipient and words that `seal` stands for. Throws DraftNotFound. */
export async function approveDraft(
  store: Store,
  author: Author,
  id: number,
  seal: string,
  { homeKey, mailFrom }: Deciding,
  now: Date,
): Promise<Approving> {
  return store.change(author, async (db): Promise<Approving> => {
    if (!isPerson(author)) return { kind: "refused", reason: forPeople }
    const stored = await draftIn(db, id)
    const draft = await withSender(db, stored, mailFrom)
    if (sealOf(draft) !== seal) {
      return { kind: "changed", reason: `Draft ${id} was changed since it was shown; read it again.` }
    }
    const why = await whyNotApproved(db, draft, homeKey)
    if (why) return { kind: "refused", reason: why }
    const standing = await openApproval(db, id, now)
    if (standing?.seal === seal && draft.state === "approved") return { kind: "approved", approval: standing }
    await voidApprovals(db, id, "It was approved anew.", now)
    const at = now.toISOString()
    const [approval] = await db
      .insert(tables.approvals)
      .values({
        draftId: id,
        leadId: draft.leadId,
        person: author.actor,
        seal,
        expiresAt: new Date(now.getTime() + approvalDays * day).toISOString(),
        createdAt: at,
      })
      .returning()
    if (!approval) throw new Error("The database made no row for an approval.")
    await db
      .update(tables.drafts)
      .set({ state: "approved", account: draft.account, reason: null, snoozedUntil: null, updatedAt: at })
      .where(eq(tables.drafts.id, id))
    return { kind: "approved", approval }
  })
}

/** Takes an approval back while nothing was sent on it. Returns whether there was one. Throws DraftNotFound. */
export async function withdrawApproval(store: Store, author: Author, id: number, now: Date): Promise<boolean> {
  return store.change(author, async (db) => {
    const draft = await draftIn(db, id)
    if (!isPerson(author)) return false
    const voided = await voidApprovals(db, id, `${author.actor} took it back.`, now)
    if (draft.state === "approved" && (await sendUnderWay(db, id)) === null) {
      await db
        .update(tables.drafts)
        .set({ state: "draft", updatedAt: now.toISOString() })
        .where(eq(tables.drafts.id, id))
    }
    return voided > 0
  })
}

/** The approval of a draft that a send may use: neither used nor void nor expired. */
export async function openApproval(db: Db, draftId: number, now: Date): Promise<Approval | null> {
  const { approvals } = tables
  const [approval] = await db
    .select()
    .from(approvals)
    .where(
      and(
        eq(approvals.draftId, draftId),
        isNull(approvals.usedAt),
        isNull(approvals.voidedAt),
        gt(approvals.expiresAt, now.toISOString()),
      ),
    )
    .orderBy(desc(approvals.id))
    .limit(1)
  return approval ?? null
}

/** The draft with the account that it would leave from, where none was chosen yet and nobody has decided. */
export async function withSender(db: Db, draft: Draft, mailFrom: string | null): Promise<Draft> {
  if (draft.account !== null || draft.state !== "draft") return draft
  return { ...draft, account: await senderOf(db, draft.leadId, draft.channel, mailFrom) }
}

/** Why nobody can approve this draft as it is; null where somebody can. */
export async function whyNotApproved(db: Db, draft: Draft, homeKey: HomeKey): Promise<string | null> {
  const { id, leadId, channel, recipient } = draft
  if (draft.state === "sent") return `Draft ${id} was sent already.`
  if (draft.state === "rejected") return `Draft ${id} was rejected; open it again first.`
  if (await sendUnderWay(db, id)) return `Draft ${id} is being sent, or nobody knows whether it was.`
  const uncarried = whyNotCarried(channel, draft)
  if (uncarried) return uncarried
  const suppression = await isSuppressed(db, leadId, homeKey)
  if (suppression) return `This lead must not be contacted: ${suppression.reason}`
  const own = await recipientsOf(db, leadId, channel)
  return own.includes(recipient) ? null : `${recipient} is no address of lead ${leadId} any more; choose another.`
}
