import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import { fieldsSchema, type PersonRef } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import type { Found } from "../../hooks.ts"
import { defineLayout, readLayouts } from "../../layout.ts"
import type { Part } from "../../page.ts"
import { isX, xHandle, xHosts } from "../address.ts"
import { findPosts, notPosts, postTexts } from "../timeline.ts"
import { xNonPages, xWalls } from "../walls.ts"

const CELL = '[data-testid="UserCell"]'
const RESULT = `[data-testid="primaryColumn"] article[data-testid="tweet"], [data-testid="primaryColumn"] ${CELL}`
const KINDS = new Set(["live", "user", "top"])

/** A search on X: posts, or with `f=user` people. */
export const xSearch: Adapter = {
  page: "x.search",
  matches: (url) => isX(url) && /^\/search\/?$/.test(url.pathname) && url.searchParams.has("q"),
  address: (url) => `https://x.com/search?${new URLSearchParams(known(url.searchParams))}`,
  hosts: () => xHosts,
  ready: { any: [RESULT, ...xNonPages], scroller: null, lazy: [], screens: 1, waitMs: 15_000, lazyWaitMs: 3_000 },
  schema: fieldsSchema.pick({ posts: true, people: true }),
  parse: (capture, trace) => readLayouts("x.search", capture, xWalls, [peopleLayout, postsLayout], trace),
}

const postsLayout = defineLayout<Part>({
  name: "posts",
  fits: ({ $ }) => $(RESULT).is("article"),
  cut: { main: '[data-testid="primaryColumn"]', leaveOut: `nav, [role=group], ${notPosts}`, verbatim: postTexts },
  open: (part) => part,
  chains: { posts: [{ name: "timeline", find: findPosts }] },
  needs: ["posts"],
})

/** A page of posts can name people too, as a suggestion; then it is still a page of posts. */
const peopleLayout = defineLayout<Part>({
  name: "people",
  fits: ({ $ }) => $(RESULT).length > 0 && !$(RESULT).is("article"),
  cut: { main: '[data-testid="primaryColumn"]', leaveOut: `nav, button:not(${CELL})`, verbatim: `${CELL} [dir]` },
  open: (part) => part,
  chains: { people: [{ name: "user-cells", find: findPeople }] },
  needs: ["people"],
})

function known(parameters: URLSearchParams): [string, string][] {
  return [...parameters].filter(([name, value]) => name === "q" || (name === "f" && KINDS.has(value)))
}

function findPeople(part: Part): Found<PersonRef[]> | null {
  const people = part.main
    .find(CELL)
    .toArray()
    .flatMap((cell) => readCell(part, part.$(cell)) ?? [])
  const [first] = people
  return first === undefined ? null : { value: people, quote: first.name }
}

function readCell({ $, lines }: Part, cell: Cheerio<Element>): PersonRef | null {
  const handle = cell
    .find("a[href]")
    .toArray()
    .map((link) => xHandle($(link).attr("href")))
    .find((one) => one !== null)
  const shown = lines(cell)
  const name = shown[shown.findIndex((line) => line.toLowerCase() === `@${handle}`) - 1]
  if (handle === undefined || name === undefined) return null
  return { name, headline: null, title: null, url: `https://x.com/${handle}`, location: null }
}
