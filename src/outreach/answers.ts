import { and, desc, eq } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Send, tables } from "../db/tables.ts"
import { teamFields } from "../leads/fields.ts"
import { parseEmail } from "../leads/normal-forms/email.ts"
import { foldLines } from "../leads/normal-forms/text.ts"
import { rowOf, writeValue } from "../leads/values.ts"
import { type Proof, proofIn } from "./proof.ts"
import { sendOfMessage } from "./smtp.ts"

/** A mail as a mailbox shows it. `answers`: the message ids that it refers to. */
export type Mail = {
  id: string
  from: string
  subject: string | null
  text: string
  at: Date
  answers: string[]
  /** What a delivery report says of the message that came back, or null for ordinary mail. */
  report: { status: string; words: string } | null
}

type Noted =
  | { kind: "reply" | "bounce"; leadId: number }
  /** It is no answer to anything sent from here, or was noted before. */
  | { kind: "nothing" }

const longestText = 4_000

/** Who wrote what stands on the timeline as somebody's reply: text of the outside, which no team member wrote. */
const lead = "lead"

/** A reply; what it was seen by is kept with it, and by that it is known again. */
type Reply = { text: string; at: Date; proof?: Proof }

/** Puts a lead's reply on the timeline; a lead that was waited for is one that replied. Returns false for one that was noted before.
 * Throws EntityNotFound. */
export async function noteReply(
  store: Store,
  author: Author,
  leadId: number,
  { text, at, proof }: Reply,
  now: Date,
): Promise<boolean> {
  return store.change(author, async (db) => {
    if (proof && !(await proofIn(db, proof, now)).isNew) return false
    const row = await rowOf(db, { entity: "lead", id: leadId })
    await addWords(db, row.id, `Reply: ${foldLines(text).slice(0, longestText)}`, lead, at, now)
    const status = teamFields.status
    if (status && ["new", "qualified", "contacted"].includes(String(row.status))) {
      await writeValue(db, author, "lead", row, status, "replied", now.toISOString())
    }
    return true
  })
}

/** Notes that a message came back: it was not sent after all. Nobody is suppressed for it. Returns why not, or null. */
export async function noteBounce(
  store: Store,
  author: Author,
  draftId: number,
  words: string,
  now: Date,
  proof?: Proof,
): Promise<string | null> {
  const { sends, drafts } = tables
  return store.change(author, async (db) => {
    if (proof && !(await proofIn(db, proof, now)).isNew) return `That draft ${draftId} came back was noted before.`
    const [send] = await db
      .select()
      .from(sends)
      .where(and(eq(sends.draftId, draftId), eq(sends.outcome, "sent")))
      .orderBy(desc(sends.id))
    if (!send) return `Draft ${draftId} was not sent, so it cannot have come back.`
    const at = now.toISOString()
    const reason = `It came back: ${foldLines(words).slice(0, 500)}`
    await db.update(sends).set({ outcome: "refused", reason }).where(eq(sends.id, send.id))
    await db.update(drafts).set({ state: "rejected", reason, updatedAt: at }).where(eq(drafts.id, draftId))
    await addWords(db, send.leadId, `The message to ${send.recipient} came back: ${words}`, lead, now, now)
    return null
  })
}

/** Notes a mail where it answers something that was sent from here, or reports that it came back. The same mail is noted once. */
export async function noteMail(store: Store, author: Author, mail: Mail, now: Date): Promise<Noted> {
  const send = await sendAnswered(store, mail)
  if (!send) return { kind: "nothing" }
  const kind = mail.report ? "email.bounce" : "email.reply"
  const text = `From: ${mail.from}\nSubject: ${mail.subject ?? ""}\n\n${mail.text}`
  const proof = { url: `mid:${mail.id}`, kind, title: mail.subject, text, account: null }
  if (!mail.report) {
    const isNew = await noteReply(store, author, send.leadId, { text: mail.text, at: mail.at, proof }, now)
    return isNew ? { kind: "reply", leadId: send.leadId } : { kind: "nothing" }
  }
  // 4.x.x: the server will try again.
  if (!mail.report.status.startsWith("5")) return { kind: "nothing" }
  const why = await noteBounce(
    store,
    author,
    send.draftId,
    `${mail.report.status} ${mail.report.words}`.trim(),
    now,
    proof,
  )
  return why === null ? { kind: "bounce", leadId: send.leadId } : { kind: "nothing" }
}

async function sendAnswered(store: Store, mail: Mail): Promise<Send | null> {
  const { sends } = tables
  for (const id of mail.answers) {
    const named = sendOfMessage(id)
    if (!named) continue
    const [send] = await store.read((db) => db.select().from(sends).where(eq(sends.id, named.sendId)))
    if (send?.recipient === named.recipient) return send
  }
  const from = mail.report ? null : parseEmail(mail.from)
  if (from === null) return null
  const [send] = await store.read((db) =>
    db
      .select()
      .from(sends)
      .where(and(eq(sends.channel, "email"), eq(sends.recipient, from), eq(sends.outcome, "sent")))
      .orderBy(desc(sends.id))
      .limit(1),
  )
  return send && send.startedAt <= mail.at.toISOString() ? send : null
}

async function addWords(db: Db, leadId: number, text: string, actor: string, at: Date, now: Date): Promise<void> {
  const entry = { leadId, kind: "message" as const, text: text.slice(0, longestText + 100), actor }
  await db.insert(tables.timeline).values({ ...entry, at: at.toISOString(), createdAt: now.toISOString() })
}
