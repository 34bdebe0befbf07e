import type { CDPSession, Page } from "playwright"
import { z } from "zod"
import type { Composer } from "./composer.ts"
import { runInside, until } from "./inside.ts"
import type { SendingName } from "./ledger.ts"
import { linkedinHosts, linkedinSlug } from "./sites/linkedin/address.ts"
import { linkedinProfile } from "./sites/linkedin/profile/profile.ts"
import { linkedinThread } from "./sites/linkedin/thread/thread.ts"
import { xHandle, xHosts } from "./sites/x/address.ts"
import { xProfile } from "./sites/x/profile/profile.ts"
import { xThread } from "./sites/x/thread/thread.ts"

const wayMs = 10_000

const linkedinMessage: Composer = {
  sending: "linkedin.message",
  site: "linkedin",
  hosts: linkedinHosts,
  adapter: linkedinProfile,
  profile: (slug) => `https://www.linkedin.com/in/${encodeURIComponent(slug)}/`,
  async open(page, session, slug) {
    const way = await linkedinWay(page, session, slug)
    if (typeof way === "string") return way
    const links = way.messages.filter((href) => new URL(href, page.url()).searchParams.get("recipient") === way.id)
    if (links.length === 0)
      return "LinkedIn offers no message to this person; an invitation with a note may be possible."
    await page
      .locator(`a[href="${cssText(links[0] ?? "")}"]`)
      .first()
      .click()
    return null
  },
  // The conversation names the person by slug or by the number behind it, which the way to it was checked against.
  isRecipient(href, slug, opened) {
    const named = linkedinSlug("in", href)
    return named !== null && (named === slug || named === new URL(opened).searchParams.get("recipient"))
  },
  hooks: {
    editor: '.msg-form__contenteditable[contenteditable="true"]',
    send: "button.msg-form__send-button",
    recipient: "a.msg-thread__link-to-profile",
    sent: ".msg-s-event-listitem__body",
    done: null,
  },
  thread: linkedinThread,
}

const linkedinNote: Composer = {
  ...linkedinMessage,
  sending: "linkedin.note",
  async open(page, session, slug) {
    const way = await linkedinWay(page, session, slug)
    if (typeof way === "string") return way
    const own = way.invitations.filter((href) => new URL(href, page.url()).searchParams.get("vanityName") === slug)
    if (own.length === 0)
      return "LinkedIn offers no invitation to this person; they may be invited or connected already."
    await page
      .locator(`a[href="${cssText(own[0] ?? "")}"]`)
      .first()
      .click()
    const dialog = page.locator("dialog[open], [role=dialog]").last()
    // Dialogs have one choice before the note: the first button is the one that adds it.
    const add = dialog.getByRole("button").first()
    await add.click({ timeout: wayMs }).catch(() => {})
    const isThere = await dialog
      .locator("textarea")
      .waitFor({ timeout: wayMs / 2 })
      .then(() => true)
      .catch(() => false)
    if (isThere) return null
    return (await dialog.locator('a[href*="/premium/"]').count()) > 0
      ? "LinkedIn lets this account send no more invitations with a note this month."
      : "LinkedIn showed no place for a note."
  },
  isRecipient: () => false,
  hooks: {
    editor: "dialog[open] textarea, [role=dialog] textarea",
    send: "dialog[open] button:last-of-type, [role=dialog] button:last-of-type",
    recipient: null,
    sent: null,
    done: '[componentkey$="_pending"]',
  },
  thread: null,
}

const xMessage: Composer = {
  sending: "x.message",
  site: "x",
  hosts: xHosts,
  adapter: xProfile,
  profile: (handle) => `https://x.com/${handle}`,
  async open(page, _session, handle) {
    const [, shown] = new URL(page.url()).pathname.split("/")
    if (shown?.toLowerCase() !== handle) return `X opened ${page.url()} in place of @${handle}.`
    const button = page.locator('[data-testid="primaryColumn"] [data-testid="sendDMFromProfile"]')
    if ((await button.count()) !== 1) return "X offers no message to this account; it may take none from strangers."
    await button.click()
    const isThere = await page
      .locator('[data-testid="dmComposerTextInput"]')
      .waitFor({ timeout: wayMs })
      .then(() => true)
      .catch(() => false)
    return isThere ? null : "X showed no editor; it may ask for the passcode of its messages, which only you have."
  },
  isRecipient: (href, handle) => xHandle(href) === handle,
  hooks: {
    editor: '[data-testid="dmComposerTextInput"]',
    send: '[data-testid="dmComposerSendButton"]',
    recipient: '[data-testid="DmActivityHeader"] a[role="link"]',
    sent: '[data-testid="messageEntry"] [data-testid="tweetText"]',
    done: null,
  },
  thread: xThread,
}

/** How messages are written, by what the ledger calls them. */
export const composers: Record<SendingName, Composer> = {
  "linkedin.message": linkedinMessage,
  "linkedin.note": linkedinNote,
  "x.message": xMessage,
}

const waySchema = z.object({
  ids: z.array(z.string()),
  messages: z.array(z.string()),
  invitations: z.array(z.string()),
})

/** The ways from a profile to its person, with the ID on which all its cards agree; or why the page is not to be trusted. */
async function linkedinWay(page: Page, session: CDPSession, slug: string) {
  if (linkedinSlug("in", page.url()) !== slug) return `LinkedIn opened ${page.url()} in place of ${slug}.`
  const look = () => runInside(session, findWays, null, waySchema)
  await until(wayMs, async () => ((await look())?.ids.length ?? 0) > 0)
  const way = await look()
  const [id, ...others] = way?.ids ?? []
  if (!way || id === undefined) return "The profile was not recognised, so nobody is written to from it."
  if (others.length > 0) return "The profile's cards do not agree on whose it is, so nobody is written to from it."
  return { id, messages: way.messages, invitations: way.invitations }
}

/** It uses nothing from outside its own body. */
function findWays(): { ids: string[]; messages: string[]; invitations: string[] } {
  const all = (selector: string): Element[] => [...Document.prototype.querySelectorAll.call(document, selector)]
  const prefix = "com.linkedin.sdui.profile.card.ref"
  const keys = all(`[componentkey^="${prefix}"], [id^="${prefix}"]`).map(
    (card) => card.getAttribute("componentkey") ?? card.id,
  )
  const ids = keys.flatMap((key) => /^ACo[\w-]{20,}?(?=Topcard|About)/.exec(key.slice(prefix.length))?.[0] ?? [])
  const within = `[componentkey^="${prefix}"][componentkey$="Topcard"]`
  const hrefs = (part: string) => all(`${within} a[href*="${part}"]`).map((link) => link.getAttribute("href") ?? "")
  return {
    ids: [...new Set(ids)],
    messages: hrefs("/messaging/compose/"),
    invitations: hrefs("/preload/custom-invite/"),
  }
}

function cssText(text: string): string {
  return text.replace(/["\\]/g, "\\$&")
}
