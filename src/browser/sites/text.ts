import type { AnyNode, Element } from "domhandler"

const UNSEEN = new Set([
  "script",
  "style",
  "template",
  "noscript",
  "svg",
  "code",
  "iframe",
  "select",
  "textarea",
  "head",
])
const BLOCKS = new Set(
  (
    "address article aside blockquote body br button caption dd details dialog div dl dt fieldset figcaption figure footer form " +
    "h1 h2 h3 h4 h5 h6 header hr html label legend li main nav ol option p pre section summary table tbody td th thead tr ul"
  ).split(" "),
)
const BIDI_AND_INVISIBLE = /[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g
const BREAK = "\n"

/** The one form in which page text is compared and kept: NFC, without bidi marks and other invisible characters, white space
 * folded to single spaces, empty lines dropped. Line breaks stay. */
export function fold(text: string): string {
  return text
    .normalize("NFC")
    .replace(BIDI_AND_INVISIBLE, "")
    .split(/[\n\r\u2028\u2029]/)
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .join(BREAK)
}

/** The text of a node as lines: one per block element or `br`. Emoji that are images count as their text. Inside an element of
 * `verbatim` only line breaks in the text itself, and `br`, divide lines. */
export function linesOf(node: AnyNode, verbatim: ReadonlySet<AnyNode>): string[] {
  const pieces: string[] = []
  gather(node, isInside(node, verbatim), verbatim, pieces)
  const text = fold(pieces.join(""))
  return text === "" ? [] : text.split(BREAK)
}

function gather(node: AnyNode, inVerbatim: boolean, verbatim: ReadonlySet<AnyNode>, pieces: string[]): void {
  if (node.nodeType === 3) {
    pieces.push(inVerbatim ? node.data : node.data.replace(/\s+/g, " "))
    return
  }
  if (isTag(node)) {
    if (UNSEEN.has(node.tagName)) return
    if (node.tagName === "br") {
      pieces.push(BREAK)
      return
    }
    if (node.tagName === "img") {
      pieces.push(emoji(node.attribs.alt ?? ""))
      return
    }
    const isVerbatim = inVerbatim || verbatim.has(node)
    const isBlock = !inVerbatim && (isVerbatim || BLOCKS.has(node.tagName))
    if (isBlock) pieces.push(BREAK)
    for (const child of node.children) {
      if (!isVerbatim && isLinkAfterLink(child)) pieces.push(BREAK)
      gather(child, isVerbatim, verbatim, pieces)
    }
    if (isBlock) pieces.push(BREAK)
    return
  }
  if ("children" in node) for (const child of node.children) gather(child, inVerbatim, verbatim, pieces)
}

/** Links that follow each other with nothing between them are entries of a menu. */
function isLinkAfterLink(node: AnyNode): boolean {
  return isTag(node) && node.tagName === "a" && node.prev !== null && isTag(node.prev) && node.prev.tagName === "a"
}

function isTag(node: AnyNode): node is Element {
  return node.nodeType === 1 && "tagName" in node
}

/** An image stands for a character only if its whole description is one: any other `alt` is text that nobody sees. */
function emoji(alt: string): string {
  return /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic}\ufe0f?)$/v.test(alt) ? alt : ""
}

function isInside(node: AnyNode, elements: ReadonlySet<AnyNode>): boolean {
  for (let parent = node.parent; parent !== null; parent = parent.parent) if (elements.has(parent)) return true
  return false
}
