import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, expect, test } from "vitest"
import { limitsFor, mayReadLive, parseAccountSettings } from "../../src/browser/account-settings.ts"
import { addAccount } from "../../src/browser/accounts.ts"
import { estimate, waitingLoads } from "../../src/browser/estimate.ts"
import { defaultLimits, heedRates, reportSpends, spend } from "../../src/browser/ledger.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { addressOf, isShared, openStore } from "../engine.ts"

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ledger-"))
  store = openStore(join(folder, "giant.db"))
})
afterEach(async () => {
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const now = new Date("2026-05-04T09:00:00.000Z")
const later = (ms: number) => new Date(now.getTime() + ms)
const minute = 60_000
const hour = 60 * minute
const profile = { account: "linkedin:team", page: "linkedin.profile", url: "https://www.linkedin.com/in/x/" }

test.runIf(isShared)("two processes at once never exceed a limit in any window", async () => {
  const scale = 4 * 3_600
  const spender = join(import.meta.dirname, "spender.ts")
  const processes = [1, 2].map(() =>
    spawn(process.execPath, [spender, addressOf(store), profile.account, String(scale), "60"], { stdio: "inherit" }),
  )
  expect(await Promise.all(processes.map(async (one) => (await once(one, "exit"))[0]))).toEqual([0, 0])
  const rows = await store.read((db) => db.select().from(tables.spends).orderBy(tables.spends.at))
  const times = (kind: string | null) =>
    rows.filter((row) => kind === null || row.kind === kind).map(({ at }) => Date.parse(at))
  expect(times(null).length).toBeGreaterThanOrEqual(120)
  expect(mostIn(times(null), hour / scale)).toBeLessThanOrEqual(20)
  expect(mostIn(times("linkedin.profile"), hour / scale)).toBeLessThanOrEqual(7)
  expect(mostIn(times(null), (4 * hour) / scale)).toBeLessThanOrEqual(60)
})

test("a load that is refused is told when it will be free, and costs nothing", async () => {
  const limits = [{ loads: 2, windowMs: hour }]
  await spend(store, profile, limits, 1, () => now)
  await spend(store, profile, limits, 1, () => later(10 * minute))
  expect(await spend(store, profile, limits, 1, () => later(20 * minute))).toEqual({
    kind: "limited",
    until: later(hour).toISOString(),
    reason: "linkedin:team has had its 2 loads an hour.",
  })
  expect(await spend(store, profile, limits, 1, () => later(hour))).toEqual({ kind: "spent" })
  expect(await spend(store, { ...profile, account: "linkedin:ada" }, limits, 1, () => later(hour))).toEqual({
    kind: "spent",
  })
})

test("a report says what is used of each limit, and when the next load is free", async () => {
  const limits = [
    { loads: 3, windowMs: hour },
    { loads: 1, windowMs: 24 * hour, page: "linkedin.search" as const },
  ]
  await spend(store, profile, limits, 1, () => now)
  await spend(store, { ...profile, page: "linkedin.search" }, limits, 1, () => later(minute))
  expect(await reportSpends(store, profile.account, limits, 1, later(2 * minute))).toMatchObject({
    uses: [{ spent: 2 }, { spent: 1 }],
    byPage: [
      { page: "linkedin.profile", hour: 1, day: 1 },
      { page: "linkedin.search", hour: 1, day: 1 },
    ],
    freeAt: null,
  })
  await spend(store, profile, limits, 1, () => later(3 * minute))
  const report = await reportSpends(store, profile.account, limits, 1, later(4 * minute))
  expect(report.freeAt).toBe(later(hour).toISOString())
})

test("the site's own window holds while little of it is left, and a day at most", async () => {
  const load = { account: "x:team", url: "https://x.com/x" }
  await heedRates(store, load, [{ limit: 95, remaining: 60, resetAt: later(hour) }], 1, now)
  expect(await spend(store, { ...load, page: "x.profile" }, [], 1, () => now)).toEqual({ kind: "spent" })
  await heedRates(store, load, [{ limit: 95, remaining: 5, resetAt: later(900 * hour) }], 1, now)
  expect(await spend(store, { ...load, page: "x.posts" }, [], 1, () => now)).toMatchObject({
    kind: "limited",
    until: later(24 * hour).toISOString(),
  })
})

test("settings lower limits by themselves, and raise them only where the risk is named", () => {
  const hourOf = (setting: unknown) =>
    limitsFor("linkedin", parseAccountSettings({ accounts: { a: setting } }).a).find(
      ({ windowMs, page }) => windowMs === hour && !page,
    )?.loads
  expect(hourOf({})).toBe(15)
  expect(hourOf({ limits: { hour: 5 } })).toBe(5)
  expect(hourOf({ limits: { hour: 100 } })).toBe(15)
  expect(hourOf({ limitsThatRiskARestriction: { hour: 60 } })).toBe(60)
  expect(limitsFor("x", { limits: { hour: 20 } })).toContainEqual({ loads: 20, windowMs: hour })
})

test("reading live needs its owner's yes; company sites need none", () => {
  expect(mayReadLive("x:team", "x", undefined).kind).toBe("no")
  expect(mayReadLive("x:team", "x", { agreed: { at: now.toISOString(), by: "human:ada" } }).kind).toBe("yes")
  expect(mayReadLive("web:team", "web", undefined).kind).toBe("yes")
})

test("five hundred leads take as many days as their account's limits say", async () => {
  const limitsOf = () => defaultLimits.linkedin
  const waiting = [
    { account: "linkedin:team", site: "linkedin" as const, page: "linkedin.profile" as const, loads: 500 },
  ]
  const { doneAt } = await estimate(store, waiting, limitsOf, 1, now)
  // 40 profiles a day: the last 20 of 500 come on the thirteenth day.
  expect((Date.parse(doneAt ?? "") - now.getTime()) / (24 * hour)).toBeGreaterThan(12)
  expect((Date.parse(doneAt ?? "") - now.getTime()) / (24 * hour)).toBeLessThan(12.2)
  for (let i = 0; i < 40; i++) await spend(store, profile, [], 1, () => later(-i * minute))
  const [one] = waiting
  const next = await estimate(store, one ? [{ ...one, loads: 1 }] : [], limitsOf, 1, now)
  expect(next.doneAt).toBe(later(24 * hour - 39 * minute).toISOString())
})

test("what open tasks will load is counted by the account that reads it", async () => {
  const at = now.toISOString()
  await addAccount(store, "linkedin", "team", now)
  await addAccount(store, "linkedin", "Ada", now)
  await store.change({ actor: "system", kind: "edit" }, async (db) => {
    const leads = await db
      .insert(tables.leads)
      .values(
        [null, "Ada", "Bo"].map((owner, i) => ({
          owner,
          linkedinUrl: `https://www.linkedin.com/in/l${i}/`,
          createdAt: at,
          updatedAt: at,
        })),
      )
      .returning({ id: tables.leads.id })
    await db
      .insert(tables.tasks)
      .values(leads.map(({ id }) => ({ kind: "enrich", leadId: id, notBefore: at, createdAt: at, updatedAt: at })))
  })
  const profiles = (await waitingLoads(store)).filter(({ page }) => page === "linkedin.profile")
  const sums = Map.groupBy(profiles, ({ account }) => account)
  expect([...sums].map(([account, ones]) => [account, ones.reduce((sum, { loads }) => sum + loads, 0)])).toEqual([
    ["linkedin:team", 2],
    ["linkedin:ada", 1],
  ])
})

/** The most of these times that lie in one window; its end is not part of it. */
function mostIn(times: number[], windowMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + windowMs).length))
}
