import type { Cheerio } from "cheerio"
import type { AnyNode, Element } from "domhandler"
import type { PersonRef } from "../../../reading.ts"
import type { Found } from "../../hooks.ts"
import { linkedinSlug } from "../../linkedin/address.ts"
import type { Part } from "../../page.ts"

const TEAM =
  /(?<!\p{L})(?:our[- ]?team|the[- ]?team|meet[- ]the[- ]team|team(?:[- ]members?)?|people|leadership|management|founders?|staff|our[- ]?experts?|équipe|equipo|squadra|gründer|geschäftsführung|mitarbeiter|ansprechpartner|unser[- ]?team)(?!\p{L})|チーム|経営陣|役員|فريق/iu
const TEAM_PATH =
  /^\/(?:[\w-]+\/)*(?:our-|the-|meet-the-)?(?:team|people|leadership|management|founders|staff)\/?(?:index\.html)?$/i
const OTHERS = /testimonial|customer|client|review|quote|case-?stud|story|stories|blog|press|kunden|referenz/i
/** How many headings are looked at: a page may be made to cost time. */
const MOST_CARDS = 400
const HEADINGS = "h1, h2, h3, h4, h5, h6"
const PARTICLE = "de|da|di|del|della|der|den|van|von|zu|al|bin|bint|la|le|dos|y|ter"
const NAME_PARTS = new RegExp(
  `^\\p{Lu}[\\p{L}\\p{M}.'’-]*(?: (?:(?:[dl]['’])?\\p{Lu}[\\p{L}\\p{M}.'’-]*|${PARTICLE})){1,4}$`,
  "u",
)
/** Headings that look like names and are none: "Our Mission", "Open Positions". */
const NO_NAME =
  /(?<!\p{L})(?:our|the|your|we|why|how|what|who|meet|join|about|contact|open|mission|vision|values?|story|office|careers|jobs|press|company|unsere?|ihre?|wir|über)(?!\p{L})/iu
const NAME_UNCASED = /^[\p{Lo}\p{M}][\p{Lo}\p{M} ・·]{1,30}$/u

/** The people whom the company's own team section names: cards of a name followed by a title. Customers who praise the company are
 * other people's people. */
export function findPeople(part: Part, url: URL): Found<PersonRef[]> | null {
  const { $, main } = part
  const headings = firstHeadings(part)
  const isTeamPage = TEAM_PATH.test(url.pathname)
  const cards = main
    .find(`${HEADINGS}, strong, b, [itemprop="name"]`)
    .toArray()
    .slice(0, MOST_CARDS)
    .map((element) => $(element))
    .filter((element) => isName(part.line(element)))
    .filter((element) => (isTeamPage || isInTeam(element, headings)) && !isOfOthers(element, headings))
    .flatMap((element) => readCard(part, element) ?? [])
  const people = [...new Map(cards.map((card) => [card.person.name, card])).values()]
  const [first] = people
  return first === undefined ? null : { value: people.map(({ person }) => person), quote: first.quote }
}

/** For each element its first heading of a section's rank. */
type Headings = ReadonlyMap<AnyNode, { at: AnyNode; text: string }>

function firstHeadings({ $, main, line }: Part): Headings {
  const first = new Map<AnyNode, { at: AnyNode; text: string }>()
  for (const at of main.find("h1, h2, h3").toArray()) {
    const heading = { at, text: line($(at)) }
    for (const around of $(at).parents().toArray()) if (!first.has(around)) first.set(around, heading)
  }
  return first
}

function readCard(part: Part, nameAt: Cheerio<AnyNode>): { person: PersonRef; quote: string } | null {
  const name = part.line(nameAt)
  const card = smallestCard(part, nameAt, name)
  if (card === null) return null
  const lines = part.lines(card)
  const title = lines[lines.indexOf(name) + 1]
  const links = card.find("a").toArray()
  if (title === undefined || !isTitle(title) || links.some((link) => part.line(part.$(link)) === title)) return null
  const profile = links
    .map((link) => linkedinSlug("in", absolute(part.$(link).attr("href"))))
    .find((slug) => slug !== null)
  return {
    person: {
      name,
      headline: null,
      title,
      url: profile === undefined ? null : `https://www.linkedin.com/in/${encodeURIComponent(profile)}/`,
      location: null,
    },
    quote: `${name}\n${title}`,
  }
}

/** The nearest element around the name that says more than the name, and that names nobody else in the same way. */
function smallestCard(part: Part, nameAt: Cheerio<AnyNode>, name: string): Cheerio<AnyNode> | null {
  const around = nameAt
    .parents()
    .toArray()
    .find((element) => part.lines(part.$(element)).some((line) => line !== name))
  if (around === undefined) return null
  const card = part.$(around)
  const tag = nameAt.prop("tagName")
  return card.find(tag?.toLowerCase() ?? "b").length === 1 ? card : null
}

function isInTeam(element: Cheerio<AnyNode>, headings: Headings): boolean {
  const around = element.parents().toArray()
  return around.some(
    (one) => TEAM.test(labelsOf(one).replace(/[_-]/g, " ")) || TEAM.test(headingOf(one, element, headings)),
  )
}

function isOfOthers(element: Cheerio<AnyNode>, headings: Headings): boolean {
  if (element.closest("blockquote, figcaption, [itemprop=review]").length > 0) return true
  if (element.parent().find("blockquote, q").length > 0) return true
  const [section] = element.closest("section").toArray()
  if (section !== undefined && OTHERS.test(headingOf(section, element, headings))) return true
  return element
    .parentsUntil("body")
    .toArray()
    .some((one) => OTHERS.test(labelsOf(one)))
}

function labelsOf(element: Element): string {
  return `${element.attribs.id ?? ""} ${element.attribs.class ?? ""}`
}

/** The heading of an element around a name, unless that is the name itself. */
function headingOf(around: AnyNode, name: Cheerio<AnyNode>, headings: Headings): string {
  const heading = headings.get(around)
  return heading === undefined || name.is(heading.at) ? "" : heading.text
}

function isName(text: string): boolean {
  return (
    text.length <= 60 && (NAME_PARTS.test(text) || NAME_UNCASED.test(text)) && !TEAM.test(text) && !NO_NAME.test(text)
  )
}

function isTitle(text: string): boolean {
  return text.length <= 80 && text.split(" ").length <= 9 && !/[.!?:;@]$|\p{Nd}{3}/u.test(text)
}

function absolute(href: string | undefined): string | undefined {
  return href !== undefined && /^https?:\/\//i.test(href) ? href : undefined
}
