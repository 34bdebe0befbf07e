import type { Store } from "../db/store.ts"
import { keptPage } from "./evidence.ts"
import type { Capture } from "./reading.ts"
import { cutPage, isTooDeep, openPage, trimPage } from "./sites/page.ts"
import { type Control, cutOf, linksOf, numberControls, type SeenLink, writeHandles } from "./sites/web/page/outline.ts"

/** A page as somebody hears it who cannot see it: its words with the ranks of headings, and a handle on each link (`7:l3`) and
 * control (`7:c5`). `7` is the evidence. */
type Snapshot = { url: string; title: string | null; text: string; links: SeenLink[]; controls: Control[] }

export type SnapshotTaken = { kind: "taken"; snapshot: Snapshot } | { kind: "refused"; reason: string }

/** The outline of a page that was read, from its kept capture. Nothing is loaded. */
export async function takeSnapshot(store: Store, captures: string, evidenceId: number): Promise<SnapshotTaken> {
  const kept = await keptPage(store, captures, evidenceId)
  if (kept.kind === "refused") return kept
  const snapshot = snapshotOf(kept.capture, evidenceId)
  return snapshot ? { kind: "taken", snapshot } : { kind: "refused", reason: "The page has nothing that can be shown." }
}

/** Of the part that is the page's own, and only what a person can see there. Null where there is nothing. */
export function snapshotOf(capture: Capture, evidenceId: number): Snapshot | null {
  if (!URL.canParse(capture.finalUrl) || !URL.canParse(capture.url)) return null
  const page = openPage(capture)
  if (isTooDeep(page)) return null
  numberControls(page)
  trimPage(page)
  const part = cutPage(page, cutOf(page))
  if (part === null) return null
  const links = linksOf(part, page.url)
  const controls = writeHandles(part, links, page.url, evidenceId)
  return { url: capture.finalUrl, title: page.title, text: part.lines(part.main).join("\n"), links, controls }
}
