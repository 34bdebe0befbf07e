import type { Cheerio } from "cheerio"
import type { AnyNode, Element, Text } from "domhandler"
import type { Cut, Page, Part } from "../../page.ts"
import { fold } from "../../text.ts"
import { controlSelector, printOf } from "./steps.ts"

/** A link that a person can see. */
export type SeenLink = { text: string; url: string }

/** Something that can be pressed or written in; `at` is its place among all controls of the document. */
export type Control = { at: number; role: "button" | "textbox"; name: string; print: string }

/** The own part of any page: its `main`, or what is left of it without what frames a page. */
export function cutOf({ $ }: Page): Cut {
  const main = $('main, [role="main"], article').first()
  const frame =
    "nav, [role=navigation], aside, [role=complementary], iframe, dialog, [role=dialog], [aria-hidden='true']"
  if (fold(main.text()).length >= leastMain) {
    return { main: 'main, [role="main"], article', leaveOut: frame }
  }
  return { main: "body", leaveOut: `${frame}, body > header, body > footer, [role=banner], [role=contentinfo]` }
}

/** Addresses that the part's links lead to, each once, in its order. A link without visible words is none. */
export function linksOf({ $, main, line }: Part, base: URL): SeenLink[] {
  const links = main
    .find("a[href]")
    .toArray()
    .flatMap((element) => {
      const url = addressOf($(element).attr("href"), base)
      const text = line($(element)).slice(0, longestName)
      return url === null || text === "" ? [] : [{ text, url }]
    })
  return [...new Map(links.map((one) => [one.url, one])).values()].slice(0, mostLinks)
}

/** Numbers every control, before anything is cut away. */
export function numberControls({ $ }: Page): void {
  const controls = $(controlSelector).filter((_, element) => $(element).closest(SHADOW).length === 0)
  for (const [at, element] of controls.toArray().entries()) {
    element.attribs[number] = String(at)
    element.attribs[print] = printOf(element.tagName, element.attribs.type ?? "", ownText(element))
  }
}

/** Its text as the document itself has it, without what stands in shadow roots. */
function ownText(node: AnyNode): string {
  if (node.nodeType === 3) return node.data
  if (!("children" in node) || ("attribs" in node && "data-giant-shadow" in node.attribs)) return ""
  return node.children.map(ownText).join("")
}

/** Writes the handles of links and controls, and the ranks of headings, into the part itself, so that its lines are an outline of
 * it. What the page itself writes cannot be taken for a handle. */
export function writeHandles(part: Part, links: readonly SeenLink[], base: URL, evidence: number): Control[] {
  const { $, main, line } = part
  main
    .find("*")
    .contents()
    .each((_, node) => {
      if (node.nodeType === 3) disarm(node)
    })
  main.find("h1, h2, h3, h4, h5, h6").prepend("# ")
  main.find("li").prepend("- ")
  const controls: Control[] = []
  const labels = new Map(
    main
      .find("label[for]")
      .toArray()
      .map((label) => [$(label).attr("for"), line($(label))]),
  )
  main.find(`[${number}]`).each((_, element) => {
    const control = readControl(part, $(element), labels)
    if (control === null || controls.length === mostControls) return
    controls.push(control)
    const handle = `[${evidence}:c${control.at}] ${control.role}`
    const shown = part.line($(element))
    $(element).replaceWith(` (${handle}: ${control.name === shown ? shown : `hint "${control.name}"`}) `)
  })
  const places = new Map(links.map(({ url }, at) => [url, at]))
  main.find("a[href]").each((_, element) => {
    const url = addressOf($(element).attr("href"), base)
    const at = url === null ? undefined : places.get(url)
    if (at !== undefined) $(element).append(` [${evidence}:l${at}]`)
  })
  return controls
}

const leastMain = 200
const longestName = 120
const mostLinks = 200
const mostWords = 80
const mostControls = 200
const SHADOW = "[data-giant-shadow]"
const number = "data-giant-control"
const print = "data-giant-print"

function readControl(
  { line }: Part,
  element: Cheerio<Element>,
  labels: ReadonlyMap<string | undefined, string>,
): Control | null {
  const role = roleOf(element)
  if (role === null || element.attr("disabled") !== undefined) return null
  const label = labels.get(element.attr("id") ?? "") ?? ""
  const shown = role === "button" ? line(element) || (element.attr("value") ?? "") : label
  const hint = element.attr("aria-label") ?? element.attr("placeholder") ?? element.attr("title") ?? ""
  const name = disarmed(fold(shown || hint)).slice(0, mostWords)
  return { at: Number(element.attr(number)), role, name, print: element.attr(print) ?? "" }
}

/** What it is to a person; null for what no agent fills in or presses. */
function roleOf(element: Cheerio<Element>): Control["role"] | null {
  if (element.is("textarea")) return null
  if (!element.is("input")) return "button"
  const type = (element.attr("type") ?? "text").toLowerCase()
  if (type === "text" || type === "search") return "textbox"
  return type === "button" || type === "submit" ? "button" : null
}

function disarm(text: Text): void {
  text.data = disarmed(text.data)
}

function disarmed(text: string): string {
  return text.replace(/\[(?=\d+:[lc]\d)/g, "(")
}

function addressOf(href: string | undefined, base: URL): string | null {
  if (href === undefined || !URL.canParse(href, base)) return null
  const url = new URL(href, base)
  if ((url.protocol !== "https:" && url.protocol !== "http:") || url.username !== "" || url.href.length > 500)
    return null
  url.hash = ""
  return url.href
}
