import { and, asc, eq, gt } from "drizzle-orm"
import type { Db, Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { SiteRate } from "./capture.ts"
import type { PageName } from "./reading.ts"

export type Site = "linkedin" | "x" | "web"

/** What is sent, as the ledger counts it. */
export type SendingName = "linkedin.message" | "linkedin.note" | "x.message"

/** A conversation that is looked at for replies, as the ledger counts it. */
export type ThreadName = "linkedin.thread" | "x.thread"

/** At most `loads` in any window of so many milliseconds; of one page kind where one is named. */
export type Limit = { loads: number; windowMs: number; page?: PageName | SendingName | ThreadName }

/** When an account is asked again that was found on another machine. */
const movedMs = 15 * 60_000

const second = 1_000
const hour = 3_600_000
const day = 24 * hour
/** What a row is that is no load: until `at` the site wants the account to rest. */
export const rest = "rest"

/** By default well below what careful tools use. Source: what people report of restricted accounts, November 2026. The first of
 * each social site keeps two processes from navigating at once. */
export const defaultLimits: Record<Site, readonly Limit[]> = {
  linkedin: [
    { loads: 1, windowMs: 2 * second },
    { loads: 15, windowMs: hour },
    { loads: 80, windowMs: day },
    { loads: 40, windowMs: day, page: "linkedin.profile" },
    { loads: 10, windowMs: day, page: "linkedin.search" },
    { loads: 20, windowMs: day, page: "linkedin.message" },
    { loads: 10, windowMs: day, page: "linkedin.note" },
    { loads: 20, windowMs: day, page: "linkedin.thread" },
  ],
  x: [
    { loads: 1, windowMs: 2 * second },
    { loads: 30, windowMs: hour / 4 },
    { loads: 300, windowMs: day },
    { loads: 20, windowMs: day, page: "x.message" },
    { loads: 20, windowMs: day, page: "x.thread" },
  ],
  web: [{ loads: 600, windowMs: hour }],
}

type Spent = { kind: "spent" } | { kind: "limited"; until: string; reason: string }

/** A load that was paid for, or a rest; `at` in milliseconds since 1970. */
type Load = { kind: string; at: number }

/** What is to be loaded. `place` is the home whose browser loads it, and must be the account's own. */
type Wish = { account: string; page: string; url: string; place?: string }

/** Takes one load from an account's limits, or says when there will be one: checked and spent in one transaction, so that all
 * processes and machines share one ledger. Windows are divided by `scale` (1 for the live web). */
export async function spend(
  store: Store,
  load: Wish,
  limits: readonly Limit[],
  scale: number,
  clock: () => Date,
): Promise<Spent> {
  const { account, page, url, place } = load
  const { spends } = tables
  return store.write(async (db) => {
    // A write may have waited for its turn, so the time is that of the transaction.
    const now = clock()
    const since = new Date(now.getTime() - longestWindow(limits) / scale).toISOString()
    if (place !== undefined && (await isElsewhere(db, account, place))) {
      const until = new Date(now.getTime() + movedMs / scale).toISOString()
      return { kind: "limited", until, reason: `${account} was signed in on another machine, which reads with it now.` }
    }
    const rows = await db
      .select({ kind: spends.kind, at: spends.at })
      .from(spends)
      .where(and(eq(spends.account, account), gt(spends.at, since)))
      .orderBy(asc(spends.at))
    const free = nextFree(rows.map(asLoad), limits, scale, page, now.getTime())
    if (free.at > now.getTime()) {
      return { kind: "limited", until: new Date(free.at).toISOString(), reason: reasonFor(account, free.limit) }
    }
    await db.insert(spends).values({ account, kind: page, url, place: place ?? null, at: now.toISOString() })
    return { kind: "spent" }
  })
}

/** When the next load of a page kind is allowed, and the limit that it waits for (null: the site wants a rest). `loads` are in the
 * order of their times. */
export function nextFree(
  loads: readonly Load[],
  limits: readonly Limit[],
  scale: number,
  page: string,
  now: number,
): { at: number; limit: Limit | null } {
  let free: { at: number; limit: Limit | null } = { at: now, limit: null }
  for (const limit of limits) {
    if (limit.page !== undefined && limit.page !== page) continue
    const oldest = loads.filter((load) => countsFor(limit, load)).at(-limit.loads)
    const at = oldest ? oldest.at + limit.windowMs / scale : now
    if (at > free.at) free = { at, limit }
  }
  const restUntil = Math.max(...loads.filter(({ kind }) => kind === rest).map(({ at }) => at), 0)
  return restUntil > free.at ? { at: restUntil, limit: null } : free
}

/** Lets an account rest until the site's own window begins anew, when little is left of it. */
export async function heedRates(
  store: Store,
  load: { account: string; url: string },
  rates: readonly SiteRate[],
  scale: number,
  now: Date,
): Promise<void> {
  const spentUp = rates.filter(({ limit, remaining }) => remaining <= Math.max(2, limit / 10))
  const longest = Math.max(...spentUp.map(({ resetAt }) => resetAt.getTime() - now.getTime()), 0)
  if (longest === 0) return
  const at = new Date(now.getTime() + Math.min(longest, day) / scale).toISOString()
  await store.write((db) => db.insert(tables.spends).values({ ...load, kind: rest, at }))
}

/** What of one limit is used up. */
type Use = { limit: Limit; spent: number }

export type LedgerReport = {
  uses: Use[]
  /** Loads by page kind in the last hour and day. */
  byPage: { page: string; hour: number; day: number }[]
  /** When the next load is free; null: now. */
  freeAt: string | null
}

/** What an account has spent of its limits. Windows are divided by `scale`. */
export async function reportSpends(
  store: Store,
  account: string,
  limits: readonly Limit[],
  scale: number,
  now: Date,
): Promise<LedgerReport> {
  const time = now.getTime()
  const loads = await loadsOf(store, account, new Date(time - Math.max(longestWindow(limits), day) / scale))
  const within = (windowMs: number) => loads.filter(({ kind, at }) => kind !== rest && at > time - windowMs / scale)
  const byPage = Map.groupBy(within(day), ({ kind }) => kind)
  const free = nextFree(loads, limits, scale, "", time)
  return {
    uses: limits.map((limit) => ({
      limit,
      spent: within(limit.windowMs).filter((load) => countsFor(limit, load)).length,
    })),
    byPage: [...byPage].map(([page, ofPage]) => ({
      page,
      hour: ofPage.filter(({ at }) => at > time - hour / scale).length,
      day: ofPage.length,
    })),
    freeAt: free.at > time ? new Date(free.at).toISOString() : null,
  }
}

/** Loads and rests of an account after a time, in order. */
export async function loadsOf(store: Store, account: string, since: Date): Promise<Load[]> {
  const { spends } = tables
  const rows = await store.read((db) =>
    db
      .select({ kind: spends.kind, at: spends.at })
      .from(spends)
      .where(and(eq(spends.account, account), gt(spends.at, since.toISOString())))
      .orderBy(asc(spends.at)),
  )
  return rows.map(asLoad)
}

/** "15 loads an hour", "40 linkedin.profile loads a day". */
export function limitWords({ loads, windowMs, page }: Limit): string {
  const what = `${loads} ${page ? `${page} ` : ""}${loads === 1 ? "load" : "loads"}`
  if (windowMs === day) return `${what} a day`
  if (windowMs === hour) return `${what} an hour`
  return windowMs < hour / 60 ? `${what} in ${windowMs / second} s` : `${what} in ${(windowMs * 60) / hour} minutes`
}

async function isElsewhere(db: Db, name: string, place: string): Promise<boolean> {
  const { accounts } = tables
  const [account] = await db.select({ place: accounts.place }).from(accounts).where(eq(accounts.name, name))
  return account !== undefined && account.place !== null && account.place !== place
}

function countsFor(limit: Limit, load: Load): boolean {
  return load.kind !== rest && (limit.page === undefined || limit.page === load.kind)
}

function longestWindow(limits: readonly Limit[]): number {
  return Math.max(...limits.map(({ windowMs }) => windowMs), 0)
}

function asLoad({ kind, at }: { kind: string; at: string }): Load {
  return { kind, at: Date.parse(at) }
}

/** Why an account makes no load now, as `nextFree` found it. */
export function reasonFor(account: string, limit: Limit | null): string {
  if (limit === null) return `The site asks ${account} to rest.`
  return `${account} has had its ${limitWords(limit)}.`
}
