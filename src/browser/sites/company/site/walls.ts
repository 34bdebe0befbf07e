import type { Refusal, Walls } from "../../layout.ts"
import type { Page } from "../../page.ts"

const CHALLENGE =
  '#challenge-form, #challenge-running, #cf-challenge-running, script[src*="/cdn-cgi/challenge-platform/h/"][src*="orchestrate"]'
const CHALLENGE_TITLE = /^(?:just a moment|attention required|access denied|checking your browser)/i

/** How a company's site answers when it is not with a page. */
export const siteWalls: Walls = { before: siteWall, otherwise: () => null }

function siteWall({ $, status, title }: Page): Refusal | null {
  if (status === 404 || status === 410) return { kind: "gone", reason: `The site has no such page (${status}).` }
  if (status === 401 || status === 407) return { kind: "private", reason: "The site asks for a password." }
  if (status === 0) return { kind: "blocked", reason: "The site did not answer." }
  if (status >= 400) return { kind: "blocked", reason: `The site answered with an error (${status}).` }
  if ($(CHALLENGE).length > 0 || CHALLENGE_TITLE.test(title ?? "")) {
    return { kind: "blocked", reason: "The site asks for a check that a person is there." }
  }
  return null
}
