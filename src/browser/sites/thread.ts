import { type Cheerio, type CheerioAPI, load } from "cheerio"
import type { Element } from "domhandler"
import { fold } from "./text.ts"

/** One message of a conversation. `id` is the site's own, `at` an ISO time, both null where the page does not say. */
export type ThreadMessage = { from: "them" | "us"; text: string; id: string | null; at: string | null }

/** Where the messages of one site's conversation stand, and how it is known who wrote each. */
export type ThreadHooks = {
  /** Each message, the oldest first. */
  message: string
  /** Its text, within it. */
  text: string
  /** A link to whoever wrote it and those that follow without such a link, within the message. */
  author: string | null
  /** Matches, or stands within, a message of the other's and none of our own. */
  theirs: string
  /** The attribute with the message's own id, on it or within it. */
  id: string | null
}

/** What a conversation says. drift: it cannot be told who wrote what, so nothing of it is believed. */
type ReadThread = { kind: "found"; messages: ThreadMessage[] } | { kind: "drift"; reason: string }

/** Reads the messages of a captured conversation. `isThem` knows the other's address. Pure. */
export function readMessages(html: string, hooks: ThreadHooks, isThem: (href: string) => boolean): ReadThread {
  const $ = load(html)
  const messages: ThreadMessage[] = []
  let writer: "them" | "us" | null = null
  for (const element of $<Element, string>(hooks.message).toArray()) {
    const message = $(element)
    const body = message.find(hooks.text).first()
    if (body.length === 0) continue
    const href = hooks.author === null ? undefined : message.find(hooks.author).first().attr("href")
    const isMarked = message.is(hooks.theirs) || message.find(hooks.theirs).length > 0
    const marked = isMarked ? "them" : "us"
    if (href !== undefined) writer = isThem(href) ? "them" : "us"
    const from = hooks.author === null ? marked : writer
    if (from !== marked) {
      return { kind: "drift", reason: "The conversation does not show who wrote what." }
    }
    messages.push({ from: marked, text: textOf($, body), id: idOf(message, hooks.id), at: timeOf(message) })
  }
  return { kind: "found", messages }
}

function textOf($: CheerioAPI, body: Cheerio<Element>): string {
  const copy = body.clone()
  copy.find("br").replaceWith("\n")
  copy.find("img[alt]").each((_, image) => void $(image).replaceWith($(image).attr("alt") ?? ""))
  return fold(copy.text())
}

function idOf(message: Cheerio<Element>, attribute: string | null): string | null {
  if (attribute === null) return null
  return message.attr(attribute) ?? message.find(`[${attribute}]`).first().attr(attribute) ?? null
}

function timeOf(message: Cheerio<Element>): string | null {
  const written = message.find("time[datetime]").first().attr("datetime")
  return written !== undefined && !Number.isNaN(Date.parse(written)) ? new Date(written).toISOString() : null
}
