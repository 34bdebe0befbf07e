import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { accountFor, stopAccount } from "../../src/browser/accounts.ts"
import { openAccountRoom } from "../../src/cli/account-room.ts"
import { changeSettings } from "../../src/config.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { type Lead, type Task, tables } from "../../src/db/tables.ts"

const now = new Date("2026-11-03T10:00:00.000Z")
const reader = "linkedin:team"

function newHome() {
  const path = mkdtempSync(join(tmpdir(), "giant-room-"))
  changeSettings(path, { accounts: { [reader]: { agreed: { at: now.toISOString(), by: "human:ada" } } } })
  const store = openStore(join(path, "giant.db"))
  onTestFinished(() => store.close())
  return { path, store }
}

// Of a lead and its task, admission looks at these alone.
const lead = (own: Partial<Lead> = {}) =>
  ({
    linkedinUrl: "https://www.linkedin.com/in/ada",
    xHandle: null,
    email: null,
    companyId: null,
    owner: null,
    ...own,
  }) as Lead
const task = (id: number, outcome: string | null = null) => ({ id, outcome }) as Task

async function loaded(store: Store, loads: number): Promise<void> {
  const at = new Date(now.getTime() - 60_000).toISOString()
  const made = Array.from({ length: loads }, () => ({ account: reader, kind: "linkedin.profile", url: "", at }))
  await store.write((db) => db.insert(tables.spends).values(made))
}

test("a lead whose account has used up its hour waits for it without an agent", async () => {
  const home = newHome()
  const room = openAccountRoom(home, "live")
  expect(await room.admit(task(1), lead(), now)).toBeNull()
  await loaded(home.store, 15)
  const waiting = {
    kind: "waiting",
    outcome: "linkedin:team has had its 15 loads an hour.",
    until: "2026-11-03T10:59:00.000Z",
  }
  expect(await room.admit(task(2), lead(), now)).toEqual(waiting)
  expect(await room.admit(task(3), lead({ email: "ada@acme.example" }), now), "its site can be read").toBeNull()
  expect(await room.admit(task(3, "Waited."), lead({ email: "ada@acme.example" }), now)).toEqual(waiting)
  expect(await room.admit(task(4), lead({ linkedinUrl: null }), now)).toBeNull()
  expect(await openAccountRoom(home, "replica").admit(task(5), lead(), now)).toBeNull()
})

test("leads at work are reckoned with before they have been read", async () => {
  const home = newHome()
  const room = openAccountRoom(home, "live")
  await loaded(home.store, 14)
  expect(await room.admit(task(1), lead(), now)).toBeNull()
  expect(await room.admit(task(2), lead(), now)).toMatchObject({ kind: "waiting" })
  room.leave(1)
  expect(await room.admit(task(3), lead(), now)).toBeNull()
})

test("nobody begins with the leads of an account that is stopped, or that nobody has said yes for", async () => {
  const home = newHome()
  const account = await accountFor(home.store, "linkedin", null, now)
  await stopAccount(home.store, { id: account.id, reason: "a check" }, now)
  const room = openAccountRoom(home, "live")
  expect(await room.admit(task(1), lead(), now)).toEqual({
    kind: "waiting",
    outcome: "linkedin:team is stopped: a check",
    until: null,
  })
  const signedOut = newHome()
  changeSettings(signedOut.path, { accounts: {} })
  expect(await openAccountRoom(signedOut, "live").admit(task(1), lead(), now)).toMatchObject({
    outcome: expect.stringContaining("giant login linkedin"),
    until: null,
  })
})
