import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { openPacing, pacingOf, pacingWords } from "../../src/cli/pacing.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"

const now = new Date("2026-11-03T10:00:00.000Z")
const at = now.toISOString()
const path = mkdtempSync(join(tmpdir(), "pacing-"))
let store: Store
beforeAll(async () => {
  store = openStore(join(path, "giant.db"))
  await store.change({ actor: "system", kind: "edit" }, async (db) => {
    const many = Array.from({ length: 240 }, (_, i) => ({ linkedinUrl: `https://www.linkedin.com/in/l${i}` }))
    const leads = await db
      .insert(tables.leads)
      .values(many.map((lead) => ({ ...lead, createdAt: at, updatedAt: at })))
      .returning({ id: tables.leads.id })
    await db
      .insert(tables.tasks)
      .values(leads.map(({ id }) => ({ kind: "enrich", leadId: id, notBefore: at, createdAt: at, updatedAt: at })))
  })
})
afterAll(async () => {
  await store.close()
  rmSync(path, { recursive: true, force: true })
})

test("a person is told how many days the limits leave, on the live web and in rehearsal", async () => {
  const { byAccount } = await pacingOf(io, home(), "live")
  expect(byAccount.map((one) => pacingWords(one, now))).toEqual([
    "At this pace linkedin:team needs 5 days for 240 waiting pages.",
  ])
  const rehearsed = await openPacing(io, home(), "replica")()
  expect(rehearsed && pacingWords(rehearsed, now)).toContain("needs 2 min for 240 waiting pages.")
})

test("an account that may read nothing is not promised a day", () => {
  const never = { account: "x:team", loads: 3, doneAt: "9999-01-01T00:00:00.000Z" }
  expect(pacingWords(never, now)).toBe("x:team may read nothing, so 3 pages wait.")
})

// What reckoning asks of a command and its home.
const io = { clock: () => now } as Parameters<typeof pacingOf>[0]
const home = () => ({ store, path }) as Parameters<typeof pacingOf>[1]
