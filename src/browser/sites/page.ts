import { type Cheerio, type CheerioAPI, load } from "cheerio"
import type { AnyNode, Element } from "domhandler"
import type { Capture } from "../reading.ts"
import { fold, linesOf } from "./text.ts"

/** A captured page, opened for reading. */
export type Page = {
  $: CheerioAPI
  asked: URL
  /** The address that answered. */
  url: URL
  status: number
  title: string | null
}

/** Which part of a page is its own. All are CSS selectors. */
export type Cut = {
  main: string
  /** What in `main` is not the page's own: navigation, strangers, twins. */
  leaveOut: string
  /** Elements whose whole content is one piece of text in which line breaks count, whatever elements it is made of. */
  verbatim?: string
}

/** The page's own part, after everything else has been cut away. */
export type Part = {
  $: CheerioAPI
  main: Cheerio<Element>
  /** Visible lines of an element, one per block, folded. */
  lines: (of: Cheerio<AnyNode>) => string[]
  /** The visible lines of an element in one string. */
  line: (of: Cheerio<AnyNode>) => string
  /** The visible lines of the whole part, joined by line breaks. */
  text: string
}

const DEEPEST = 1000
/** Of a longer page only so many elements are read, of them so many from its end. */
const MOST_ELEMENTS = 25_000
const LAST_ELEMENTS = 5_000
/** Of the children of one element, likewise. */
const WIDEST = 2_500
const LAST_CHILDREN = 500
const HIDDEN = "[data-giant-hidden], [hidden], template, noscript, dialog:not([open])"
const HIDDEN_STYLE =
  /(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|!|$)|font-size\s*:\s*0)/i
const OFF_SCREEN_STYLE = /(?:^|;)\s*(?:left|top|right|text-indent)\s*:\s*-\d{4,}px/i
/** LinkedIn keeps page data in hidden `code` elements, which are read as data. */
const DATA = 'code[id^="bpr-guid-"]'

/** Opens a capture. Addresses must be absolute. */
export function openPage(capture: Capture): Page {
  const $ = load(capture.html)
  const titles = $("head title")
    .toArray()
    .map((title) => fold($(title).text()).replace(/^\(\d+\+?\)\s*/, ""))
  return {
    $,
    asked: new URL(capture.url),
    url: new URL(capture.finalUrl),
    status: capture.status,
    title: titles.find((title) => title !== "") ?? null,
  }
}

/** Whether elements are nested deeper than on any page made for people: reading it could exhaust the stack. */
export function isTooDeep({ $ }: Page): boolean {
  const waiting: { node: AnyNode; depth: number }[] = $.root()
    .toArray()
    .map((node) => ({ node, depth: 0 }))
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const depth = next.depth + 1
    if (depth > DEEPEST) return true
    if ("children" in next.node) for (const child of next.node.children) waiting.push({ node: child, depth })
  }
  return false
}

/** Takes out what lies in the middle of a page, or of one list, that is longer than people read: its beginning and its end say what it
 * is. A page is searched many times, and a search takes the square of the width of what it starts from. */
export function trimPage({ $ }: Page): void {
  const all = $.root().find("*").toArray()
  if (all.length <= WIDEST) return
  for (const element of all) {
    const children = element.children.filter((child) => child.nodeType === 1)
    if (children.length > WIDEST) removeAll($, children.slice(WIDEST - LAST_CHILDREN, -LAST_CHILDREN))
  }
  const left = $.root().find("*").toArray()
  if (left.length <= MOST_ELEMENTS) return
  const kept = new Set<AnyNode>()
  for (const element of [...left.slice(0, MOST_ELEMENTS - LAST_ELEMENTS), ...left.slice(-LAST_ELEMENTS)]) {
    for (let at: AnyNode | null = element; at !== null && !kept.has(at); at = at.parent) kept.add(at)
  }
  removeAll(
    $,
    left.filter((element) => !kept.has(element) && element.parent !== null && kept.has(element.parent)),
  )
}

/** From the last to the first, because taking one out looks for its place from the end. */
function removeAll($: CheerioAPI, nodes: AnyNode[]): void {
  for (const node of nodes.toReversed()) $(node).remove()
}

/** Cuts the page down to its own part: hidden elements and `leaveOut` are removed from the document for good, so no hook can
 * see them. Null when the page has no such part. */
export function cutPage({ $ }: Page, cut: Cut): Part | null {
  const main = $.root().find(cut.main).first()
  if (main.length === 0) return null
  main
    .find(`${HIDDEN}, [style]`)
    .filter((_, element) => isHidden($(element)))
    .not(DATA)
    .remove()
  main.find(cut.leaveOut).remove()
  const verbatim = new Set<AnyNode>(cut.verbatim === undefined ? [] : main.find(cut.verbatim).toArray())
  const lines = (of: Cheerio<AnyNode>) => of.toArray().flatMap((node) => linesOf(node, verbatim))
  return { $, main, lines, line: (of) => lines(of).join(" "), text: lines(main).join("\n") }
}

/** Whether a person could not see the element, judged by itself alone (not by the elements around it). */
export function isHidden(element: Cheerio<Element>): boolean {
  if (element.is(HIDDEN)) return true
  const style = element.attr("style")
  return style !== undefined && (HIDDEN_STYLE.test(style) || OFF_SCREEN_STYLE.test(style))
}
