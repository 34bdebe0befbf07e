import type { Element } from "domhandler"
import type { Refusal, Walls } from "../layout.ts"
import { isHidden, type Page } from "../page.ts"
import { linesOf } from "../text.ts"

const SIGNED_OUT_PATH = /^\/(?:authwall|login|uas\/login|signup|m\/login)(?:\/|$)/
const SIGNED_OUT = 'form.authwall-join-form, #rememberme-div, meta[name="pageKey"][content^="auth_wall_desktop"]'
const SESSION_GONE = 'meta[name="pageKey"][content="d_homepage-guest-home"], [data-test-id="home-hero-sign-in-cta"]'
const CHALLENGE_PATH = /^\/checkpoint\//
const CHALLENGE_FORM = "input[name=pin]#input__email_verification_pin"
const CAPTCHA = '#captcha-internal, iframe[src*="captcha"], iframe[src*="arkoselabs"], iframe[src*="funcaptcha"]'
const GONE_PATH = /^\/(?:404|in\/unavailable|company\/unavailable)(?:\/|$)/
const RESTRICTED =
  /account (?:has been |is )?(?:temporarily )?restricted|unusual activity|security verification|quick security check|verify (?:your identity|you.?re (?:a )?human)|too many requests/i
/** Longer pages are pages of their own, whatever they say. In characters of visible text. */
const SHORT_PAGE = 2000

/** Elements that only those answers have which are not the page. */
export const linkedinNonPages = [
  SIGNED_OUT,
  SESSION_GONE,
  CHALLENGE_FORM,
  "#captcha-internal",
  ".page-not-found__headline",
]

/** How LinkedIn answers when it is not with the page. */
export const linkedinWalls: Walls = { before: linkedinWall, otherwise: linkedinNotice }

function linkedinWall({ $, url, status }: Page): Refusal | null {
  if (!/(?:^|\.)linkedin\.com$/.test(url.hostname)) return drift(`LinkedIn sent the browser to ${url.hostname}.`)
  if (CHALLENGE_PATH.test(url.pathname)) return blocked("LinkedIn asks for a security check.")
  if (SIGNED_OUT_PATH.test(url.pathname)) return blocked("LinkedIn asks to sign in.")
  if (GONE_PATH.test(url.pathname)) return gone("LinkedIn says that the page does not exist.")
  if (status === 999) return blocked("LinkedIn refused the request (999).")
  if (status === 429) return blocked("LinkedIn asks to slow down (429).")
  if (status === 401 || status === 403) return blocked(`LinkedIn refused the request (${status}).`)
  if ($(CHALLENGE_FORM).length > 0) return blocked("LinkedIn asks for a security check.")
  if ($(SIGNED_OUT).length > 0) return blocked("LinkedIn asks to sign in.")
  if ($(SESSION_GONE).length > 0) return blocked("LinkedIn shows its home page to strangers: the session is gone.")
  if (
    $(CAPTCHA)
      .toArray()
      .some((captcha) => isSeen($, captcha))
  )
    return blocked("LinkedIn shows a captcha.")
  if ($(".page-not-found__headline").length > 0 || status === 404 || status === 410) {
    return gone(
      "LinkedIn has no such page, or does not show it to people who are not signed in: it does not say which.",
    )
  }
  if (status === 0) return blocked("LinkedIn did not answer.")
  if (status >= 500) return blocked(`LinkedIn answered with an error (${status}).`)
  return null
}

/** What LinkedIn shows in place of a page, told by its words: only for pages that no layout fits, because profiles use these words
 * too. */
function linkedinNotice({ $, status }: Page): Refusal | null {
  const text = $("body")
    .toArray()
    .flatMap((body) => linesOf(body, new Set()))
    .join("\n")
  if (text === "" && (status >= 300 || $('meta[http-equiv="refresh" i]').length > 0)) {
    return blocked("LinkedIn answered with an empty page.")
  }
  if (text.length >= SHORT_PAGE || !RESTRICTED.test(text)) return null
  return blocked("LinkedIn says that the account is restricted or has to be checked.")
}

function isSeen($: Page["$"], captcha: Element): boolean {
  const element = $(captcha)
  if (element.closest(".grecaptcha-badge").length > 0) return false
  return ![captcha, ...element.parents().toArray()].some((around) => isHidden($(around)))
}

function blocked(reason: string): Refusal {
  return { kind: "blocked", reason }
}

function gone(reason: string): Refusal {
  return { kind: "gone", reason }
}

function drift(reason: string): Refusal {
  return { kind: "drift", reason }
}
