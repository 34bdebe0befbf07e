import { lookup } from "node:dns/promises"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type AccountSetting, limitsFor, mayReadLive, parseAccountSettings } from "../browser/account-settings.ts"
import { fileNameOf } from "../browser/accounts.ts"
import type { Chromium } from "../browser/chromium.ts"
import { openEgress, type Route } from "../browser/egress.ts"
import { keptDays, pruneCaptures, sweepCaptures } from "../browser/evidence.ts"
import { type HomePlace, otherMachines, type Presence } from "../browser/hosts.ts"
import { type Lane, laneClock, launchProfile, openLane } from "../browser/lane.ts"
import { isPublicAddress } from "../browser/public-address.ts"
import { openReader, type Policy, type Reader } from "../browser/reader.ts"
import { openRobots, siteUserAgent } from "../browser/robots.ts"
import { changeSettings, readSettings } from "../config.ts"
import type { Lock } from "../db/lock.ts"
import type { Account } from "../db/tables.ts"
import type { Replica } from "../rehearsal/replica.ts"
import { type Outside, openOutside } from "../sources/outside.ts"
import type { Home } from "./home.ts"
import type { Io } from "./io.ts"

/** How much faster than life the clock of pacing runs in rehearsal: an hour's limit is a second's. */
export const rehearsalScale = 3_600

type LaneDeps = {
  replica: Replica | null
  browser: () => Promise<Chromium>
  /** Keeps the home's browser for this process. Throws CommandFailed while another has it. */
  hold: () => Lock
  /** Readings each get a lane of their own that starts clean. */
  isolated: boolean
  place: HomePlace
  presence: Presence | null
}

/** Opens the reader of a home over its web. */
export async function openLanes(io: Io, home: Home, deps: LaneDeps): Promise<Reader> {
  const { replica, isolated, place, presence } = deps
  const captures = capturesOf(home.path)
  await pruneCaptures(home.store, captures, keptDays, io.clock())
  if (presence && (await otherMachines(home.store, place)).length > 0)
    await sweepCaptures(home.store, captures, new Date())
  const outside = openOutsideOf(replica)
  return openReader({
    store: home.store,
    home: { place, host: presence?.id ?? null },
    reach: () => presence?.reach() ?? always,
    openLane: laneOpener(io, home, deps),
    policy: (account) => policyOf(home.path, account, replica !== null),
    robots: openRobots(async (url, signal) => {
      const answer = await outside({ url, signal, headers: { "user-agent": siteUserAgent } })
      return answer.kind === "answered" ? answer : null
    }, io.clock),
    scale: replica ? rehearsalScale : 1,
    captures,
    clock: io.clock,
    isolated,
    longestWait: replica ? 120_000 : 20_000,
    knows: (url) => replica?.knows(url) ?? true,
  })
}

/** A process that comes and goes is never taken for gone while it works. */
const always = new AbortController().signal

/** The way to data beside the browser: in rehearsal it ends at the replica. */
export function openOutsideOf(replica: Replica | null): Outside {
  return openOutside(
    replica
      ? { kind: "replica", port: replica.port, certificate: replica.certificate }
      : { kind: "live", resolve: addressesOf, isPublic: isPublicAddress },
  )
}

/** Where browsers speak to: every granted host of the live web, or the replica. */
export function routeOf(replica: Replica | null): Route {
  return replica ? { kind: "replica", port: replica.port, spki: replica.spki } : { kind: "live", resolve: addressesOf }
}

export function capturesOf(home: string): string {
  return join(home, "captures")
}

/** The browser profile of an account. */
export function profileOf(home: string, account: string): string {
  return join(home, "profiles", fileNameOf(account))
}

/** What the home's settings say of an account at this moment, whichever process wrote them. */
export function settingOf(home: string, account: string): AccountSetting | undefined {
  return parseAccountSettings(readSettings(home))[account]
}

/** Adds to what the home's settings say of an account. */
export function changeSetting(home: string, account: string, change: AccountSetting): void {
  const accounts = parseAccountSettings(readSettings(home))
  changeSettings(home, { accounts: { ...accounts, [account]: { ...accounts[account], ...change } } })
}

/** What an account may do at this moment. */
export function policyOf(home: string, { name, site }: Account, isReplica: boolean): Policy {
  const setting = settingOf(home, name)
  return {
    limits: limitsFor(site, setting),
    mayRead: isReplica ? { kind: "yes" } : mayReadLive(name, site, setting),
  }
}

/** How an account's lane is opened: a profile of its own, for its owner alone, and a way out that only granted hosts pass. */
function laneOpener(io: Io, home: Home, { replica, browser, hold, isolated: isIsolated }: LaneDeps) {
  return async (account: Account): Promise<Lane> => {
    const lock = hold()
    const chromium = await browser().catch((error) => {
      lock.release()
      throw error
    })
    const profiles = join(home.path, "profiles")
    mkdirSync(profiles, { recursive: true, mode: 0o700 })
    const profileDir = isIsolated ? mkdtempSync(join(profiles, "once-")) : profileOf(home.path, account.name)
    const attachTo = isIsolated ? undefined : settingOf(home.path, account.name)?.attach
    const egress = await openEgress({ route: routeOf(replica), clock: io.clock })
    const lane = openLane({
      profileDir,
      chromium,
      egress,
      openWindow: () => launchProfile({ profileDir, chromium, egress, headless: false }),
      headless: true,
      ...(account.site === "web" ? { userAgent: siteUserAgent } : {}),
      ...(attachTo === undefined ? {} : { attachTo }),
      clock: laneClock(replica ? rehearsalScale : 1, io.clock),
      random: Math.random,
    })
    return {
      ...lane,
      async close() {
        await lane.close()
        await egress.close()
        lock.release()
        if (isIsolated) rmSync(profileDir, { recursive: true, force: true })
      },
    }
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}
