import { setTimeout as sleep } from "node:timers/promises"
import type { BrowserContext, CDPSession, Page } from "playwright"
import { z } from "zod"
import { runInside, untilAtRest } from "./inside.ts"
import { controlSelector, type Step } from "./sites/web/page/steps.ts"

const settleMs = 3_000
const reactionMs = 300

/** Takes the steps one after the other; false where the page does not have a step's control any more, or it cannot be reached. */
export async function takeSteps(page: Page, session: CDPSession, steps: readonly Step[]): Promise<boolean> {
  for (const step of steps) {
    const spot = await runInside(
      session,
      findControl,
      { selector: controlSelector, at: step.at, print: step.print },
      spotSchema,
    )
    if (spot === null || spot === "gone") return false
    await page.mouse.click(spot.x, spot.y)
    if (step.kind === "type") {
      await page.keyboard.press("ControlOrMeta+A")
      await page.keyboard.type(step.words)
      await page.keyboard.press("Enter")
    }
    await sleep(reactionMs)
    await page.waitForLoadState("domcontentloaded", { timeout: settleMs }).catch(() => {})
    await untilAtRest(session, settleMs)
  }
  return true
}

/** While it holds, pages can only ask: a form that would send something is not sent. Returns how it is lifted. */
export async function onlyAsking(context: BrowserContext): Promise<() => Promise<void>> {
  const isAll = () => true
  await context.route(isAll, (route) =>
    ["GET", "HEAD", "OPTIONS"].includes(route.request().method()) ? route.continue() : route.abort(),
  )
  return () => context.unroute(isAll).catch(() => {})
}

const spotSchema = z.union([z.literal("gone"), z.object({ x: z.number(), y: z.number() })])

/** Where a control is on the screen, if a person could press it there. It uses nothing from outside its own body. */
function findControl(wanted: { selector: string; at: number; print: string }): "gone" | { x: number; y: number } {
  const all = [...Document.prototype.querySelectorAll.call(document, wanted.selector)]
  const printOf = (element: Element) =>
    [
      element.localName,
      Element.prototype.getAttribute.call(element, "type") ?? "",
      (element.textContent ?? "").replace(/\s+/g, " ").trim().slice(0, 80),
    ].join("|")
  const there = all[wanted.at]
  const alike = all.filter((element) => printOf(element) === wanted.print)
  const control = there && printOf(there) === wanted.print ? there : alike.length === 1 ? alike[0] : undefined
  if (!control) return "gone"
  Element.prototype.scrollIntoView.call(control, { block: "center", behavior: "instant" })
  const box = Element.prototype.getBoundingClientRect.call(control)
  const spot = { x: box.left + box.width / 2, y: box.top + box.height / 2 }
  const hit = Document.prototype.elementFromPoint.call(document, spot.x, spot.y)
  const isReached =
    hit !== null && (Node.prototype.contains.call(control, hit) || Node.prototype.contains.call(hit, control))
  return box.width > 1 && box.height > 1 && isReached ? spot : "gone"
}
