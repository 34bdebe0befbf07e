import { chmod, mkdir } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { type BrowserContext, type Page, chromium as playwright } from "playwright"
import { capturePage, type SiteRate } from "./capture.ts"
import type { Chromium } from "./chromium.ts"
import type { Egress, Refusal } from "./egress.ts"
import type { Capture, Reading } from "./reading.ts"
import type { Adapter } from "./sites/adapter.ts"

/** Time as a lane passes it. A rehearsal's runs faster; no pause is ever left out. */
type LaneClock = { now: () => Date; sleep: (ms: number, signal: AbortSignal) => Promise<void> }

/** Shortest and longest pause between two navigations, in milliseconds. */
type Pace = { shortestMs: number; longestMs: number }

/** read: `picture` is a PNG of what stood in the way. refused: its turn was not let in. */
export type LaneReading =
  | { kind: "read"; capture: Capture; reading: Reading; picture: Buffer | null; rates: SiteRate[] }
  | { kind: "unreachable"; reason: string }
  | { kind: "refused" }

/** What frames each navigation, within its turn: nobody else navigates before `leave` is done. */
export type Turn = {
  /** Asked right before each navigation, after the pause; false lets it not happen. */
  enter: () => Promise<boolean>
  /** Told what came of the turn. */
  leave: (reading: LaneReading) => Promise<void>
}

/** The one queue that uses an account's browser. */
export type Lane = {
  /** Opens the adapter's address for `url` and reads it; waits its turn and its pause first. */
  read: (adapter: Adapter, url: string, signal: AbortSignal, turn?: Turn) => Promise<LaneReading>
  /** Takes a turn, after its pause, for what is no reading: `work` has a page of the account's browser to itself, in a window that a
   * person sees if `visible`. */
  use: <T>(use: PageUse, signal: AbortSignal, work: (page: Page) => Promise<T>) => Promise<T | NotUsed>
  /** Ends the reading in hand, refuses those that wait, and closes the browser. */
  close: () => Promise<void>
}

type PageUse = { hosts: string[]; visible: boolean; enter: () => Promise<boolean> }
/** unreachable: there was no browser to do it with. not let in: by `enter`. */
type NotUsed = { kind: "unreachable"; reason: string } | { kind: "not let in" }

export type LaneOptions = {
  /** The account's browser profile, made if missing; one lane alone may use it. */
  profileDir: string
  chromium: Chromium
  egress: Egress
  headless: boolean
  /** Instead of the browser's own. */
  userAgent?: string
  /** The debugging address of a person's own running Chrome, read with in place of a browser of the lane's own. Neither profile
   * nor egress hold it: it opens what adapters build, and its pages then go where they like. */
  attachTo?: string
  /** Opens the profile in a window that a person sees; left out, there is none. */
  openWindow?: () => Promise<Opened>
  clock: LaneClock
  /** Uniform in [0, 1). */
  random: () => number
  pace?: Pace
  /** Real milliseconds without a reading after which the browser is closed. */
  idleMs?: number
}

/** A person's pace. */
const unhurried: Pace = { shortestMs: 8_000, longestMs: 25_000 }

/** Pauses are slept `speed` times as fast as `now` goes. */
export function laneClock(speed: number, now: () => Date = () => new Date()): LaneClock {
  return {
    now,
    sleep: (ms, signal) =>
      sleep(ms / speed, undefined, { signal }).catch((error: unknown) => {
        if (!signal.aborted) throw error
      }),
  }
}

/** Nothing is launched before the first reading. A browser that crashes is launched once more for the reading in hand. */
export function openLane(options: LaneOptions): Lane {
  const { egress, clock, random, pace = unhurried, idleMs = 60_000 } = options
  const closing = new AbortController()
  let turn: Promise<unknown> = Promise.resolve()
  let browser: Opened | null = null
  let idle: NodeJS.Timeout | undefined
  let lastNavigation: number | null = null

  return {
    read(adapter, url, signal, frame = open) {
      const either = AbortSignal.any([signal, closing.signal])
      const reading = turn.then(async () => {
        const read = await readInTurn(adapter, new URL(url), either, frame)
        await frame.leave(read)
        return read
      })
      turn = reading.catch(() => {})
      return reading
    },
    use(use, signal, work) {
      const either = AbortSignal.any([signal, closing.signal])
      const used = turn.then(() => useInTurn(use, either, work))
      turn = used.catch(() => {})
      return used
    },
    async close() {
      closing.abort()
      await turn
      clearTimeout(idle)
      await closeBrowser()
    },
  }

  async function readInTurn(adapter: Adapter, url: URL, signal: AbortSignal, frame: Turn): Promise<LaneReading> {
    clearTimeout(idle)
    try {
      const first = await visit(adapter, url, signal, frame)
      if (first.kind !== "crashed") return first
      const second = await visit(adapter, url, signal, frame)
      return second.kind === "crashed" ? { kind: "unreachable", reason: "The browser crashed on it twice." } : second
    } finally {
      closeWhenIdle()
    }
  }

  function closeWhenIdle(): void {
    idle = setTimeout(() => {
      turn = turn.then(closeBrowser)
    }, idleMs).unref()
  }

  async function useInTurn<T>(
    { hosts, visible, enter }: PageUse,
    signal: AbortSignal,
    work: (page: Page) => Promise<T>,
  ): Promise<T | NotUsed> {
    clearTimeout(idle)
    await pause(signal)
    if (signal.aborted) return { kind: "unreachable", reason: "It was stopped." }
    const isWindow = visible && options.attachTo === undefined
    if (isWindow) await closeBrowser()
    const launched = await launch(isWindow ? options.openWindow : undefined)
    if (launched.kind === "unreachable") return launched
    if (!(await enter())) return { kind: "not let in" }
    const release = egress.grant(hosts)
    try {
      const page = await launched.context.newPage()
      try {
        return await work(page)
      } finally {
        await page.close().catch(() => {})
      }
    } finally {
      release()
      lastNavigation = clock.now().getTime()
      if (isWindow) await closeBrowser()
      else closeWhenIdle()
    }
  }

  async function visit(
    adapter: Adapter,
    url: URL,
    signal: AbortSignal,
    frame: Turn,
  ): Promise<LaneReading | { kind: "crashed" }> {
    await pause(signal)
    if (signal.aborted) return { kind: "unreachable", reason: "The reading was stopped." }
    const launched = await launch()
    if (launched.kind === "unreachable") return launched
    if (!(await frame.enter())) return { kind: "refused" }
    const startedAt = clock.now().toISOString()
    const release = egress.grant(adapter.hosts(url))
    const parse = parsedOnce(adapter)
    const captured = await capturePage(launched.context, {
      url: adapter.address(url),
      ready: adapter.ready,
      steps: adapter.steps?.(url) ?? [],
      signal,
      clock: clock.now,
      isObstacle: (capture) => parse(capture).kind === "blocked",
      isShared: options.attachTo !== undefined,
    }).finally(release)
    lastNavigation = clock.now().getTime()
    const isHanging = options.attachTo === undefined && hasHangingPage(launched.context)
    if (captured.kind === "crashed" || isHanging) await closeBrowser()
    if (captured.kind === "captured") {
      const { capture, picture, rates } = captured
      return { kind: "read", capture, reading: parse(capture), picture, rates }
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

  async function launch(
    openWindow?: () => Promise<Opened>,
  ): Promise<{ kind: "launched"; context: BrowserContext } | { kind: "unreachable"; reason: string }> {
    if (browser) return { kind: "launched", context: browser.context }
    try {
      const openProfile = openWindow ?? (() => launchProfile(options))
      const opened = options.attachTo === undefined ? await openProfile() : await attach(options.attachTo)
      opened.context.once("close", () => {
        if (browser === opened) browser = null
      })
      browser = opened
      return { kind: "launched", context: opened.context }
    } catch (error) {
      const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
      return { kind: "unreachable", reason: `The browser did not start: ${message}` }
    }
  }

  async function closeBrowser(): Promise<void> {
    const opened = browser
    browser = null
    await opened?.close()
  }

  /** Why the way to `address` was barred, if it was. */
  function refusalOf(address: string, since: string): string | null {
    const { hostname } = new URL(address)
    const refusal = egress.traffic().refusals.findLast(({ host, at }) => host === hostname && at >= since)
    return refusal ? reasons[refusal.why](hostname) : null
  }
}

/** A browser that is open, and how it is let go. */
export type Opened = { context: BrowserContext; close: () => Promise<void> }

/** Opens an account's own browser profile, which only its owner may read; all it says to the network goes through the egress. */
export async function launchProfile(
  options: Pick<LaneOptions, "profileDir" | "chromium" | "egress" | "headless" | "userAgent">,
): Promise<Opened> {
  const { profileDir, chromium, egress, headless, userAgent } = options
  await mkdir(profileDir, { recursive: true, mode: 0o700 })
  await chmod(profileDir, 0o700)
  const context = await playwright.launchPersistentContext(profileDir, {
    executablePath: chromium.executablePath,
    env: chromium.env,
    args: [...chromium.args, ...egress.launch.args],
    chromiumSandbox: chromium.sandbox.kind === "on",
    proxy: egress.launch.proxy,
    headless,
    ...(userAgent === undefined ? {} : { userAgent }),
    viewport: headless ? { width: 1280, height: 900 } : null,
    reducedMotion: "reduce",
    serviceWorkers: "block",
    acceptDownloads: false,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
  return { context, close: () => context.close() }
}

/** Closing lets go of the person's browser; it stays open. */
export async function attach(endpoint: string): Promise<Opened> {
  const attached = await playwright.connectOverCDP(endpoint, { noDefaults: true, timeout: 15_000 })
  const [context] = attached.contexts()
  if (!context) throw new Error("The browser has no window.")
  return { context, close: () => attached.close() }
}

const open: Turn = { enter: async () => true, leave: async () => {} }

/** The adapter's reading of a capture, which is looked at twice. */
function parsedOnce(adapter: Adapter): (capture: Capture) => Reading {
  const readings = new Map<Capture, Reading>()
  return (capture) => {
    const reading = readings.get(capture) ?? adapter.parse(capture)
    readings.set(capture, reading)
    return reading
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
