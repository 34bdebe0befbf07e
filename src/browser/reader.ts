import { createHash } from "node:crypto"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { and, desc, eq, gt } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { type JsonObject, tables } from "../db/tables.ts"
import { accountFor, stopAccount, whyStopped } from "./accounts.ts"
import type { Lane, LaneReading } from "./lane.ts"
import { type Limit, type Site, spend } from "./ledger.ts"
import type { Capture, Reading } from "./reading.ts"
import type { Adapter } from "./sites/adapter.ts"
import { adapterFor } from "./sites/route.ts"

/** parked: not now; it can be asked again at `until`, or once a person has cleared the account (null). */
export type Read =
  | { kind: "read"; reading: Reading; evidenceId: number }
  | { kind: "parked"; reason: string; until: string | null }
  | { kind: "refused"; reason: string }

export type ReadOptions = { runId: number | null; owner: string | null; signal: AbortSignal }

/** Turns addresses into readings with evidence. Agents never hold a page: they ask here. */
export type Reader = {
  read(url: string, options: ReadOptions): Promise<Read>
  close(): Promise<void>
}

export type ReaderDeps = {
  store: Store
  /** Opens the lane of an account; the reader closes it. */
  openLane(account: string): Promise<Lane>
  limits: Record<Site, Limit[]>
  /** How much faster than life the clock of pacing runs: 1 on the live web. */
  scale: number
  /** Where raw pages are kept. */
  captures: string
  clock: () => Date
  /** For how long a reading is served again from its evidence, in milliseconds. */
  freshMs: number
  /** Each reading stands for itself: no ledger, no cache, and what it meets stops nobody. */
  isolated: boolean
  /** The longest wait for the next load that an agent sits out instead of putting its task aside, in milliseconds. */
  longestWait: number
  /** Whether an address can be had at all; the replica does not have every page. */
  knows(url: string): boolean
}

const compress = promisify(gzip)
/** When a site that did not answer is asked again. */
const retryMs = 15 * 60_000

export function openReader(deps: ReaderDeps): Reader {
  const lanes = new Map<string, Promise<Lane>>()
  const underWay = new Map<string, Promise<Read>>()

  /** Visits a page in the account's lane; an isolated reading has a lane of its own. */
  const visit: Visit = async (account, adapter, address, signal) => {
    const lane = (deps.isolated ? undefined : lanes.get(account)) ?? deps.openLane(account)
    lanes.set(account, lane)
    try {
      return await (await lane).read(adapter, address, signal)
    } finally {
      if (deps.isolated) await (await lane).close()
    }
  }

  return {
    async read(url, options) {
      const adapter = adapterFor(url)
      if (!adapter) return { kind: "refused", reason: `${url} is no address of a page that can be read.` }
      const address = adapter.address(new URL(url))
      const waiting = underWay.get(address)
      if (waiting) return waiting
      const reading = readOnce(deps, visit, adapter, address, options).finally(() => underWay.delete(address))
      underWay.set(address, reading)
      return reading
    },
    async close() {
      await Promise.all([...lanes.values()].map(async (lane) => (await lane).close()))
    },
  }
}

type Visit = (account: string, adapter: Adapter, address: string, signal: AbortSignal) => Promise<LaneReading>

async function readOnce(
  deps: ReaderDeps,
  visit: Visit,
  adapter: Adapter,
  address: string,
  options: ReadOptions,
): Promise<Read> {
  const fresh = deps.isolated ? null : await freshEvidence(deps, address)
  if (fresh) return fresh
  if (!deps.knows(address)) return { kind: "parked", reason: `The replica web has no page ${address}.`, until: null }
  const site = siteOf(adapter)
  const account = await accountFor(deps.store, site, options.owner, deps.clock())
  if (!deps.isolated) {
    const stopped = await whyStopped(deps.store, account.id)
    if (stopped) return { kind: "parked", reason: `${account.name} is stopped: ${stopped}`, until: null }
    const limited = await takeLoad(deps, adapter, address, site, account.name, options.signal)
    if (limited) return limited
  }
  const seen = await visit(account.name, adapter, address, options.signal)
  if (seen.kind === "unreachable") {
    const until = new Date(deps.clock().getTime() + retryMs / deps.scale).toISOString()
    return { kind: "parked", reason: `${address} did not answer: ${seen.reason}`, until }
  }
  const evidenceId = await keepEvidence(deps, account.name, seen.capture, seen.reading, options.runId)
  if (seen.reading.kind === "blocked" && site !== "web" && !deps.isolated) {
    await stopAccount(deps.store, account.id, `${seen.reading.reason ?? "blocked"} (${address})`, deps.clock())
  }
  return { kind: "read", reading: seen.reading, evidenceId }
}

async function freshEvidence({ store, clock, freshMs }: ReaderDeps, address: string): Promise<Read | null> {
  const since = new Date(clock().getTime() - freshMs).toISOString()
  const [found] = await store.read((db) =>
    db
      .select()
      .from(tables.evidence)
      .where(
        and(
          eq(tables.evidence.url, address),
          eq(tables.evidence.outcome, "found"),
          gt(tables.evidence.capturedAt, since),
        ),
      )
      .orderBy(desc(tables.evidence.capturedAt))
      .limit(1),
  )
  const stored = storedReading.safeParse(found?.reading)
  if (!found || !stored.success) return null
  return { kind: "read", reading: { ...stored.data, text: found.text }, evidenceId: found.id }
}

/** A reading as it was kept by `keepEvidence`; its text stands in a column of its own. */
const storedReading = z.custom<Omit<Reading, "text">>(
  (value) => typeof value === "object" && value !== null && "fields" in value,
)

async function takeLoad(
  deps: ReaderDeps,
  adapter: Adapter,
  url: string,
  site: Site,
  account: string,
  signal: AbortSignal,
): Promise<Read | null> {
  for (;;) {
    const spent = await spend(
      deps.store,
      { account, page: adapter.page, url },
      deps.limits[site],
      deps.scale,
      deps.clock(),
    )
    if (spent.kind === "spent") return null
    const wait = Date.parse(spent.until) - deps.clock().getTime()
    if (wait > deps.longestWait || signal.aborted) return { kind: "parked", reason: spent.reason, until: spent.until }
    await sleep(Math.max(wait, 1), undefined, { signal }).catch(() => {})
  }
}

async function keepEvidence(
  deps: ReaderDeps,
  account: string,
  capture: Capture,
  reading: Reading,
  runId: number | null,
) {
  const { text, ...rest } = reading
  const sha256 = createHash("sha256").update(text).digest("hex")
  const file = join(
    capture.capturedAt.slice(0, 10),
    `${createHash("sha256").update(capture.html).digest("hex")}.html.gz`,
  )
  mkdirSync(dirname(join(deps.captures, file)), { recursive: true, mode: 0o700 })
  writeFileSync(join(deps.captures, file), await compress(capture.html), { mode: 0o600 })
  const stored: JsonObject = JSON.parse(JSON.stringify(rest))
  const [row] = await deps.store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        url: reading.url,
        finalUrl: capture.finalUrl,
        kind: reading.page,
        title: reading.title,
        text,
        sha256,
        capturedAt: capture.capturedAt,
        account,
        outcome: reading.kind,
        reason: reading.reason,
        reading: stored,
        capture: file,
        runId,
      })
      .returning({ id: tables.evidence.id }),
  )
  return row?.id ?? 0
}

function siteOf(adapter: Adapter): Site {
  if (adapter.page.startsWith("linkedin.")) return "linkedin"
  return adapter.page.startsWith("x.") ? "x" : "web"
}
