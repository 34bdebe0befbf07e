import { afterEach, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { markAsSent, sendDraft } from "../../src/outreach/send.ts"
import { openSmtp, sendOfMessage } from "../../src/outreach/smtp.ts"
import { ada, approve, deciding, draftFor, leadToWriteTo, noon, sending } from "./fixture.ts"
import { startMailServer } from "./mail-server.ts"

const close: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of close.splice(0)) await end()
})

const from = deciding.mailFrom ?? ""
const words = {
  channel: "email" as const,
  subject: "robots, in Köln",
  body: "Grüße nach Köln, 東京.\n\n. a line with a dot\n  two spaces before, and a very long line that goes on and on and on, far beyond the seventy-eight characters of old mail.\n\nAda\n-- \nTo hear no more, just say so.",
}

async function approvedMail(server: { port: number; certificate: string }, login: object = {}) {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead, words)
  await approve(store, draft)
  const smtp = { host: "localhost", port: server.port, secure: true, from, ...login }
  return { store, draft, courier: openSmtp(store, smtp, () => noon, server.certificate) }
}

test("a mail leaves exactly as approved, over TLS, with a way to unsubscribe, and the server's answer is kept", async () => {
  const server = await startMailServer()
  close.push(server.close)
  const { store, draft, courier } = await approvedMail(server, { user: "ada", password: "letmein" })
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "sent" })
  expect(server.received).toHaveLength(1)
  const [mail] = server.received
  expect(mail?.to).toEqual(["ines@larkspur.example"])
  expect(mail?.body.replaceAll("\r\n", "\n").replace(/\n$/, "")).toBe(words.body)
  expect(mail?.heads.get("list-unsubscribe")).toBe("<mailto:ada@team.example?subject=unsubscribe>")
  expect(mail?.heads.get("content-type")).toMatch(/^text\/plain/)
  expect(sendOfMessage(mail?.heads.get("message-id") ?? "")).toEqual({ sendId: 1, recipient: "ines@larkspur.example" })
  const [send] = await store.read((db) => db.select().from(tables.sends))
  const evidence = await store.read((db) => db.select().from(tables.evidence))
  expect(evidence.find(({ id }) => id === send?.evidenceId)?.text).toContain("localhost answered: 250")
})

test("what the server refuses was not sent, and a wrong password stops before anything is", async () => {
  const server = await startMailServer({ refuse: "No such user" })
  close.push(server.close)
  const one = await approvedMail(server)
  expect(await sendDraft(one.store, ada, one.draft.id, one.courier, sending)).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("No such user"),
  })
  const two = await approvedMail(server, { user: "ada", password: "wrong" })
  expect(await sendDraft(two.store, ada, two.draft.id, two.courier, sending)).toMatchObject({ kind: "blocked" })
})

test("a server that hangs up after the data leaves it unknown, and nothing is tried again", async () => {
  const server = await startMailServer({ hangUp: true })
  const { store, draft, courier } = await approvedMail(server)
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "unknown" })
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "not begun" })
})

test("a server that cannot be reached blocks, and another sender than the approved one is not used", async () => {
  const server = await startMailServer()
  await server.close()
  const { store, draft, courier } = await approvedMail(server)
  expect(await sendDraft(store, ada, draft.id, courier, sending)).toMatchObject({ kind: "blocked" })
  await approve(store, draft)
  const other = openSmtp(store, { host: "localhost", secure: true, from: "eve@team.example" }, () => noon)
  expect(await sendDraft(store, ada, draft.id, other, sending)).toMatchObject({ kind: "not begun" })
  expect(await markAsSent(store, ada, draft.id, deciding, () => noon)).toMatchObject({ kind: "sent" })
})
