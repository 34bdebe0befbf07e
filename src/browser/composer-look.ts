import { z } from "zod"

export type ComposerHooks = {
  editor: string
  /** The last of these is pressed. */
  send: string
  /** The link on the recipient's name; null where the editor stands on the recipient's own page. */
  recipient: string | null
  /** What was sent, the newest last; null where that is not shown. */
  sent: string | null
  /** Stands on the page once it was sent; null where `sent` says it. */
  done: string | null
}

export type Look = z.output<typeof lookSchema>

export const lookSchema = z.object({
  editors: z.number(),
  text: z.string(),
  links: z.array(z.string()),
  sent: z.array(z.string()),
  isDone: z.boolean(),
})

/** What a composer shows: whom it writes to, what stands in it, what was sent. It uses nothing from outside its own body. */
export function lookAtComposer(hooks: ComposerHooks) {
  const all = (selector: string | null): Element[] =>
    selector === null ? [] : [...Document.prototype.querySelectorAll.call(document, selector)]
  const linesOf = (element: Element): string[] => {
    const lines = [""]
    const add = (text: string) => {
      const [first = "", ...rest] = text.split("\n")
      lines[lines.length - 1] += first
      lines.push(...rest)
    }
    const walk = (node: Node) => {
      for (const child of node.childNodes) {
        if (child instanceof Text) add(child.data)
        else if (child instanceof HTMLBRElement) {
          // The last one of a block only keeps it open.
          if (child.nextSibling) lines.push("")
        } else {
          const isBlock = child instanceof Element && !/^inline/.test(getComputedStyle(child).display)
          if (isBlock && child.previousSibling) lines.push("")
          walk(child)
        }
      }
    }
    walk(element)
    return lines
  }
  const textOf = (element: Element) =>
    element instanceof HTMLTextAreaElement ? element.value : linesOf(element).join("\n")
  const editors = all(hooks.editor)
  return {
    editors: editors.length,
    text: editors.map(textOf).join("\n"),
    links: all(hooks.recipient).map((link) => link.getAttribute("href") ?? ""),
    sent: all(hooks.sent).map(textOf),
    isDone: all(hooks.done).length > 0 && editors.length === 0,
  }
}
