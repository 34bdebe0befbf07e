import { z } from "zod"
import { defaultLimits, type Limit, type Site } from "./ledger.ts"

const hour = 3_600_000

/** How many loads an account may make in each window. */
const loads = z
  .object({
    quarterHour: z.int().min(0),
    hour: z.int().min(0),
    day: z.int().min(0),
    profilesADay: z.int().min(0),
    searchesADay: z.int().min(0),
  })
  .partial()
export type Loads = z.output<typeof loads>

const accountSetting = z.object({
  /** Who was signed in when the account was last logged in. */
  person: z.string().optional(),
  profile: z.string().optional(),
  loggedInAt: z.string().optional(),
  /** Who said yes to automated reading against the site's terms, and when. */
  agreed: z.object({ at: z.string(), by: z.string() }).optional(),
  /** The debugging address of the person's own Chrome, where the account reads with that. */
  attach: z.url().optional(),
  /** Who lets the lane press Send in their place, which sites forbid and may close the account for; null: the person presses. */
  laneClicks: z.object({ at: z.string(), by: z.string() }).nullish(),
  /** Lowers the limits; what is higher than them counts for nothing. */
  limits: loads.optional(),
  /** Raises the limits. The site may restrict or close the account for it. */
  limitsThatRiskARestriction: loads.optional(),
})
export type AccountSetting = z.output<typeof accountSetting>

const accountSettings = z.object({ accounts: z.record(z.string(), accountSetting).default({}) })
type AccountSettings = z.output<typeof accountSettings>["accounts"]

/** What the home's settings say of the accounts, by their names. Throws ZodError where that is not usable. */
export function parseAccountSettings(settings: unknown): AccountSettings {
  return accountSettings.parse(settings).accounts
}

/** The limits that hold for an account: the default ones, lowered, or raised by who takes the risk. */
export function limitsFor(site: Site, setting: AccountSetting | undefined): Limit[] {
  const lowered = withLoads([...defaultLimits[site]], setting?.limits ?? {}, Math.min)
  return withLoads(lowered, setting?.limitsThatRiskARestriction ?? {}, (_before, wished) => wished)
}

/** Whether automated reading may happen on the live web with this account. */
export function mayReadLive(
  name: string,
  site: Site,
  setting: AccountSetting | undefined,
): { kind: "yes" } | { kind: "no"; reason: string } {
  if (site === "web" || setting?.agreed) return { kind: "yes" }
  return { kind: "no", reason: `${name} reads nothing yet: giant login ${site} signs in and asks its owner for a yes.` }
}

const windows: Record<keyof Loads, Omit<Limit, "loads">> = {
  quarterHour: { windowMs: hour / 4 },
  hour: { windowMs: hour },
  day: { windowMs: 24 * hour },
  profilesADay: { windowMs: 24 * hour, page: "linkedin.profile" },
  searchesADay: { windowMs: 24 * hour, page: "linkedin.search" },
}

function withLoads(limits: Limit[], wished: Loads, choose: (before: number, wished: number) => number): Limit[] {
  const all = [...limits]
  for (const name of loads.keyof().options) {
    const number = wished[name]
    if (number === undefined) continue
    const { windowMs, page } = windows[name]
    const at = all.findIndex((limit) => limit.windowMs === windowMs && limit.page === page)
    const before = all[at]
    if (before) all[at] = { ...before, loads: choose(before.loads, number) }
    else all.push({ ...windows[name], loads: number })
  }
  return all
}
