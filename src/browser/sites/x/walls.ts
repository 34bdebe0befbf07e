import type { Refusal, Walls } from "../layout.ts"
import { isHidden, type Page } from "../page.ts"
import { linesOf } from "../text.ts"

const SIGNED_OUT_PATH = /^\/(?:i\/flow\/(?:login|signup)|login|i\/jf\/onboarding)(?:\/|$)/
const LOCKED_PATH = /^\/account\/access(?:\/|$)/
const LOGIN = '[data-testid="loginButton"], [data-testid="sheetDialog"], a[href="/login"]'
const EMPTY = '[data-testid="primaryColumn"] [data-testid="emptyState"]'
const FAILED = '[data-testid="error-detail"]'
const SUSPENDED = /suspended|gesperrt|suspendu|suspendid|sospeso|凍結|冻结|موقوف|تعليق/i
const MISSING =
  /doesn.?t exist|does not exist|existiert nicht|n.existe pas|no existe|não existe|non esiste|存在しません|不存在|غير موجود/i
const PROTECTED = /protected|geschützt|protégé|protegid|protett|非公開|受保护|محمية/i

/** Elements that only those answers have which are not the page. */
export const xNonPages = [FAILED, EMPTY, LOGIN, "#arkoseFrame"]

/** How X answers when it is not with the page. */
export const xWalls: Walls = { before: xWall, otherwise: xNotice }

function xWall({ $, url, status }: Page): Refusal | null {
  if (!/(?:^|\.)(?:x|twitter)\.com$/.test(url.hostname)) return drift(`X sent the browser to ${url.hostname}.`)
  if (
    LOCKED_PATH.test(url.pathname) ||
    $("#arkoseFrame")
      .toArray()
      .some((frame) => !isHidden($(frame)))
  ) {
    return blocked("X has locked the account and asks for a check.")
  }
  if (SIGNED_OUT_PATH.test(url.pathname)) return blocked("X asks to sign in.")
  if (status === 429) return blocked("X asks to slow down (429).")
  if (status === 401 || status === 403) return blocked(`X refused the request (${status}).`)
  if (status === 404 || status === 410) return { kind: "gone", reason: "X says that the page does not exist." }
  if (status === 0) return blocked("X did not answer.")
  if (status >= 500) return blocked(`X answered with an error (${status}).`)
  return emptyState($)
}

/** The same element says that an account is suspended, missing or protected, and that a timeline is empty: only words and the lock
 * tell them apart. */
function emptyState($: Page["$"]): Refusal | null {
  const empty = $(EMPTY).first()
  const lines = empty.toArray().flatMap((element) => linesOf(element, new Set()))
  // A handle may itself be "suspended".
  const words = lines.join(" ").replace(/@\w+/g, "")
  if (SUSPENDED.test(words)) return { kind: "gone", reason: "The account is suspended." }
  if (MISSING.test(words)) return { kind: "gone", reason: "The account does not exist." }
  const isLocked = $('[data-testid="primaryColumn"] [data-testid="UserName"] [data-testid="icon-lock"]').length > 0
  if (isLocked || PROTECTED.test(words))
    return { kind: "private", reason: "The account shows itself only to its followers." }
  return null
}

/** What X shows in place of a page that no layout fits. */
function xNotice({ $ }: Page): Refusal | null {
  if ($(FAILED).length > 0) return blocked("X could not load the page, or asks to slow down.")
  if ($(LOGIN).length > 0) return blocked("X asks to sign in.")
  return null
}

function blocked(reason: string): Refusal {
  return { kind: "blocked", reason }
}

function drift(reason: string): Refusal {
  return { kind: "drift", reason }
}
