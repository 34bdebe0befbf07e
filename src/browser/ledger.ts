import { and, asc, eq, gt } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { PageName } from "./reading.ts"

export type Site = "linkedin" | "x" | "web"

/** At most `loads` in any window of so many milliseconds; of one page kind where one is named. */
export type Limit = { loads: number; windowMs: number; page?: PageName }

const hour = 3_600_000

/** By default well below what careful tools use. Source: what people report of restricted accounts, November 2026. */
export const defaultLimits: Record<Site, Limit[]> = {
  linkedin: [
    { loads: 15, windowMs: hour },
    { loads: 80, windowMs: 24 * hour },
    { loads: 40, windowMs: 24 * hour, page: "linkedin.profile" },
    { loads: 10, windowMs: 24 * hour, page: "linkedin.search" },
  ],
  x: [{ loads: 30, windowMs: hour / 4 }],
  web: [{ loads: 600, windowMs: hour }],
}

export type Spent = { kind: "spent" } | { kind: "limited"; until: string; reason: string }

/** Takes one load from an account's limits, or says when there will be one: checked and spent in one transaction, so that all
 * processes share one ledger. Windows are divided by `scale` (1 for the live web). */
export async function spend(
  store: Store,
  load: { account: string; page: PageName; url: string },
  limits: Limit[],
  scale: number,
  now: Date,
): Promise<Spent> {
  return store.write(async (db) => {
    for (const limit of limits) {
      const since = new Date(now.getTime() - limit.windowMs / scale).toISOString()
      const inWindow = await db
        .select({ at: tables.spends.at })
        .from(tables.spends)
        .where(
          and(
            eq(tables.spends.account, load.account),
            gt(tables.spends.at, since),
            limit.page ? eq(tables.spends.kind, limit.page) : undefined,
          ),
        )
        .orderBy(asc(tables.spends.at))
      const oldest = inWindow[inWindow.length - limit.loads]
      if (oldest) {
        const until = new Date(Date.parse(oldest.at) + limit.windowMs / scale).toISOString()
        return { kind: "limited", until, reason: limitReason(load.account, limit) }
      }
    }
    await db
      .insert(tables.spends)
      .values({ account: load.account, kind: load.page, url: load.url, at: now.toISOString() })
    return { kind: "spent" }
  })
}

function limitReason(account: string, { loads, windowMs, page }: Limit): string {
  const window = windowMs >= 24 * hour ? "a day" : windowMs >= hour ? "an hour" : `${windowMs / 60_000} minutes`
  return `${account} has read its ${loads} ${page ? `${page} pages` : "pages"} of ${window}.`
}
