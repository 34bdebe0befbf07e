import { limitsFor } from "../browser/account-settings.ts"
import { type Estimate, estimate, waitingLoads } from "../browser/estimate.ts"
import type { Home } from "./home.ts"
import type { Io } from "./io.ts"
import { rehearsalScale, settingOf } from "./lanes.ts"
import { count, duration } from "./wording.ts"

/** Until when the limits of accounts let the waiting tasks take. Reckoned from every open task and the ledger, so ask rarely. */
export async function pacingOf(io: Io, home: Home, web: "live" | "replica"): Promise<Estimate> {
  return estimate(
    home.store,
    await waitingLoads(home.store),
    (account, site) => limitsFor(site, settingOf(home.path, account)),
    web === "replica" ? rehearsalScale : 1,
    io.clock(),
  )
}

/** "At this pace linkedin:team needs 6 days for 480 waiting pages." */
export function pacingWords({ account, loads, doneAt }: Estimate["byAccount"][number], now: Date): string {
  if (doneAt.startsWith("9999")) return `${account} may read nothing, so ${count(loads, "page")} wait.`
  return `At this pace ${account} needs ${duration(Date.parse(doneAt) - now.getTime())} for ${count(loads, "waiting page")}.`
}

/** The account that takes longest, asked anew at most every so often; null while nothing waits. */
export function openPacing(io: Io, home: Home, web: "live" | "replica", everyMs = 15_000) {
  let known: { at: number; slowest: Promise<Estimate["byAccount"][number] | null> } | null = null
  return (): Promise<Estimate["byAccount"][number] | null> => {
    const now = io.clock().getTime()
    if (known === null || now - known.at >= everyMs) known = { at: now, slowest: slowestOf(pacingOf(io, home, web)) }
    return known.slowest
  }
}

async function slowestOf(estimating: Promise<Estimate>): Promise<Estimate["byAccount"][number] | null> {
  const { byAccount } = await estimating
  return byAccount.toSorted((a, b) => b.doneAt.localeCompare(a.doneAt))[0] ?? null
}
