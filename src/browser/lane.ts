import { chmod, mkdir } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { type BrowserContext, chromium as playwright } from "playwright"
import { capturePage } from "./capture.ts"
import type { Chromium } from "./chromium.ts"
import type { Egress, Refusal } from "./egress.ts"
import type { Capture, Reading } from "./reading.ts"
import type { Adapter } from "./sites/adapter.ts"

/** Time as a lane passes it. A rehearsal's runs faster; no pause is ever left out. */
export type LaneClock = { now: () => Date; sleep: (ms: number, signal: AbortSignal) => Promise<void> }

/** Shortest and longest pause between two navigations, in milliseconds. */
export type Pace = { shortestMs: number; longestMs: number }

export type LaneReading = { kind: "read"; capture: Capture; reading: Reading } | { kind: "unreachable"; reason: string }

/** The one queue that uses an account's browser. */
export type Lane = {
  /** Opens the adapter's address for `url` and reads it; waits its turn and its pause first. */
  read: (adapter: Adapter, url: string, signal: AbortSignal) => Promise<LaneReading>
  /** Ends the reading in hand, refuses those that wait, and closes the browser. */
  close: () => Promise<void>
}

export type LaneOptions = {
  /** The account's browser profile, made if missing; one lane alone may use it. */
  profileDir: string
  chromium: Chromium
  egress: Egress
  headless: boolean
  clock: LaneClock
  /** Uniform in [0, 1). */
  random: () => number
  pace?: Pace
  /** Real milliseconds without a reading after which the browser is closed. */
  idleMs?: number
}

/** A person's pace. */
const unhurried: Pace = { shortestMs: 8_000, longestMs: 25_000 }

/** Real time; pauses are slept `speed` times as fast. */
export function laneClock(speed: number): LaneClock {
  return {
    now: () => new Date(),
    sleep: (ms, signal) =>
      sleep(ms / speed, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
      }),
  }
}

/** Nothing is launched before the first reading. A browser that crashes is launched once more for the reading in hand. */
export function openLane(options: LaneOptions): Lane {
  const { profileDir, chromium, egress, headless, clock, random, pace = unhurried, idleMs = 60_000 } = options
  const closing = new AbortController()
  let turn: Promise<unknown> = Promise.resolve()
  let browser: BrowserContext | null = null
  let idle: NodeJS.Timeout | undefined
  let lastNavigation: number | null = null

  return {
    read(adapter, url, signal) {
      const either = AbortSignal.any([signal, closing.signal])
      const reading = turn.then(() => readInTurn(adapter, new URL(url), either))
      turn = reading.catch(() => {})
      return reading
    },
    async close() {
      closing.abort()
      await turn
      clearTimeout(idle)
      await closeBrowser()
    },
  }

  async function readInTurn(adapter: Adapter, url: URL, signal: AbortSignal): Promise<LaneReading> {
    clearTimeout(idle)
    try {
      const first = await visit(adapter, url, signal)
      if (first.kind !== "crashed") return first
      const second = await visit(adapter, url, signal)
      return second.kind === "crashed" ? { kind: "unreachable", reason: "The browser crashed on it twice." } : second
    } finally {
      idle = setTimeout(() => {
        turn = turn.then(closeBrowser)
      }, idleMs).unref()
    }
  }

  async function visit(adapter: Adapter, url: URL, signal: AbortSignal): Promise<LaneReading | { kind: "crashed" }> {
    await pause(signal)
    if (signal.aborted) return { kind: "unreachable", reason: "The reading was stopped." }
    const launched = await launch()
    if (launched.kind === "unreachable") return launched
    const startedAt = clock.now().toISOString()
    const release = egress.grant(adapter.hosts(url))
    const captured = await capturePage(launched.context, {
      url: adapter.address(url),
      ready: adapter.ready,
      signal,
      clock: clock.now,
    }).finally(release)
    lastNavigation = clock.now().getTime()
    if (captured.kind === "crashed" || hasHangingPage(launched.context)) await closeBrowser()
    if (captured.kind === "captured") {
      return { kind: "read", capture: captured.capture, reading: adapter.parse(captured.capture) }
    }
    if (captured.kind === "crashed") return captured
    return { kind: "unreachable", reason: refusalOf(captured.at, startedAt) ?? captured.reason }
  }

  async function pause(signal: AbortSignal): Promise<void> {
    if (lastNavigation === null) return
    const drawn = pace.shortestMs + random() * (pace.longestMs - pace.shortestMs)
    const left = lastNavigation + drawn - clock.now().getTime()
    if (left > 0) await clock.sleep(left, signal)
  }

  async function launch(): Promise<
    { kind: "launched"; context: BrowserContext } | { kind: "unreachable"; reason: string }
  > {
    if (browser) return { kind: "launched", context: browser }
    await mkdir(profileDir, { recursive: true, mode: 0o700 })
    await chmod(profileDir, 0o700)
    try {
      const context = await playwright.launchPersistentContext(profileDir, {
        executablePath: chromium.executablePath,
        env: chromium.env,
        args: [...chromium.args, ...egress.launch.args],
        chromiumSandbox: chromium.sandbox.kind === "on",
        proxy: egress.launch.proxy,
        headless,
        viewport: headless ? { width: 1280, height: 900 } : null,
        reducedMotion: "reduce",
        serviceWorkers: "block",
        acceptDownloads: false,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
      })
      context.once("close", () => {
        if (browser === context) browser = null
      })
      browser = context
      return { kind: "launched", context }
    } catch (error) {
      const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
      return { kind: "unreachable", reason: `The browser did not start: ${message}` }
    }
  }

  async function closeBrowser(): Promise<void> {
    const context = browser
    browser = null
    await context?.close()
  }

  /** Why the way to `address` was barred, if it was. */
  function refusalOf(address: string, since: string): string | null {
    const { hostname } = new URL(address)
    const refusal = egress.traffic().refusals.findLast(({ host, at }) => host === hostname && at >= since)
    return refusal ? reasons[refusal.why](hostname) : null
  }
}

const reasons: Record<Refusal["why"], (host: string) => string> = {
  "not granted": (host) => `The page led to ${host}, which is not part of this reading.`,
  "odd port": (host) => `The page led to an unusual port of ${host}.`,
  "address literal": (host) => `The page led to ${host}, which is no name of a public host.`,
  "private address": (host) => `${host} leads to an address that is not on the public internet.`,
  unresolved: (host) => `${host} does not exist.`,
  unreachable: (host) => `${host} does not answer.`,
}

/** Beside the blank one that a persistent context begins with. */
function hasHangingPage(context: BrowserContext): boolean {
  return context.pages().some((page) => page.url() !== "about:blank")
}
