import { expect, test } from "vitest"
import type { Io } from "../../src/cli/io.ts"
import { runProgram } from "../../src/cli/program.ts"
import { changeSettings, readEnvironment } from "../../src/config.ts"
import { tables } from "../../src/db/tables.ts"
import { draftFor, leadToWriteTo, message } from "../outreach/fixture.ts"

/** A person at a terminal, or a pipe, and what they read. */
function terminal(typed: string[] | null, variables: Record<string, string> = {}) {
  const said = { out: "", asked: "" }
  const io: Io = {
    environment: readEnvironment(variables),
    out: (text) => {
      said.out += text
    },
    err: () => {},
    ...{ isTerminal: typed !== null, isInteractive: typed !== null, width: 120 },
    ask: async (question) => {
      said.asked += question
      return typed?.shift() ?? ""
    },
    clock: () => new Date(),
    signal: new AbortController().signal,
  }
  return { io, said }
}

async function homeWithDraft() {
  const { store, lead } = await leadToWriteTo()
  const draft = await draftFor(store, lead, { ...message, body: `${message.body}\n\u001b[31m` })
  const home = store.home
  const variables: Record<string, string> = {}
  const giant = async (typed: string[] | null, ...args: string[]) => {
    const { io, said } = terminal(typed, variables)
    await runProgram(io, ["drafts", ...args, "--home", home])
    return said
  }
  return { store, lead, draft, home, giant, variables }
}

test("approving takes a person at a terminal who has read the exact text and types a yes; nothing stands in", async () => {
  const { store, giant } = await homeWithDraft()
  await expect(giant(null, "approve", "1")).rejects.toMatchObject({ code: "needs_person" })
  await expect(giant(null, "approve", "1", "--json")).rejects.toMatchObject({ code: "needs_person" })
  await expect(giant(["yes"], "approve", "1")).rejects.toMatchObject({ code: "not_confirmed" })
  expect(await store.read((db) => db.select().from(tables.approvals))).toEqual([])
  const { asked } = await giant(["yes 1"], "approve", "1")
  expect(asked).toContain("To:   linkedin.com/in/ines-vance")
  expect(asked).toContain("  You are Head of Robotics.")
  expect(asked).not.toContain("\u001b")
  expect(await store.read((db) => db.select().from(tables.approvals))).toMatchObject([{ usedAt: null }])
})

test("an approved text is copied alone, and marked as sent by who sent it", async () => {
  const { store, giant } = await homeWithDraft()
  await expect(giant(null, "copy", "1")).rejects.toMatchObject({ code: "not_approved" })
  await giant(["yes 1"], "approve", "1")
  expect((await giant(null, "copy", "1")).out).toBe(`${message.body}\n[31m\n`)
  await expect(giant(null, "sent", "1")).rejects.toMatchObject({ code: "needs_person" })
  await giant(["sent"], "sent", "1")
  expect(await store.read((db) => db.select().from(tables.sends))).toMatchObject([{ outcome: "sent" }])
  await giant(null, "reply", "1", "--text", "Yes, Tuesday.")
  expect(await store.read((db) => db.select().from(tables.leads))).toMatchObject([{ status: "replied" }])
})

test("mail of a rehearsal arrives in the replica, and nothing is sent that is not approved", async () => {
  const { store, lead, home, giant } = await homeWithDraft()
  changeSettings(home, { web: "replica" })
  await draftFor(store, lead, { channel: "email", subject: "robots", body: "Hello" })
  await expect(giant(null, "send", "2", "--rehearse")).rejects.toMatchObject({ code: "not_sent" })
  await giant(["yes 2"], "approve", "2", "--rehearse")
  expect((await giant(null, "send", "--rehearse")).out).toContain("Draft 2: sent.")
  expect(await store.read((db) => db.select().from(tables.sends))).toMatchObject([
    { outcome: "sent", account: "you@rehearsal.example", recipient: "ines@larkspur.example" },
  ])
})

test("replies are looked for in the conversations of what was sent, and there is nothing to look at before", async () => {
  const { giant, home } = await homeWithDraft()
  changeSettings(home, { web: "replica" })
  expect((await giant(null, "replies", "--rehearse")).out).toContain("Nothing was sent on LinkedIn or X")
  await giant(["yes 1"], "approve", "1", "--rehearse")
  await giant(["sent"], "sent", "1", "--rehearse")
  // Whom the replica does not know it cannot look up, and says so.
  const { out } = await giant(null, "replies", "--rehearse", "--json")
  expect(JSON.parse(out)).toMatchObject({ conversations: [{ lead: "Ines Vance", site: "linkedin", kind: "refused" }] })
})

test("the list, a rejection with its reason, and a draft put off", async () => {
  const { giant, lead, store } = await homeWithDraft()
  await draftFor(store, lead, { channel: "x-message", body: "Hi" })
  expect((await giant(null)).out).toContain("2 drafts for you to decide on")
  await giant(null, "reject", "1", "--reason", "Too stiff.")
  await giant(null, "snooze", "2", "--days", "3")
  const { drafts } = JSON.parse((await giant(null, "--json")).out)
  expect(drafts).toMatchObject([
    { id: 2, state: "draft" },
    { id: 1, state: "rejected", reason: "Too stiff." },
  ])
  await giant(null, "edit", "2", "--body", "Hi there")
  expect((await giant(null, "show", "2")).out).toContain("  Hi there")
})

test("a draft is edited in the person's own editor, and is as it was where that fails or changes nothing", async () => {
  const { store, giant, variables } = await homeWithDraft()
  const body = async () => (await store.read((db) => db.select().from(tables.drafts)))[0]?.body
  const before = await body()
  await expect(giant([], "edit", "1")).rejects.toMatchObject({ code: "no_editor" })
  variables.EDITOR = "true"
  await expect(giant(null, "edit", "1")).rejects.toMatchObject({ code: "no_editor" })
  await expect(giant([], "edit", "1")).rejects.toMatchObject({ code: "unchanged" })
  variables.EDITOR = "false"
  await expect(giant([], "edit", "1")).rejects.toMatchObject({ code: "editor_failed" })
  expect(await body()).toBe(before)
  variables.VISUAL = "sed -i 's/robots/giants/' --"
  expect((await giant([], "edit", "1")).out).toContain("Do giants fill in your CRM?")
  expect(await body()).toBe(before?.replace("robots", "giants"))
  expect((await giant(null, "edit", "1", "--body", "Short.")).out).toContain("Short.")
})
