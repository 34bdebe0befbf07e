/** The page as HTML, with what a person could not see marked `data-giant-hidden`, what is not displayed at all saying so in its
 * own `style`, and shadow roots opened in their hosts. `limit` is in characters; style sheets and scripts go first.
 *
 * It is sent into the page as source text, so it uses nothing from outside its own body. It marks a copy in an inert document,
 * since a page can watch its own nodes and undo a mark; and it reads through tree walkers and prototypes, since a page can
 * shadow the properties of a form or of the document with the names of inputs. */
export function serialisePage(limit: number): { kind: "serialised"; html: string } | { kind: "too large" } {
  type Box = { left: number; top: number; right: number; bottom: number }
  /** What an element lends to its content: where that can be seen, scrolling included, and how much it shines through. */
  type Frame = { inFlow: Box; positioned: Box; opacity: number; display: "shown" | "folded" | "never" }
  /** Whether anything in there can be seen; null where there is nothing to judge. */
  type Verdict = "visible" | "hidden" | null
  type Colour = { channels: number[]; alpha: number }

  const faintest = 0.1
  const nearColour = 8
  const nowhere: Box = { left: 0, top: 0, right: 0, bottom: 0 }
  const viewport: Box = { left: 0, top: 0, right: innerWidth, bottom: innerHeight }
  const unseenByNature = /^(head|script|style|template|noscript|meta|link|title|base|datalist)$/
  const inert = new DOMParser().parseFromString("", "text/html")
  const shadowRootOf = getter(Element.prototype, "shadowRoot")
  const assignedSlotOf = getter(Element.prototype, "assignedSlot")
  const textSlotOf = getter(Text.prototype, "assignedSlot")
  let painters: { element: Element; box: Box; colour: Colour | null; own: boolean }[] | null = null

  const walker = walk(document)
  let first = walker.firstChild()
  while (first && !(first instanceof HTMLElement)) first = walker.nextSibling()
  if (!first) return { kind: "serialised", html: "" }
  const root: HTMLElement = first
  const { copy } = copyElement(root, walker, {
    inFlow: wholePage(root),
    positioned: wholePage(root),
    opacity: 1,
    display: "shown",
  })
  return withinLimit(copy)

  function withinLimit(html: Element): { kind: "serialised"; html: string } | { kind: "too large" } {
    const whole = html.outerHTML
    if (whole.length <= limit) return { kind: "serialised", html: `<!doctype html>${whole}` }
    for (const bulk of html.querySelectorAll("style, script:not([type*=json]), svg")) bulk.replaceChildren()
    const lighter = html.outerHTML
    return lighter.length <= limit ? { kind: "serialised", html: `<!doctype html>${lighter}` } : { kind: "too large" }
  }

  /** What can be scrolled to: down without end, sideways for two more screens in the direction of reading, never back. */
  function wholePage(html: HTMLElement): Box {
    const beyond = 2 * innerWidth
    const rightToLeft = getComputedStyle(html).direction === "rtl"
    return {
      left: -scrollX - (rightToLeft ? beyond : 0),
      top: -scrollY,
      right: -scrollX + innerWidth + (rightToLeft ? 0 : beyond),
      bottom: Number.POSITIVE_INFINITY,
    }
  }

  function copyElement(element: Element, at: TreeWalker, outer: Frame): { copy: Element; verdict: Verdict } {
    const copy = inert.importNode(element, false)
    copy.removeAttribute("data-giant-hidden")
    const style = getComputedStyle(element)
    const display = displayOf(element, style, outer)
    if (style.display === "none" && outer.display === "shown" && !unseenByNature.test(element.localName)) {
      copy.setAttribute("style", `display:none;${copy.getAttribute("style") ?? ""}`)
    }
    const inner = display === "shown" ? frameOf(element, style, outer) : { ...outer, display }
    const parts: { copy: Node; verdict: Verdict }[] = []

    const shadow = shadowRootOf.call(element)
    if (shadow instanceof ShadowRoot) {
      const opened = inert.createElement("div")
      opened.setAttribute("data-giant-shadow", "")
      const inside = copyChildren(walk(shadow), inner, element, style, false)
      for (const part of inside) opened.append(part.copy)
      parts.push({ copy: opened, verdict: settle(opened, inside) })
    }
    parts.push(...copyChildren(at, inner, element, style, shadow instanceof ShadowRoot))
    for (const part of parts) Node.prototype.appendChild.call(copy, part.copy)
    const verdict = settle(copy, parts)
    return { copy, verdict: verdict === null && isPictureSeen(element, inner) ? "visible" : verdict }
  }

  /** Whether an element without text shows something all the same: a picture, an icon, a coloured box. */
  function isPictureSeen(element: Element, frame: Frame): boolean {
    if (frame.display !== "shown" || frame.opacity < faintest) return false
    return isSeenIn(Element.prototype.getBoundingClientRect.call(element), frame.inFlow)
  }

  function copyChildren(at: TreeWalker, frame: Frame, parent: Element, style: CSSStyleDeclaration, slotted: boolean) {
    const parts: { copy: Node; verdict: Verdict }[] = []
    let node = at.firstChild()
    if (node === null) return parts
    for (; node !== null; node = at.nextSibling()) {
      if (node instanceof Element) {
        const unslotted = slotted && assignedSlotOf.call(node) === null
        parts.push(copyElement(node, at, unslotted ? { ...frame, display: "never" } : frame))
      } else if (node instanceof Text) {
        const unslotted = slotted && textSlotOf.call(node) === null
        const verdict = judge(node, parent, style, unslotted ? { ...frame, display: "never" } : frame)
        parts.push({ copy: inert.importNode(node, false), verdict })
      }
    }
    at.parentNode()
    return parts
  }

  /** Marks `copy` where all of its text is hidden, and the bare texts in it where only these are. */
  function settle(copy: Element, parts: { copy: Node; verdict: Verdict }[]): Verdict {
    const visible = parts.some((part) => part.verdict === "visible")
    const hidden = parts.filter((part) => part.verdict === "hidden")
    if (hidden.length === 0) return visible ? "visible" : null
    if (!visible) {
      Element.prototype.setAttribute.call(copy, "data-giant-hidden", "")
      return "hidden"
    }
    for (const { copy: text } of hidden) {
      if (!(text instanceof Text)) continue
      const wrapping = inert.createElement("span")
      wrapping.setAttribute("data-giant-hidden", "")
      text.replaceWith(wrapping)
      wrapping.append(text)
    }
    return "visible"
  }

  /** Folded is what a click could open (a closed `details`, a hidden tab); it says so itself. Never is what no click shows. */
  function displayOf(element: Element, style: CSSStyleDeclaration, outer: Frame): Frame["display"] {
    if (outer.display !== "shown" || style.display === "contents") return outer.display
    return Element.prototype.checkVisibility.call(element) ? "shown" : "folded"
  }

  function frameOf(element: Element, style: CSSStyleDeclaration, outer: Frame): Frame {
    const base = style.position === "fixed" ? viewport : style.position === "absolute" ? outer.positioned : outer.inFlow
    const inFlow = isCutAway(style) ? nowhere : withinOverflow(element, style, base)
    const holdsPositioned = style.position !== "static" || style.transform !== "none"
    return {
      inFlow,
      positioned: holdsPositioned ? inFlow : outer.positioned,
      opacity: outer.opacity * Number(style.opacity),
      display: "shown",
    }
  }

  function isCutAway({ clip, clipPath, position }: CSSStyleDeclaration): boolean {
    const [top = 0, right = 0, bottom = 0, left = 0] = (clip.match(/-?[\d.]+/g) ?? []).map(Number)
    const clipped = clip.startsWith("rect(") && (right - left <= 1 || bottom - top <= 1)
    if (clipped && (position === "absolute" || position === "fixed")) return true
    return /^(inset\((5\d|[6-9]\d|\d{3,})(\.\d+)?%|circle\(0|ellipse\(0)/.test(clipPath)
  }

  /** The part of `base` that the element's overflow leaves; what it can scroll to counts as seen, except at its negative side. */
  function withinOverflow(element: Element, style: CSSStyleDeclaration, base: Box): Box {
    if (element === root || element.localName === "body" || style.display === "inline") return base
    const x = style.overflowX
    const y = style.overflowY
    if (x === "visible" && y === "visible") return base
    const box = Element.prototype.getBoundingClientRect.call(element)
    const cut = { ...base }
    if (x !== "visible") {
      cut.left = Math.max(base.left, box.left)
      cut.right = Math.min(base.right, box.right)
    }
    if (y !== "visible") {
      cut.top = Math.max(base.top, box.top)
      cut.bottom = Math.min(base.bottom, box.bottom)
    }
    if (cut.right - cut.left <= 1 || cut.bottom - cut.top <= 1) return nowhere
    if (x === "auto" || x === "scroll") {
      const backwards = style.direction === "rtl" ? element.scrollWidth - element.clientWidth : 0
      cut.left = box.left - element.scrollLeft - backwards
      cut.right = cut.left + element.scrollWidth
    }
    if (y === "auto" || y === "scroll") {
      cut.top = box.top - element.scrollTop
      cut.bottom = cut.top + element.scrollHeight
    }
    return cut
  }

  function judge(text: Text, parent: Element, style: CSSStyleDeclaration, frame: Frame): Verdict {
    if (frame.display === "folded" || unseenByNature.test(parent.localName) || text.data.trim() === "") return null
    if (frame.display === "never" || frame.opacity < faintest || style.visibility !== "visible") return "hidden"
    if (Number.parseFloat(style.fontSize) <= 1) return "hidden"
    const range = new Range()
    range.selectNodeContents(text)
    const seen = [...range.getClientRects()].find((box) => isSeenIn(box, frame.inFlow))
    return seen === undefined || isColouredAway(parent, style, seen) ? "hidden" : "visible"
  }

  function isSeenIn(box: Box, region: Box): boolean {
    return (
      Math.min(box.right, region.right) - Math.max(box.left, region.left) > 1 &&
      Math.min(box.bottom, region.bottom) - Math.max(box.top, region.top) > 1
    )
  }

  /** Text in the colour of what is behind it. In doubt (pictures, gradients, half-transparent layers) it counts as visible. */
  function isColouredAway(parent: Element, style: CSSStyleDeclaration, box: Box): boolean {
    const colour = colourOf(style.webkitTextFillColor)
    if (colour === null || style.textShadow !== "none") return false
    const behind = backgroundOf(parent)
    if (behind === "unknown") return false
    if (colour.alpha >= faintest && !isNear(colour, behind)) return false
    return !isPaintedBehind(parent, colour, box)
  }

  function backgroundOf(element: Element): Colour | "unknown" {
    let at: Element | null = element
    for (; at !== null; at = parentOf(at)) {
      const { backgroundColor, backgroundImage, backgroundClip } = getComputedStyle(at)
      if (backgroundImage !== "none" || backgroundClip === "text") return "unknown"
      const colour = colourOf(backgroundColor)
      if (colour === null || (colour.alpha > 0 && colour.alpha < 1)) return "unknown"
      if (colour.alpha === 1) return colour
    }
    return getComputedStyle(root).colorScheme.includes("dark") ? "unknown" : { channels: [255, 255, 255], alpha: 1 }
  }

  function parentOf(element: Element): Element | null {
    const parent = getter(Node.prototype, "parentNode").call(element)
    return parent instanceof ShadowRoot ? parent.host : parent instanceof Element ? parent : null
  }

  /** Whether something else is painted under the text: a picture, or a box of another colour that is not around it. */
  function isPaintedBehind(parent: Element, colour: Colour, box: Box): boolean {
    if (colour.alpha < faintest) return false
    painters ??= findPainters()
    const x = (box.left + box.right) / 2
    const y = (box.top + box.bottom) / 2
    return painters.some((painter) => {
      const { left, top, right, bottom } = painter.box
      if (x < left || x > right || y < top || y > bottom) return false
      if (painter.own && Node.prototype.contains.call(painter.element, parent)) return false
      return painter.colour === null || !isNear(colour, painter.colour)
    })
  }

  function findPainters() {
    const found: { element: Element; box: Box; colour: Colour | null; own: boolean }[] = []
    for (const element of Document.prototype.querySelectorAll.call(document, "body *")) {
      const box = Element.prototype.getBoundingClientRect.call(element)
      if (/^(img|video|canvas|iframe|svg|picture|object|embed)$/.test(element.localName)) {
        found.push({ element, box, colour: null, own: true })
      }
      for (const layer of [null, "::before", "::after"]) {
        const { backgroundColor, backgroundImage, content } = getComputedStyle(element, layer)
        if (layer !== null && content === "none") continue
        const colour = colourOf(backgroundColor)
        if (backgroundImage !== "none") found.push({ element, box, colour: null, own: layer === null })
        else if (colour === null || colour.alpha >= faintest) found.push({ element, box, colour, own: layer === null })
      }
    }
    return found
  }

  function colourOf(css: string): Colour | null {
    const numbers = /^rgba?\(([^)]*)\)$/
      .exec(css)?.[1]
      ?.split(/[ ,/]+/)
      .map(Number)
    if (numbers === undefined || numbers.some(Number.isNaN)) return null
    return { channels: numbers.slice(0, 3), alpha: numbers[3] ?? 1 }
  }

  function isNear(one: Colour, other: Colour): boolean {
    return one.channels.every((channel, i) => Math.abs(channel - (other.channels[i] ?? 0)) <= nearColour)
  }

  function walk(from: Node): TreeWalker {
    return Document.prototype.createTreeWalker.call(document, from)
  }

  function getter(prototype: object, property: string): (this: unknown) => unknown {
    return Object.getOwnPropertyDescriptor(prototype, property)?.get ?? (() => null)
  }
}
