import { html } from "./markup.ts"

/** The script with which an editor of a page tells the lines of what was written into it. */
export const linesOf = html`function linesOf(element) {
  const lines = [""]
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === 3) {
        const [first, ...rest] = child.data.split("\\n")
        lines[lines.length - 1] += first
        lines.push(...rest)
      } else if (child.nodeName === "BR") {
        if (child.nextSibling) lines.push("")
      } else {
        if (child.previousSibling) lines.push("")
        walk(child)
      }
    }
  }
  walk(element)
  return lines
}`
