import { setTimeout as sleep } from "node:timers/promises"
import type { BrowserContext, CDPSession, Page, Request, Response } from "playwright"
import { z } from "zod"
import { onlyAsking, takeSteps } from "./act.ts"
import { refusalHeader } from "./egress.ts"
import { loadedSize, runInside, until, untilAtRest } from "./inside.ts"
import type { Capture } from "./reading.ts"
import { serialisePage } from "./serialise.ts"
import type { Ready } from "./sites/adapter.ts"
import { type Step, withoutSteps } from "./sites/web/page/steps.ts"

/** What the site itself said of its limit, in `x-rate-limit-*` headers of the page or of what the page asked for. */
export type SiteRate = { limit: number; remaining: number; resetAt: Date }

/** captured: `picture` is a PNG of an obstacle. unreachable: nothing came that an adapter could read; `at` is the address that was tried last. crashed: the browser or its
 * page went away under the reading. */
export type Captured =
  | { kind: "captured"; capture: Capture; picture: Buffer | null; rates: SiteRate[] }
  | { kind: "unreachable"; reason: string; at: string }
  | { kind: "crashed" }

const navigationMs = 30_000
const settleMs = 3_000
const serialiseMs = 15_000
const closeMs = 5_000
const pictureMs = 5_000
const screenMs = 1_000
const endMs = 1_000
const pollMs = 100
/** Characters of HTML. */
const largestPage = 6_000_000

type Asked = {
  url: string
  ready: Ready
  /** What is pressed and written in there before it is taken down; without any, nothing in the page is touched. */
  steps?: readonly Step[]
  signal: AbortSignal
  clock: () => Date
  /** What is in the way of the page is also taken as a picture, for a person to look at. */
  isObstacle?: (capture: Capture) => boolean
  /** Whether a person may be using the same browser: then only what the page itself opened is closed with it. */
  isShared?: boolean
}

/** Opens one address in a page of its own, waits until it is `ready`, and takes it down as a person would see it. Nothing in
 * it is clicked but what `steps` name; its dialogs, popups and downloads are sent away. The page is closed afterwards. */
export async function capturePage(context: BrowserContext, asked: Asked): Promise<Captured> {
  const { url, ready, signal, steps = [] } = asked
  const page = await context.newPage().catch(() => null)
  if (page === null) return { kind: "crashed" }
  const sendAway = async (opened: Page) => {
    if (!asked.isShared || (await opened.opener().catch(() => null)) === page) await closePage(opened)
  }
  context.on("page", sendAway)
  const patience = AbortSignal.timeout(
    navigationMs +
      settleMs +
      serialiseMs +
      pictureMs +
      ready.waitMs +
      ready.lazy.length * ready.lazyWaitMs +
      ready.screens * screenMs +
      steps.length * 2 * settleMs,
  )
  const lift = steps.length > 0 ? await onlyAsking(context) : null
  try {
    return await Promise.race([takeDown(page, asked), cutShort(page, url, signal, patience)])
  } finally {
    context.off("page", sendAway)
    await lift?.()
    await closePage(page)
  }
}

async function takeDown(page: Page, { url, ready, steps = [], clock, isObstacle }: Asked): Promise<Captured> {
  const seen: { request: Request | null; response: Response | null } = { request: null, response: null }
  const rates: SiteRate[] = []
  const isOfPage = (request: Request) => request.isNavigationRequest() && request.frame() === page.mainFrame()
  page.on("request", (request) => {
    if (isOfPage(request)) seen.request = request
  })
  page.on("response", (response) => {
    if (isOfPage(response.request())) seen.response = response
    const rate = rateHeaders.safeParse(response.headers())
    if (rate.success) rates.push(rate.data)
  })
  page.on("dialog", (dialog) => void dialog.dismiss().catch(() => {}))
  const unreachable = (reason: string): Captured => ({ kind: "unreachable", reason, at: seen.request?.url() ?? url })
  const captured = async (finalUrl: string, html: string): Promise<Captured> => {
    const status = seen.response?.status() ?? 0
    const capture = { url, finalUrl, status, html, capturedAt: clock().toISOString() }
    const picture = isObstacle?.(capture) ? await page.screenshot({ timeout: pictureMs }).catch(() => null) : null
    return { kind: "captured", capture, picture, rates }
  }

  const failure = await open(page, withoutSteps(url))
  if (failure === "ERR_HTTP_RESPONSE_CODE_FAILURE" && seen.response) {
    return captured(seen.response.url(), "")
  }
  if (failure === "crashed") return { kind: "crashed" }
  if (failure !== null) return unreachable(failures[failure] ?? `The page did not open (${failure}).`)

  const session = await page
    .context()
    .newCDPSession(page)
    .catch(() => null)
  if (session === null) return { kind: "crashed" }
  const isTurnedAway = () => !/^https?:/.test(page.url()) || isOwnRefusal(seen.response)
  const isRefused = (seen.response?.status() ?? 0) >= 400
  const isThere = () => runInside(session, hasAny, ready.any, z.boolean())
  // A page with an error that has loaded and is none that the adapter knows will not become one.
  const isOver = async () => isRefused && ((await runInside(session, loadedSize, null, z.number())) ?? 0) > 0
  await until(isRefused ? settleMs : ready.waitMs, async () => isTurnedAway() || (await isThere()) || (await isOver()))
  if (!isTurnedAway() && (!isRefused || (await isThere()))) await waitUntilComplete(session, ready)
  if (!isTurnedAway() && !(await takeSteps(page, session, steps))) {
    return unreachable("The page has changed: what was to be pressed is not there any more.")
  }
  const serialised = await runInside(session, serialisePage, largestPage, serialisedSchema)
  if (isTurnedAway()) return unreachable("The page led on to an address that did not open.")
  if (serialised === null) return unreachable("The page cannot be taken down.")
  if (serialised.kind === "too large") return unreachable("The page is larger than six million characters.")
  return captured(page.url(), serialised.html)
}

const serialisedSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("serialised"), html: z.string() }),
  z.object({ kind: z.literal("too large") }),
])

/** Whether it was the lane's proxy that answered, not the site. */
function isOwnRefusal(response: Response | null): boolean {
  return response?.headers()[refusalHeader]?.startsWith("lane;") === true
}

const rateHeaders = z
  .object({
    "x-rate-limit-limit": z.coerce.number().int().positive(),
    "x-rate-limit-remaining": z.coerce.number().int().nonnegative(),
    /** Seconds since 1970. */
    "x-rate-limit-reset": z.coerce.number().int().positive().max(8_000_000_000),
  })
  .transform((headers) => ({
    limit: headers["x-rate-limit-limit"],
    remaining: headers["x-rate-limit-remaining"],
    resetAt: new Date(headers["x-rate-limit-reset"] * 1000),
  }))

/** What Chromium calls the failure, or null. */
async function open(page: Page, url: string): Promise<string | null> {
  try {
    await page.goto(url, { waitUntil: "domcontentloaded", timeout: navigationMs })
    return null
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (/crashed|has been closed/.test(message)) return "crashed"
    if (message.includes("Download is starting")) return "download"
    return /net::(\w+)/.exec(message)?.[1] ?? (message.includes("Timeout") ? "timeout" : "unknown failure")
  }
}

const failures: Record<string, string> = {
  download: "The address is a download, not a page.",
  timeout: `The page did not load within ${navigationMs / 1000} s.`,
  ERR_TUNNEL_CONNECTION_FAILED: "The host did not answer.",
  ERR_TOO_MANY_REDIRECTS: "The address redirects in a circle.",
}

/** Waits for the page to come to rest, and for what loads only when it is scrolled to. What does not come in time is not waited
 * for: the adapter sees that it is missing. */
async function waitUntilComplete(session: CDPSession, ready: Ready): Promise<void> {
  await untilAtRest(session, settleMs)
  for (const { placeholder, filled } of ready.lazy) {
    let atEndFor = 0
    await until(ready.lazyWaitMs, async () => {
      const step = await runInside(
        session,
        scrollTowards,
        { placeholder, filled, scroller: ready.scroller },
        stepSchema,
      )
      atEndFor = step === "at end" ? atEndFor + pollMs : 0
      return step === "filled" || atEndFor >= endMs
    })
  }
  for (let screen = 0; screen < ready.screens; screen++) {
    await runInside(session, scrollOn, ready.scroller, z.number())
    await sleep(screenMs)
  }
}

const stepSchema = z.enum(["filled", "scrolled", "at end"])

function hasAny(selectors: string[]): boolean {
  return selectors.some((selector) => Document.prototype.querySelector.call(document, selector) !== null)
}

function scrollTowards(lazy: {
  placeholder: string
  filled: string
  scroller: string | null
}): "filled" | "scrolled" | "at end" {
  const find = (selector: string) => Document.prototype.querySelector.call(document, selector)
  if (find(lazy.filled)) return "filled"
  const placeholder = find(lazy.placeholder)
  if (placeholder) {
    Element.prototype.scrollIntoView.call(placeholder, { block: "center", behavior: "instant" })
    return "scrolled"
  }
  const scroller = (lazy.scroller && find(lazy.scroller)) || document.scrollingElement
  if (!scroller) return "at end"
  const before = scroller.scrollTop
  scroller.scrollBy({ top: scroller.clientHeight * 0.8, behavior: "instant" })
  return scroller.scrollTop === before ? "at end" : "scrolled"
}

function scrollOn(selector: string | null): number {
  const named = selector && Document.prototype.querySelector.call(document, selector)
  const scroller = named || document.scrollingElement
  scroller?.scrollBy({ top: scroller.clientHeight, behavior: "instant" })
  return scroller?.scrollTop ?? 0
}

/** Resolves when something from outside puts an end to the reading; otherwise never. */
function cutShort(page: Page, url: string, signal: AbortSignal, patience: AbortSignal): Promise<Captured> {
  return new Promise((resolve) => {
    const endOn = (cause: AbortSignal, reason: string) => {
      const end = () => resolve({ kind: "unreachable", reason, at: url })
      if (cause.aborted) return end()
      cause.addEventListener("abort", end, { once: true })
      page.once("close", () => cause.removeEventListener("abort", end))
    }
    const crash = () => resolve({ kind: "crashed" })
    page.once("crash", crash)
    page.context().once("close", crash)
    page.once("close", () => page.context().off("close", crash))
    endOn(signal, "The reading was stopped.")
    endOn(patience, "The page never came to rest.")
  })
}

/** A page that hangs does not close; whoever opened it finds it still among the context's pages. */
async function closePage(page: Page): Promise<void> {
  await Promise.race([page.close().catch(() => {}), sleep(closeMs, undefined, { ref: false })])
}
