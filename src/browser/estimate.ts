import { and, count, eq, inArray, isNotNull, isNull, lt, sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Account, tables } from "../db/tables.ts"
import { ownersAccount, sharedOwner } from "./accounts.ts"
import { type Limit, loadsOf, rest, type Site } from "./ledger.ts"
import type { PageName } from "./reading.ts"

/** Loads that are wanted of an account. */
type Waiting = { account: string; site: Site; page: PageName; loads: number }

export type Estimate = {
  /** When the last of the loads will have been made; null where there are none. */
  doneAt: string | null
  byAccount: { account: string; loads: number; doneAt: string }[]
}

/** What a navigation takes on average, pause included, in milliseconds. */
const paceMs = 18_000
const day = 24 * 3_600_000
/** Beyond so many loads of one account the rest is reckoned at the pace of these. */
const reckoned = 5_000

/** How long the limits let waiting loads take, given what was spent already. Windows are divided by `scale`. */
export async function estimate(
  store: Store,
  waiting: readonly Waiting[],
  limitsOf: (account: string, site: Site) => readonly Limit[],
  scale: number,
  now: Date,
): Promise<Estimate> {
  const byAccount: Estimate["byAccount"] = []
  for (const [account, wanted] of Map.groupBy(waiting, (one) => one.account)) {
    const loads = wanted.reduce((sum, one) => sum + one.loads, 0)
    const site = wanted[0]?.site
    if (loads === 0 || site === undefined) continue
    const past = await loadsOf(store, account, new Date(now.getTime() - day / scale))
    const limits = [...limitsOf(account, site), { loads: 1, windowMs: paceMs }]
    const at = lastLoad(past, limits, scale, wanted, now.getTime())
    byAccount.push({ account, loads, doneAt: new Date(at).toISOString() })
  }
  const last = byAccount
    .map(({ doneAt }) => doneAt)
    .sort()
    .at(-1)
  return { doneAt: last ?? null, byAccount }
}

/** The loads that open tasks will want: a profile for each lead with an address, and the pages of its company. */
export async function waitingLoads(store: Store): Promise<Waiting[]> {
  const { tasks, leads, companies, accounts } = tables
  const known = await store.read((db) => db.select().from(accounts).orderBy(accounts.id))
  const byOwner = await store.read((db) =>
    db
      .select({
        owner: leads.owner,
        profiles: count(leads.linkedinUrl),
        handles: count(leads.xHandle),
        pages: sql<number>`count(distinct case when ${isNotNull(companies.linkedinUrl)} and ${isNull(companies.domain)} then ${companies.id} end)`,
        sites: sql<number>`count(distinct ${leads.companyId})`,
      })
      .from(tasks)
      .innerJoin(leads, eq(leads.id, tasks.leadId))
      .leftJoin(companies, eq(companies.id, leads.companyId))
      .where(and(inArray(tasks.state, ["open", "leased", "waiting"]), lt(tasks.notBefore, "9999")))
      .groupBy(leads.owner)
      .orderBy(sql`coalesce(${leads.owner}, '')`),
  )
  const of = (site: Site, owner: string | null) => nameOf(known, site, owner)
  return byOwner.flatMap(({ owner, profiles, handles, pages, sites }): Waiting[] => [
    { account: of("linkedin", owner), site: "linkedin", page: "linkedin.profile", loads: profiles },
    { account: of("linkedin", owner), site: "linkedin", page: "linkedin.company", loads: pages },
    { account: of("x", owner), site: "x", page: "x.profile", loads: handles },
    { account: of("web", owner), site: "web", page: "company.site", loads: sites },
  ])
}

function nameOf(known: Account[], site: Site, owner: string | null): string {
  const ofSite = known.filter((account) => account.site === site)
  return ownersAccount(ofSite, owner)?.name ?? `${site}:${sharedOwner}`
}

/** Makes the loads in thought, each as early as the limits allow, and says when the last one is made. */
function lastLoad(
  past: readonly { kind: string; at: number }[],
  limits: readonly Limit[],
  scale: number,
  wanted: readonly { page: PageName; loads: number }[],
  now: number,
): number {
  const rested = Math.max(now, ...past.filter(({ kind }) => kind === rest).map(({ at }) => at))
  const windows = limits.map(({ loads, windowMs, page }) => ({
    loads,
    page,
    length: windowMs / scale,
    made: past.filter(({ kind }) => kind !== rest && (page === undefined || page === kind)).map(({ at }) => at),
  }))
  const earliest = (page: PageName, from: number) =>
    windows.reduce((at, window) => {
      if (window.page !== undefined && window.page !== page) return at
      if (window.loads === 0) return Number.POSITIVE_INFINITY
      const oldest = window.made.at(-window.loads)
      return oldest === undefined ? at : Math.max(at, oldest + window.length)
    }, from)

  const left = wanted.filter(({ loads }) => loads > 0).map(({ page, loads }) => ({ page, loads }))
  const total = left.reduce((sum, { loads }) => sum + loads, 0)
  let at = rested
  for (let made = 0; made < total; made++) {
    if (made === reckoned) return now + ((at - now) / reckoned) * total
    const open = left.filter(({ loads }) => loads > 0).map((one) => ({ one, at: earliest(one.page, at) }))
    const next = open.reduce((best, candidate) => (candidate.at < best.at ? candidate : best))
    if (next.at === Number.POSITIVE_INFINITY) return farAway
    at = next.at
    next.one.loads -= 1
    for (const window of windows) if (window.page === undefined || window.page === next.one.page) window.made.push(at)
  }
  return at
}

/** An account that may make no load at all is never done. */
const farAway = Date.parse("9999-01-01T00:00:00Z")
