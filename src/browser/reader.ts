import { setTimeout as sleep } from "node:timers/promises"
import type { Store } from "../db/store.ts"
import type { Account } from "../db/tables.ts"
import { accountFor, hasLostItsWay, stopAccount, whyStopped } from "./accounts.ts"
import { readElsewhere } from "./elsewhere.ts"
import { freshEvidence, keepEvidence } from "./evidence.ts"
import { type HomePlace, holdAccount, whereIs } from "./hosts.ts"
import type { Lane, LaneReading, Turn } from "./lane.ts"
import { heedRates, type Limit, type Site, spend } from "./ledger.ts"
import type { PageName, Reading } from "./reading.ts"
import type { Robots } from "./robots.ts"
import type { Adapter } from "./sites/adapter.ts"
import { adapterFor } from "./sites/route.ts"

/** parked: not now; it can be asked again at `until`, or once a person has cleared the account (null). */
export type Read =
  | { kind: "read"; reading: Reading; evidenceId: number }
  | { kind: "parked"; reason: string; until: string | null }
  | { kind: "refused"; reason: string }

export type ReadOptions = {
  runId: number | null
  owner: string | null
  signal: AbortSignal
  /** As a page of which kind it is read, where its address allows several. */
  as?: PageName
}

/** Turns addresses into readings with evidence. Agents never hold a page: they ask here. */
export type Reader = {
  read(url: string, options: ReadOptions): Promise<Read>
  /** The account's one lane, for what is no reading. */
  lane(account: Account): Promise<Lane>
  close(): Promise<void>
}

/** What an account may do, as its settings say at this moment. */
export type Policy = { limits: readonly Limit[]; mayRead: { kind: "yes" } | { kind: "no"; reason: string } }

export type ReaderDeps = {
  store: Store
  /** The home that reads, and its presence among the hosts of the database, if this process has one. */
  home: { place: HomePlace; host: number | null }
  /** Aborts when the database was not heard of for too long: then somebody else may soon do what is done here. */
  reach(): AbortSignal
  /** Opens the lane of an account; the reader closes it. */
  openLane(account: Account): Promise<Lane>
  policy(account: Account): Policy
  /** Whether a company's site lets a page be read. */
  robots: Robots
  /** How much faster than life the clock of pacing runs: 1 on the live web. */
  scale: number
  /** Where raw pages are kept. */
  captures: string
  clock: () => Date
  /** Each reading stands for itself: no ledger, no cache, and what it meets stops nobody. */
  isolated: boolean
  /** The longest wait for the next load that an agent sits out instead of putting its task aside, in milliseconds. */
  longestWait: number
  /** Whether an address can be had at all; the replica does not have every page. */
  knows(url: string): boolean
}

/** When a site that did not answer is asked again. */
const retryMs = 15 * 60_000
/** So many pages in a row that were not recognised stop an account. */
const mostLost = 5

export function openReader(deps: ReaderDeps): Reader {
  const lanes = new Map<string, Promise<Lane>>()
  const shared = new Map<string, Shared>()

  const laneOf = (account: Account): Promise<Lane> => {
    const lane = lanes.get(account.name) ?? deps.openLane(account)
    lanes.set(account.name, lane)
    return lane
  }

  const visit: Visit = async (account, adapter, address, signal, turn) => {
    if (deps.isolated) {
      const lane = await deps.openLane(account)
      return lane.read(adapter, address, signal, turn).finally(() => lane.close())
    }
    try {
      return await (await laneOf(account)).read(adapter, address, signal, turn)
    } catch (error) {
      // A lane that could not be opened is tried anew by whoever comes next.
      lanes.delete(account.name)
      throw error
    }
  }

  return {
    async read(url, options) {
      const adapter = adapterFor(url, options.as)
      if (!adapter) return { kind: "refused", reason: `${url} is no address of a page that can be read.` }
      const address = adapter.address(new URL(url))
      const ended = parked("The reading was stopped.", deps.clock().toISOString())
      return join(shared, `${adapter.page} ${address}`, options.signal, ended, (signal) =>
        readOnce(deps, visit, adapter, address, { ...options, url, signal: AbortSignal.any([signal, deps.reach()]) }),
      )
    },
    lane: laneOf,
    async close() {
      await Promise.all([...lanes.values()].map(async (lane) => (await lane).close()))
    },
  }
}

type Shared = { readers: number; abort: AbortController; read: Promise<Read> }

/** Whoever asks for an address that is being read waits for that reading. It ends when nobody waits for it any more. */
async function join(
  shared: Map<string, Shared>,
  what: string,
  signal: AbortSignal,
  ended: Read,
  begin: (signal: AbortSignal) => Promise<Read>,
): Promise<Read> {
  if (signal.aborted) return ended
  const underWay = shared.get(what)
  const one = underWay && !underWay.abort.signal.aborted ? underWay : begun(begin)
  shared.set(what, one)
  one.readers += 1
  const leaving = Promise.withResolvers<Read>()
  const leave = () => leaving.resolve(ended)
  signal.addEventListener("abort", leave, { once: true })
  try {
    return await Promise.race([one.read, leaving.promise])
  } finally {
    signal.removeEventListener("abort", leave)
    one.readers -= 1
    if (one.readers === 0) {
      one.abort.abort()
      if (shared.get(what) === one) shared.delete(what)
    }
  }
}

function begun(begin: (signal: AbortSignal) => Promise<Read>): Shared {
  const abort = new AbortController()
  return { readers: 0, abort, read: begin(abort.signal) }
}

type Visit = (
  account: Account,
  adapter: Adapter,
  address: string,
  signal: AbortSignal,
  turn: Turn,
) => Promise<LaneReading>

async function readOnce(
  deps: ReaderDeps,
  visit: Visit,
  adapter: Adapter,
  address: string,
  options: ReadOptions & { url: string },
): Promise<Read> {
  const { page } = adapter
  const fresh = deps.isolated ? null : await freshEvidence(deps.store, address, page, deps.clock())
  if (fresh) return { kind: "read", ...fresh }
  if (!deps.knows(address)) return parked(`The replica web has no page ${address}.`)
  const site = siteOf(adapter)
  const account = await accountFor(deps.store, site, options.owner, deps.clock())
  const elsewhere = deps.isolated ? null : await fromElsewhere(deps, account, page, options)
  if (elsewhere) return elsewhere
  const { mayRead } = deps.policy(account)
  if (mayRead.kind === "no") return parked(mayRead.reason)
  if (!deps.isolated && !(await holdAccount(deps.store, account, deps.home.place))) {
    return parked(`${account.name} was taken by another machine just now.`, retryAt(deps))
  }
  if (site === "web" && !(await deps.robots(address, options.signal))) {
    return { kind: "refused", reason: `The robots.txt of ${new URL(address).host} asks that ${address} is not read.` }
  }

  const came: { read: Read | null } = { read: null }
  const seen = await visit(account, adapter, address, options.signal, {
    async enter() {
      came.read = deps.isolated ? null : await takeLoad(deps, account, page, address, options.signal)
      return came.read === null
    },
    async leave(reading) {
      if (reading.kind !== "read") return
      came.read =
        (await strayed(deps, site, reading, options.signal)) ??
        (await settle(deps, site, account, address, reading, options.runId))
    },
  })
  if (seen.kind === "unreachable" && !options.signal.aborted) {
    return parked(`${address} did not answer: ${seen.reason}`, retryAt(deps))
  }
  return came.read ?? parked("The reading was stopped.", deps.clock().toISOString())
}

/** Has the page read by the machine that has the account's browser; null where that is this one. */
async function fromElsewhere(
  deps: ReaderDeps,
  account: Account,
  page: PageName,
  { url, owner, runId, signal }: ReadOptions & { url: string },
): Promise<Read | null> {
  const { store, home } = deps
  const where = await whereIs(store, account, home.place, home.host)
  if (where.kind === "here") return null
  const read =
    where.kind === "away" ? null : await readElsewhere(store, where.place, { url, page, owner, runId }, signal)
  if (read?.kind === "failed") return parked(`${where.machine} could not read it: ${read.reason}`, retryAt(deps))
  if (read) return read
  const reason = `${account.name} is signed in on ${where.machine}, which is not at work now. Start Small Giant there, or sign in here with giant login.`
  return parked(reason, retryAt(deps))
}

/** Waits for a load and takes it; or says why there is none. Asked right before every navigation, so that a stop holds for those
 * who had been waiting in the lane too. */
async function takeLoad(
  deps: ReaderDeps,
  account: Account,
  page: string,
  url: string,
  signal: AbortSignal,
): Promise<Read | null> {
  for (;;) {
    const { limits, mayRead } = deps.policy(account)
    if (mayRead.kind === "no") return parked(mayRead.reason)
    const stopped = await whyStopped(deps.store, account.id)
    if (stopped) return parked(`${account.name} is stopped: ${stopped}`)
    const load = { account: account.name, page, url, place: deps.home.place.id }
    const spent = await spend(deps.store, load, limits, deps.scale, deps.clock)
    // A load that was only granted when the time to make it was over is paid for, and not made.
    if (signal.aborted) return parked("The reading was stopped.", deps.clock().toISOString())
    if (spent.kind === "spent") return null
    const wait = Date.parse(spent.until) - deps.clock().getTime()
    if (wait > deps.longestWait) return parked(spent.reason, spent.until)
    await sleep(Math.max(wait, 1), undefined, { signal }).catch(() => {})
  }
}

/** Refuses what a redirect or a press led to, where the site asks that it is not read. */
async function strayed(
  { robots }: ReaderDeps,
  site: Site,
  { capture }: LaneReading & { kind: "read" },
  signal: AbortSignal,
): Promise<Read | null> {
  const { url, finalUrl } = capture
  if (site !== "web" || finalUrl === url || !/^https?:/.test(finalUrl) || (await robots(finalUrl, signal))) return null
  return { kind: "refused", reason: `The robots.txt of ${new URL(finalUrl).host} asks that ${finalUrl} is not read.` }
}

/** Keeps what was seen, and stops the account where the site stood in the way; the next in the lane waits until that is done. */
async function settle(
  deps: ReaderDeps,
  site: Site,
  account: Account,
  address: string,
  seen: LaneReading & { kind: "read" },
  runId: number | null,
): Promise<Read> {
  const { store, captures, scale, clock } = deps
  const { capture, reading, picture, rates } = seen
  const place = deps.home.place.id
  const evidenceId = await keepEvidence(store, captures, { account: account.name, capture, reading, runId, place })
  const read: Read = { kind: "read", reading, evidenceId }
  if (deps.isolated || site === "web") return read
  await heedRates(store, { account: account.name, url: address }, rates, scale, clock())
  if (reading.kind === "blocked" && isFault(capture.status)) {
    return parked(`${reading.reason ?? "The site has a fault."} (${address})`, retryAt(deps))
  }
  if (reading.kind === "blocked") {
    const stop = { id: account.id, reason: `${reading.reason ?? "blocked"} (${address})` }
    await stopAccount(store, { ...stop, picture: picture && { png: picture, captures } }, clock())
  }
  if (reading.kind === "drift" && (await hasLostItsWay(store, account.name, mostLost))) {
    const reason = `The last ${mostLost} pages were not recognised; the site may stand in the way (${address})`
    await stopAccount(store, { id: account.id, reason }, clock())
  }
  return read
}

/** An error of the site's own, which says nothing about the account. 999 is LinkedIn's refusal. */
function isFault(status: number): boolean {
  return status >= 500 && status < 600
}

function parked(reason: string, until: string | null = null): Read {
  return { kind: "parked", reason, until }
}

function retryAt({ clock, scale }: ReaderDeps): string {
  return new Date(clock().getTime() + retryMs / scale).toISOString()
}

function siteOf(adapter: Adapter): Site {
  if (adapter.page.startsWith("linkedin.")) return "linkedin"
  return adapter.page.startsWith("x.") ? "x" : "web"
}
