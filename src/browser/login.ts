import { setTimeout as sleep } from "node:timers/promises"
import { load } from "cheerio"
import type { BrowserContext } from "playwright"
import { capturePage } from "./capture.ts"
import type { Chromium } from "./chromium.ts"
import type { Opened } from "./lane.ts"
import type { Capture } from "./reading.ts"
import type { Ready } from "./sites/adapter.ts"
import { linkedinHosts } from "./sites/linkedin/address.ts"
import { linkedinProfile } from "./sites/linkedin/profile/profile.ts"
import { xHosts } from "./sites/x/address.ts"

export type SocialSite = "linkedin" | "x"

/** Who is signed in, as far as the site shows it. */
type SignedIn = { name: string | null; profile: string | null }

export type Login =
  | { kind: "signed in"; who: SignedIn }
  /** The person closed the window, or nobody signed in in time. */
  | { kind: "given up"; reason: string }

type LoginOptions = {
  site: SocialSite
  /** Opens the window that the person sees. */
  open: () => Promise<Opened>
  signal: AbortSignal
  clock: () => Date
  /** For how long to wait for the person, in milliseconds. */
  patienceMs: number
  /** Hears once that the site asks for a check, which only the person can pass. */
  onChallenge: () => void
}

/** The ways to sign in that both sites offer, and their captchas. */
const signInHosts = [
  "accounts.google.com",
  "www.google.com",
  "*.gstatic.com",
  "*.googleapis.com",
  "www.recaptcha.net",
  "appleid.apple.com",
  "idmsa.apple.com",
  "*.cdn-apple.com",
  "*.arkoselabs.com",
  "*.funcaptcha.com",
]

/** Hosts that a person needs to sign in. */
export const loginHosts: Record<SocialSite, string[]> = {
  linkedin: [...linkedinHosts, "linkedin.com", ...signInHosts],
  x: [...xHosts, "x.com", "*.x.com", "twitter.com", "*.twitter.com", ...signInHosts],
}

/** Waits in a window until the person has signed in, and reads who that is. Nothing is typed or clicked. */
export async function login(options: LoginOptions): Promise<Login> {
  const { signal, patienceMs } = options
  const opened = await options.open()
  const closed = new AbortController()
  opened.context.once("close", () => closed.abort())
  try {
    const patience = AbortSignal.timeout(patienceMs)
    const over = AbortSignal.any([signal, closed.signal, patience])
    if (await isSignedIn(opened.context, options, over)) {
      return { kind: "signed in", who: await whoIs(opened.context, options) }
    }
    if (patience.aborted) return { kind: "given up", reason: "Nobody signed in in time." }
    return { kind: "given up", reason: "The window was closed before anybody had signed in." }
  } finally {
    await opened.close().catch(() => {})
  }
}

/** Why a person cannot be shown a window here, with what to do; null where they can. */
export function whyNoWindow(
  chromium: Pick<Chromium, "kind">,
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
): { reason: string; hint: string } | null {
  if (chromium.kind === "bundled") {
    return {
      reason: "Signing in needs a real window, and the bundled Chromium has none.",
      hint: "Install Chrome or Chromium (Debian: apt-get install chromium), then log in again.",
    }
  }
  if (platform === "linux" && !env.DISPLAY && !env.WAYLAND_DISPLAY) {
    return {
      reason: "Signing in needs a real window, and there is no screen here.",
      hint: "Log in on a machine with a screen, over ssh -X, or with --attach to your own Chrome.",
    }
  }
  return null
}

const pollMs = 400

async function isSignedIn(context: BrowserContext, options: LoginOptions, over: AbortSignal): Promise<boolean> {
  const { home, origin, cookie, isWall, isChallenge } = sites[options.site]
  const page = await context.newPage()
  await page.goto(home, { waitUntil: "commit" }).catch(() => {})
  let isChallenged = false
  while (!over.aborted) {
    const addresses = context
      .pages()
      .map((one) => one.url())
      .filter((url) => url.startsWith(origin))
      .map((url) => new URL(url).pathname)
    if (!isChallenged && addresses.some(isChallenge)) {
      isChallenged = true
      options.onChallenge()
    }
    const cookies = await context.cookies(origin).catch(() => [])
    const hasSession = cookies.some(({ name, value }) => name === cookie && value !== "")
    if (hasSession && addresses.length > 0 && !addresses.some((path) => isWall(path) || isChallenge(path))) {
      await page.close().catch(() => {})
      return true
    }
    await sleep(pollMs, undefined, { signal: over }).catch(() => {})
  }
  return false
}

/** Reads the name from a page of the site that shows it. A site that does not show it leaves the account without a name. */
async function whoIs(context: BrowserContext, { site, signal, clock }: LoginOptions): Promise<SignedIn> {
  const { self, ready, readSelf } = sites[site]
  const captured = await capturePage(context, { url: self, ready, signal, clock, isShared: true })
  return captured.kind === "captured" ? readSelf(captured.capture) : { name: null, profile: null }
}

type Site = {
  origin: string
  /** Where only somebody who is signed in can stay. */
  home: string
  /** The session's cookie. */
  cookie: string
  isWall: (path: string) => boolean
  isChallenge: (path: string) => boolean
  /** A page that says whose session it is. */
  self: string
  ready: Ready
  readSelf: (capture: Capture) => SignedIn
}

const accountButton = '[data-testid="SideNav_AccountSwitcher_Button"]'

const sites: Record<SocialSite, Site> = {
  linkedin: {
    origin: "https://www.linkedin.com",
    home: "https://www.linkedin.com/feed/",
    cookie: "li_at",
    isWall: (path) => /^\/(?:login|uas|authwall|signup|m\/login)(?:\/|$)/.test(path) || path === "/",
    isChallenge: (path) => path.startsWith("/checkpoint/"),
    self: "https://www.linkedin.com/in/me/",
    ready: { ...linkedinProfile.ready, lazy: [] },
    readSelf(capture) {
      const reading = linkedinProfile.parse(capture)
      if (reading.kind !== "found") return { name: null, profile: null }
      return { name: reading.fields.name ?? null, profile: linkedinProfile.address(new URL(reading.url)) }
    },
  },
  x: {
    origin: "https://x.com",
    home: "https://x.com/home",
    cookie: "auth_token",
    isWall: (path) => /^\/(?:i\/flow|login)(?:\/|$)/.test(path) || path === "/",
    isChallenge: (path) => path.startsWith("/account/access"),
    self: "https://x.com/home",
    ready: { any: [accountButton], scroller: null, lazy: [], screens: 0, waitMs: 15_000, lazyWaitMs: 0 },
    readSelf(capture) {
      const shown = load(capture.html)(accountButton).first().text().replace(/\s+/g, " ").trim()
      const [, name, handle] = /^(.*?)\s*@(\w{1,15})$/.exec(shown) ?? []
      return { name: name || null, profile: handle ? `https://x.com/${handle}` : null }
    },
  },
}
