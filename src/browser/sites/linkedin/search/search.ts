import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import { fieldsSchema, type PersonRef } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import type { Found } from "../../hooks.ts"
import { defineLayout, readLayouts } from "../../layout.ts"
import type { Part } from "../../page.ts"
import { isLinkedin, linkedinHosts, linkedinSlug } from "../address.ts"
import { linkedinNonPages, linkedinWalls } from "../walls.ts"

/** The forms in which a result is known to come. */
const RESULTS = [
  { name: "universal-template", selector: '[data-view-name="search-entity-result-universal-template"]' },
  { name: "people-search-result", selector: '[data-view-name="people-search-result"]' },
  { name: "list-item", selector: '[data-testid="lazy-column"] [role="list"] [role="listitem"]' },
]
const ANY_RESULT = RESULTS.map(({ selector }) => selector).join(", ")

/** A search for people on LinkedIn. */
export const linkedinSearch: Adapter = {
  page: "linkedin.search",
  matches: (url) => isLinkedin(url) && /^\/search\/results\/people\/?$/.test(url.pathname),
  address: (url) => `https://www.linkedin.com/search/results/people/?${new URLSearchParams(known(url.searchParams))}`,
  hosts: () => linkedinHosts,
  ready: {
    any: [ANY_RESULT, ...linkedinNonPages],
    scroller: null,
    lazy: [],
    screens: 1,
    waitMs: 15_000,
    lazyWaitMs: 3_000,
  },
  schema: fieldsSchema.pick({ people: true }),
  parse: (capture, trace) => readLayouts("linkedin.search", capture, linkedinWalls, [layout], trace),
}

const layout = defineLayout<Part>({
  name: "results",
  fits: ({ $ }) => $("main").find(ANY_RESULT).length > 0,
  cut: { main: "main", leaveOut: "nav, aside, footer, .visually-hidden, [role=dialog], button" },
  open: (part) => part,
  chains: { people: RESULTS.map(({ name, selector }) => ({ name, find: (part) => findPeople(part, selector) })) },
  needs: ["people"],
})

function known(parameters: URLSearchParams): [string, string][] {
  return [...parameters].filter(([name]) => name === "keywords" || name === "page")
}

function findPeople(part: Part, selector: string): Found<PersonRef[]> | null {
  const { $, main } = part
  const people = main
    .find(selector)
    .toArray()
    .flatMap((result) => readResult(part, $(result)) ?? [])
  const [first] = people
  return first === undefined ? null : { value: people, quote: first.name }
}

/** In order: name with degree, headline, place. The first link to a profile is the result's own; further links are of mutual
 * connections, and what they say is not about the person. */
function readResult(part: Part, result: Cheerio<Element>): PersonRef | null {
  const links = result
    .find("a[href]")
    .toArray()
    .map((link) => ({ slug: linkedinSlug("in", part.$(link).attr("href")), lines: part.lines(part.$(link)) }))
  const slug = links.find((link) => link.slug !== null)?.slug
  const shown = links.find((link) => link.slug === slug && link.lines.length > 0)?.lines[0]
  const name = shown?.split(/\s[•·]\s/)[0]
  if (slug === undefined || slug === null || slug === "unavailable" || shown === undefined || !name) return null
  const others = links.filter((link) => link.slug !== slug).flatMap(({ lines }) => lines)
  const lines = part.lines(result)
  const [headline, location] = lines
    .slice(lines.findIndex((line) => line.startsWith(shown)) + 1)
    .filter((line) => !/^[•·]/.test(line) && !others.some((other) => line.includes(other)))
  return {
    name,
    // One line alone could be either.
    headline: location === undefined ? null : (headline ?? null),
    title: null,
    url: `https://www.linkedin.com/in/${encodeURIComponent(slug)}/`,
    location: location ?? null,
  }
}
