import type { CDPSession, Page } from "playwright"
import { z } from "zod"
import { type ComposerHooks, type Look, lookAtComposer, lookSchema } from "./composer-look.ts"
import { type Presser, pressed } from "./composer-press.ts"
import { runInside, until } from "./inside.ts"
import type { SendingName } from "./ledger.ts"
import type { Adapter } from "./sites/adapter.ts"
import type { ThreadHooks } from "./sites/thread.ts"

/** How a message is written on one site. It reads what stands there, and is sure of nothing else. */
export type Composer = {
  /** As the ledger counts it. */
  sending: SendingName
  site: "linkedin" | "x"
  hosts: string[]
  /** Reads the recipient's profile, where the way to the editor begins. */
  adapter: Adapter
  profile(recipient: string): string
  /** Leads from the profile to the editor; why there is no way, or null. */
  open(page: Page, session: CDPSession, recipient: string): Promise<string | null>
  /** Whether the address behind the name above the editor is the recipient's. */
  isRecipient(href: string, recipient: string, opened: string): boolean
  hooks: ComposerHooks
  /** Where the messages of the conversation stand; null where the editor shows none. */
  thread: ThreadHooks | null
}

export type Composed =
  /** `seen`: what the site showed of it afterwards. */
  | { kind: "sent"; seen: { url: string; title: string; text: string } }
  /** Nothing was sent. */
  | Obstacle
  /** It may have been sent. */
  | { kind: "unknown"; reason: string }

/** blocked: the site stands in the account's way. */
type Obstacle = { kind: "refused" | "blocked"; reason: string }

const editorMs = 10_000

const confirmMs = 15_000

/** Writes one message into its site's editor and has it sent once recipient and text stand there exactly as wanted: they are compared
 * in the page at the moment of the press, and any other press is held back. */
export async function composeMessage(
  page: Page,
  composer: Composer,
  wanted: { recipient: string; body: string },
  presser: Presser,
  signal: AbortSignal,
  clock: () => Date,
): Promise<Composed> {
  const { hooks } = composer
  const opened = await openConversation(page, composer, wanted.recipient, clock)
  if (opened.kind !== "open") return opened
  const { session, look } = opened
  if (opened.text) return { kind: "refused", reason: "Something is written there already; send or delete it yourself." }

  await page.locator(hooks.editor).click()
  await page.keyboard.insertText(wanted.body)
  const filled = await look()
  const unfit = whyNotReady(composer, filled, wanted.recipient, page.url())
  if (unfit) return { kind: "refused", reason: unfit }
  if (filled?.text !== wanted.body) {
    return { kind: "refused", reason: "The editor does not take the text as it was approved." }
  }
  const press = await pressed(page, session, hooks, { body: wanted.body, links: filled.links }, presser, signal)
  if (press !== "pressed") return { kind: "refused", reason: press }

  const before = filled.sent.length
  const isSent = (now: Look | null) =>
    now !== null && (hooks.sent === null ? now.isDone : now.sent.length > before && now.sent.at(-1) === wanted.body)
  let last: Look | null = null
  await until(confirmMs, async () => {
    last = await look()
    return isSent(last)
  })
  const seen = await look()
  if (!isSent(seen))
    return { kind: "unknown", reason: "The button was pressed, and the site does not show the message." }
  const text = [`To: ${wanted.recipient}`, ...filled.links, "", seen?.sent.at(-1) ?? wanted.body].join("\n")
  return { kind: "sent", seen: { url: page.url(), title: await page.title(), text } }
}

type Open = {
  kind: "open"
  session: CDPSession
  look: () => Promise<Look | null>
  /** What stands in the editor already. */
  text: string
}

/** Leads from the recipient's profile to the conversation with them and nobody else; or says why there is no way. */
export async function openConversation(
  page: Page,
  composer: Composer,
  recipient: string,
  clock: () => Date,
): Promise<Open | Obstacle> {
  const session = await page.context().newCDPSession(page)
  page.on("dialog", (dialog) => void dialog.dismiss().catch(() => {}))
  const obstacle = await openProfile(page, session, composer, recipient, clock)
  if (obstacle) return obstacle
  const why = await composer.open(page, session, recipient)
  if (why) return { kind: "refused", reason: why }
  const look = () => runInside(session, lookAtComposer, composer.hooks, lookSchema)
  await until(editorMs, async () => ((await look())?.editors ?? 0) > 0)
  const shown = await look()
  const unready = whyNotReady(composer, shown, recipient, page.url())
  if (unready) return { kind: "refused", reason: unready }
  return { kind: "open", session, look, text: shown?.text ?? "" }
}

/** What stands in the way of the recipient's page; null where it opened. */
async function openProfile(
  page: Page,
  session: CDPSession,
  { adapter, profile }: Composer,
  recipient: string,
  clock: () => Date,
): Promise<Obstacle | null> {
  const url = profile(recipient)
  try {
    const response = await page.goto(url, { waitUntil: "load", timeout: 30_000 })
    const isThere = () => runInside(session, hasAny, adapter.ready.any, z.boolean())
    await until(adapter.ready.waitMs, async () => page.url() !== url || (response?.status() ?? 0) >= 400 || isThere())
    const capturedAt = clock().toISOString()
    const html = await page.content()
    const reading = adapter.parse({ url, finalUrl: page.url(), status: response?.status() ?? 0, html, capturedAt })
    if (reading.kind === "blocked") return { kind: "blocked", reason: `${reading.reason ?? "blocked"} (${url})` }
    if (reading.kind === "gone" || reading.kind === "private") {
      return { kind: "refused", reason: reading.reason ?? `${url} is ${reading.kind}.` }
    }
    return null
  } catch (error) {
    const words = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)
    return { kind: "refused", reason: `${url} did not open: ${words}` }
  }
}

function hasAny(selectors: string[]): boolean {
  return selectors.some((selector) => Document.prototype.querySelector.call(document, selector) !== null)
}

function whyNotReady(composer: Composer, look: Look | null, recipient: string, opened: string): string | null {
  if (look === null || look.editors === 0) return "The site showed no editor for this message."
  if (look.editors > 1) return "Several editors stand on the page, so none is used."
  if (composer.hooks.recipient === null) return null
  if (look.links.length === 0) return "The editor does not show whom it writes to."
  return look.links.every((href) => composer.isRecipient(href, recipient, opened))
    ? null
    : `The editor writes to somebody else than ${recipient}.`
}
