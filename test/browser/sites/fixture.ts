import { readFileSync } from "node:fs"
import { load } from "cheerio"
import type { Capture, Fields, Reading } from "../../../src/browser/reading.ts"
import type { Adapter } from "../../../src/browser/sites/adapter.ts"

/** A page that answered with 200 at the address asked for, unless `more` says otherwise. */
export function capture(url: string, html: string, more: Partial<Capture> = {}): Capture {
  return { url, finalUrl: url, status: 200, html, capturedAt: "2026-11-20T12:00:00.000Z", ...more }
}

/** The saved page `<name>.html` in the folder `fixtures` beside a test. */
export function fixture(test: string, name: string): string {
  return readFileSync(new URL(`fixtures/${name}.html`, test), "utf8")
}

/** Quotes that are not words of the reading's own text. */
export function unprovedQuotes({ quotes, text }: Reading): string[] {
  return Object.values(quotes).filter((quote) => !text.includes(quote))
}

/** Damages the page in every way that one change can (one element gone, or one attribute gone) and tells which damage made a
 * value that is not on the whole page. Elements of `words` are left alone: without them the page says something else. */
export function wrongValues(adapter: Adapter, url: string, html: string, words: string): string[] {
  const whole = adapter.parse(capture(url, html)).fields
  return [...damages(html, words)].flatMap(({ what, damaged }) => {
    const reading = adapter.parse(capture(url, damaged))
    const wrong = Object.entries(reading.fields).filter(
      ([field, value]) => !isPartOf(value, Object.entries(whole), field),
    )
    return [...wrong.map(([field, value]) => `${what}: ${field} ${JSON.stringify(value)}`), ...unprovedQuotes(reading)]
  })
}

function* damages(html: string, words: string): Generator<{ what: string; damaged: string }> {
  const count = load(html)("body *").length
  for (let at = 0; at < count; at++) {
    const page = load(html)
    const element = page("body *").eq(at)
    if (element.is(words)) continue
    const what = `${element.prop("tagName")} ${JSON.stringify(element.attr())}`
    for (const name of Object.keys(element.attr() ?? {})) {
      const value = element.attr(name) ?? ""
      element.removeAttr(name)
      yield { what: `${what} without ${name}`, damaged: page.html() }
      element.attr(name, value)
    }
    element.remove()
    yield { what: `no ${what}`, damaged: page.html() }
  }
}

function isPartOf(value: Fields[keyof Fields], whole: [string, Fields[keyof Fields]][], field: string): boolean {
  const expected = whole.find(([name]) => name === field)?.[1]
  if (!Array.isArray(value) || !Array.isArray(expected)) return value === expected
  return value.every((item) => expected.some((one) => isSameOrLess(item, one)))
}

/** An entry of a list may lack what the damage took, but may not say anything else. */
function isSameOrLess(item: string | object, whole: string | object): boolean {
  if (typeof item === "string" || typeof whole === "string") return item === whole
  const known = new Map(Object.entries(whole))
  return Object.entries(item).every(([key, value]) => value === null || value === known.get(key))
}
