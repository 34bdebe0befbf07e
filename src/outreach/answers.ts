import { and, desc, eq, like } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Send, tables } from "../db/tables.ts"
import { teamFields } from "../leads/fields.ts"
import { mailboxOf, parseEmail } from "../leads/normal-forms/email.ts"
import { foldLines, wordsOf } from "../leads/normal-forms/text.ts"
import { addSuppressions } from "../leads/suppress.ts"
import { rowOf, writeValue } from "../leads/values.ts"
import { type Proof, proofIn } from "./proof.ts"
import { sendOfMessage, unsubscribeSubject } from "./smtp.ts"

/** A mail as a mailbox shows it. `answers`: the message ids that it refers to. */
export type Mail = {
  id: string
  from: string
  subject: string | null
  text: string
  at: Date
  /** Whether a machine wrote it, as an answer of somebody who is away. */
  isAutomatic: boolean
  answers: string[]
  /** What a delivery report says of the message that came back, or null for ordinary mail. */
  report: { status: string; words: string } | null
}

type Noted =
  | { kind: "reply" | "automatic" | "unsubscribe" | "bounce"; leadId: number }
  /** It is no answer to anything sent from here, or was noted before. */
  | { kind: "nothing" }

const longestText = 4_000

/** Who wrote what stands on the timeline as somebody's reply: text of the outside, which no team member wrote. */
const lead = "lead"

/** A reply; what it was seen by is kept with it, and by that it is known again. */
type Reply = { text: string; at: Date; proof?: Proof; isAutomatic?: boolean }

/** Puts a lead's reply on the timeline; a lead that was waited for is one that replied, unless only a machine answered. Returns false
 * for one that was noted before. Throws EntityNotFound. */
export async function noteReply(
  store: Store,
  author: Author,
  leadId: number,
  { text, at, proof, isAutomatic = false }: Reply,
  now: Date,
): Promise<boolean> {
  return store.change(author, async (db) => {
    if (proof && !(await proofIn(db, proof, now)).isNew) return false
    const row = await rowOf(db, { entity: "lead", id: leadId })
    const what = isAutomatic ? "Automatic answer" : "Reply"
    await addWords(db, row.id, `${what}: ${foldLines(text).slice(0, longestText)}`, lead, at, now)
    if (isAutomatic) return true
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
  if (!mail.report) return noteAnswer(store, author, send, mail, proof, now)
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

async function noteAnswer(
  store: Store,
  author: Author,
  send: Send,
  mail: Mail,
  proof: Proof,
  now: Date,
): Promise<Noted> {
  const { leadId } = send
  if (isUnsubscribe(mail)) {
    const isNew = await noteUnsubscribe(store, send, mail, proof, now)
    return isNew ? { kind: "unsubscribe", leadId } : { kind: "nothing" }
  }
  const { at, isAutomatic } = mail
  const text = mail.text || `(no text) ${mail.subject ?? ""}`
  const isNew = await noteReply(store, author, leadId, { text, at, proof, isAutomatic }, now)
  return isNew ? { kind: isAutomatic ? "automatic" : "reply", leadId } : { kind: "nothing" }
}

/** Who unsubscribes gets nothing more, at the address that was written to and the one they write from, and at once: so it was promised
 * to them. Undone like anything else. Returns false for a mail that was noted before. Throws EntityNotFound. */
async function noteUnsubscribe(store: Store, { leadId, recipient }: Send, mail: Mail, proof: Proof, now: Date) {
  const author = { actor: "system", kind: "unsubscribe" }
  const addresses = [...new Set([recipient, parseEmail(mail.from) ?? recipient])]
  return store.change(author, async (db) => {
    if (!(await proofIn(db, proof, now)).isNew) return false
    const wanted = addresses.map((value) => ({ kind: "email", value }) as const)
    await addSuppressions(db, author, wanted, "They unsubscribed by mail.", now.toISOString())
    const { id } = await rowOf(db, { entity: "lead", id: leadId })
    const text = `Unsubscribed by mail: nothing goes to ${addresses.join(" or ")} any more.\n\n${foldLines(mail.text)}`
    await addWords(db, id, text.trim(), lead, mail.at, now)
    return true
  })
}

/** The mail that our own header offers, or one that says nothing else. */
function isUnsubscribe({ subject, text }: Mail): boolean {
  const isWish = /^(?:please )?unsubscribe(?: me)?(?: please)?$/
  return wordsOf(subject ?? "") === unsubscribeSubject || isWish.test(wordsOf(text.replace(/^-- ?$[\s\S]*/m, "")))
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
  const sent = await store.read((db) =>
    db
      .select({ id: sends.id, recipient: sends.recipient })
      .from(sends)
      .where(and(eq(sends.channel, "email"), like(sends.recipient, `${from.slice(0, 1)}%`), eq(sends.outcome, "sent")))
      .orderBy(desc(sends.id)),
  )
  // Who writes from ada@ may have been written to as ada+crm@.
  const mailbox = mailboxOf(from)
  const last =
    sent.find(({ recipient }) => recipient === from) ?? sent.find(({ recipient }) => mailboxOf(recipient) === mailbox)
  if (!last) return null
  const [send] = await store.read((db) => db.select().from(sends).where(eq(sends.id, last.id)))
  return send && send.startedAt <= mail.at.toISOString() ? send : null
}

async function addWords(db: Db, leadId: number, text: string, actor: string, at: Date, now: Date): Promise<void> {
  const entry = { leadId, kind: "message" as const, text: text.slice(0, longestText + 100), actor }
  await db.insert(tables.timeline).values({ ...entry, at: at.toISOString(), createdAt: now.toISOString() })
}
