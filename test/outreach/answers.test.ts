import { afterEach, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { noteMail } from "../../src/outreach/answers.ts"
import { parseMail, readMailbox } from "../../src/outreach/imap.ts"
import { sendDraft } from "../../src/outreach/send.ts"
import { messageIdOf } from "../../src/outreach/smtp.ts"
import { ada, approve, draftFor, keepingCourier, leadToWriteTo, noon, sending } from "./fixture.ts"
import { openMailbox } from "./mailbox.ts"

const close: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of close.splice(0)) await end()
})

const tomorrow = new Date("2026-11-04T12:00:00.000Z")
const words = { channel: "email" as const, subject: "robots", body: "Do robots fill in your CRM?" }
const sentId = messageIdOf({ sendId: 1, recipient: "ines@larkspur.example" }, "ada@team.example")

async function sentMail(): Promise<{ store: Store; lead: number }> {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead, words)
  await approve(store, draft)
  await sendDraft(store, ada, draft.id, keepingCourier().courier, sending)
  return { store, lead }
}

const reply = [
  "From: =?utf-8?q?In=C3=A9s_Vance?= <ines.private@elsewhere.example>",
  "Message-ID: <r1@elsewhere.example>",
  `In-Reply-To: ${sentId}`,
  "Subject: =?utf-8?B?UmU6IHJvYm90cw==?=",
  'Content-Type: multipart/alternative; boundary="b"',
  "",
  "--b",
  "Content-Type: text/plain; charset=utf-8",
  "Content-Transfer-Encoding: quoted-printable",
  "",
  "Gr=C3=BC=C3=9Fe! Tuesday works.",
  "",
  "On Tue, Ada wrote:",
  "> Do robots fill in your CRM?",
  "--b",
  "Content-Type: text/html",
  "",
  "<b>hidden</b>",
  "--b--",
].join("\r\n")

const bounce = (status: string) =>
  [
    "From: MAILER-DAEMON@mx.example",
    `Message-ID: <bounce-${status}@mx.example>`,
    'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
    "",
    "--r",
    "Content-Type: text/plain",
    "",
    "Your message could not be delivered.",
    "--r",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.example",
    "",
    `Status: ${status}`,
    "Diagnostic-Code: smtp; 550 No such user",
    "--r",
    "Content-Type: text/rfc822-headers",
    "",
    `Message-ID: ${sentId}`,
    "Subject: robots",
    "--r--",
  ].join("\r\n")

test("replies and bounces are read from a mailbox without touching it, and noted once", async () => {
  const { store } = await sentMail()
  const stranger = "From: eve@elsewhere.example\r\nMessage-ID: <s1@elsewhere.example>\r\n\r\nBuy now."
  const mailbox = await openMailbox([reply, stranger].map((source) => ({ at: tomorrow, source })))
  close.push(mailbox.close)
  const imap = { host: "127.0.0.1", port: mailbox.port, secure: false, user: "ada", password: "p", mailbox: "INBOX" }
  for (const _ of [1, 2]) {
    for (const mail of await readMailbox(imap, noon)) await noteMail(store, ada, mail, tomorrow)
  }
  const entries = await store.read((db) => db.select().from(tables.timeline))
  expect(entries.filter(({ actor }) => actor === "lead").map(({ text }) => text)).toEqual([
    "Reply: Grüße! Tuesday works.",
  ])
  expect(await store.read((db) => db.select().from(tables.leads))).toMatchObject([{ status: "replied" }])
  expect(mailbox.commands.filter((line) => /^(UID )?(STORE|COPY|MOVE|EXPUNGE|APPEND|SELECT)/i.test(line))).toEqual([])
  expect(mailbox.commands.some((line) => line.includes("BODY.PEEK"))).toBe(true)
})

test("a message that came back counts as not sent, is told, and suppresses nobody", async () => {
  const { store } = await sentMail()
  const mail = parseMail(Buffer.from(bounce("5.1.1")), tomorrow)
  const later = parseMail(Buffer.from(bounce("4.2.2")), tomorrow)
  if (!mail || !later) throw new Error("The report was not read.")
  expect(await noteMail(store, ada, later, tomorrow)).toEqual({ kind: "nothing" })
  expect(await noteMail(store, ada, mail, tomorrow)).toMatchObject({ kind: "bounce" })
  expect(await store.read((db) => db.select().from(tables.sends))).toMatchObject([
    { outcome: "refused", reason: "It came back: 5.1.1 smtp; 550 No such user" },
  ])
  expect(await store.read((db) => db.select().from(tables.drafts))).toMatchObject([{ state: "rejected" }])
  expect(await store.read((db) => db.select().from(tables.suppressions))).toEqual([])
  const entries = await store.read((db) => db.select().from(tables.timeline))
  expect(entries.at(-1)?.text).toContain("came back")
})

test("a mail from the address that was written to is a reply, and one that names a send of somebody else is none", async () => {
  const { store } = await sentMail()
  const plain = (from: string, about: string) =>
    parseMail(
      Buffer.from(`From: ${from}\r\nMessage-ID: <${about.length}@x.example>\r\n${about}\r\n\r\nHello`),
      tomorrow,
    )
  const forged = messageIdOf({ sendId: 1, recipient: "other@larkspur.example" }, "ada@team.example")
  const mails = [
    plain("eve@elsewhere.example", `In-Reply-To: ${forged}`),
    plain("INES@larkspur.example", "Subject: re"),
    plain("ines+lists@larkspur.example", "Subject: again"),
  ]
  const noted = []
  for (const mail of mails) if (mail) noted.push((await noteMail(store, ada, mail, tomorrow)).kind)
  expect(noted).toEqual(["nothing", "reply", "reply"])
})

test("who unsubscribes is suppressed at once and undoably, and stays at the stage they are in", async () => {
  const { store } = await sentMail()
  const mail = (id: string, ...lines: string[]) =>
    parseMail(Buffer.from([`Message-ID: <${id}@mx.example>`, ...lines].join("\r\n")), tomorrow)
  const byHeader = mail("u1", "From: ines@larkspur.example", "Subject: Unsubscribe", "", "Sent by a mail program.")
  const byWords = mail(
    "u2",
    `In-Reply-To: ${sentId}`,
    "From: ines@home.example",
    "",
    "Please unsubscribe me.",
    "-- ",
    "I.",
  )
  if (!byHeader || !byWords) throw new Error("The mail was not read.")
  expect(await noteMail(store, ada, byHeader, tomorrow)).toEqual({ kind: "unsubscribe", leadId: 1 })
  expect(await noteMail(store, ada, byHeader, tomorrow)).toEqual({ kind: "nothing" })
  expect(await noteMail(store, ada, byWords, tomorrow)).toEqual({ kind: "unsubscribe", leadId: 1 })
  const suppressed = () => store.read((db) => db.select().from(tables.suppressions))
  expect(await suppressed()).toMatchObject([
    { kind: "email", value: "ines@larkspur.example", actor: "system", reason: "They unsubscribed by mail." },
    { kind: "email", value: "ines@home.example" },
  ])
  expect(await store.read((db) => db.select().from(tables.leads))).toMatchObject([{ status: "contacted" }])
  const entries = await store.read((db) => db.select().from(tables.timeline))
  expect(entries.at(-2)).toMatchObject({
    actor: "lead",
    text: "Unsubscribed by mail: nothing goes to ines@larkspur.example any more.\n\nSent by a mail program.",
  })
  const changesets = await store.read((db) => db.select().from(tables.changesets))
  for (const { id, kind } of changesets)
    if (kind === "unsubscribe") await undoChangeset(store, { actor: "human:ada" }, id, { preview: false })
  expect(await suppressed()).toEqual([])
  expect(await noteMail(store, ada, byHeader, tomorrow)).toEqual({ kind: "nothing" })
})

test("an automatic answer is noted as one, and nobody has replied by it", async () => {
  const { store } = await sentMail()
  const away = "From: ines@larkspur.example\r\nMessage-ID: <o1@mx.example>\r\nAuto-Submitted: auto-replied\r\n"
  const mail = parseMail(Buffer.from(`${away}Subject: Out of office\r\n\r\nI am away.`), tomorrow)
  if (!mail) throw new Error("The mail was not read.")
  expect(await noteMail(store, ada, mail, tomorrow)).toEqual({ kind: "automatic", leadId: 1 })
  expect(await store.read((db) => db.select().from(tables.leads))).toMatchObject([{ status: "contacted" }])
  const entries = await store.read((db) => db.select().from(tables.timeline))
  expect(entries.at(-1)).toMatchObject({ actor: "lead", text: "Automatic answer: I am away." })
})
