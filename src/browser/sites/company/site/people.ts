import type { Cheerio } from "cheerio"
import type { AnyNode } from "domhandler"
import type { PersonRef } from "../../../reading.ts"
import type { Found } from "../../hooks.ts"
import { linkedinSlug } from "../../linkedin/address.ts"
import type { Part } from "../../page.ts"

const TEAM =
  /\b(?:our[- ]?team|the[- ]?team|meet[- ]the[- ]team|team(?:[- ]members?)?|people|leadership|management|founders?|staff|our[- ]?experts?|équipe|equipo|squadra|gründer|geschäftsführung|mitarbeiter|ansprechpartner|unser[- ]?team)\b|チーム|経営陣|役員|فريق/iu
const TEAM_PATH =
  /^\/(?:[\w-]+\/)*(?:our-|the-|meet-the-)?(?:team|people|leadership|management|founders|staff)\/?(?:index\.html)?$/i
const OTHERS = /testimonial|customer|client|review|quote|case-?stud|story|stories|blog|press|kunden|referenz/i
const HEADINGS = "h1, h2, h3, h4, h5, h6"
const PARTICLE = "de|da|di|del|della|der|den|van|von|zu|al|bin|bint|la|le|dos|y|ter"
const NAME_PARTS = new RegExp(
  `^\\p{Lu}[\\p{L}\\p{M}.'’-]*(?: (?:(?:[dl]['’])?\\p{Lu}[\\p{L}\\p{M}.'’-]*|${PARTICLE})){1,4}$`,
  "u",
)
/** Headings that look like names and are none: "Our Mission", "Open Positions". */
const NO_NAME =
  /\b(?:our|the|your|we|why|how|what|who|meet|join|about|contact|open|mission|vision|values?|story|office|careers|jobs|press|company|unsere?|ihre?|wir|über)\b/iu
const NAME_UNCASED = /^[\p{Lo}\p{M}][\p{Lo}\p{M} ・·]{1,30}$/u

/** The people whom the company's own team section names: cards of a name followed by a title. Customers who praise the company are
 * other people's people. */
export function findPeople(part: Part, url: URL): Found<PersonRef[]> | null {
  const { $, main } = part
  const cards = main
    .find(`${HEADINGS}, strong, b, [itemprop="name"]`)
    .toArray()
    .flatMap((element) => readCard(part, $(element), TEAM_PATH.test(url.pathname)) ?? [])
  const people = [...new Map(cards.map((card) => [card.person.name, card])).values()]
  const [first] = people
  return first === undefined ? null : { value: people.map(({ person }) => person), quote: first.quote }
}

function readCard(
  part: Part,
  nameAt: Cheerio<AnyNode>,
  isTeamPage: boolean,
): { person: PersonRef; quote: string } | null {
  const name = part.line(nameAt)
  if (!isName(name) || !(isTeamPage || isInTeam(part, nameAt)) || isOfOthers(part, nameAt)) return null
  const card = smallestCard(part, nameAt, name)
  if (card === null) return null
  const lines = part.lines(card)
  const title = lines[lines.indexOf(name) + 1]
  const links = card.find("a").toArray()
  if (title === undefined || !isTitle(title) || links.some((link) => part.line(part.$(link)) === title)) return null
  const profile = card
    .find("a[href]")
    .toArray()
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

function isInTeam(part: Part, element: Cheerio<AnyNode>): boolean {
  return element
    .parents()
    .toArray()
    .some(
      (around) =>
        TEAM.test(labelsOf(part.$(around)).replace(/[_-]/g, " ")) ||
        TEAM.test(headingOf(part, part.$(around), element)),
    )
}

function isOfOthers(part: Part, element: Cheerio<AnyNode>): boolean {
  if (element.closest("blockquote, figcaption, [itemprop=review]").length > 0) return true
  const section = element.closest("section")
  const around = element.parentsUntil("body").toArray()
  return (
    around.some((one) => OTHERS.test(labelsOf(part.$(one)))) ||
    OTHERS.test(headingOf(part, section, element)) ||
    element.parent().find("blockquote, q").length > 0
  )
}

function labelsOf(element: Cheerio<AnyNode>): string {
  return [element.attr("id"), element.attr("class")].filter((label) => label !== undefined).join(" ")
}

/** The heading of a section: its first one, unless that is the element asked about. */
function headingOf(part: Part, section: Cheerio<AnyNode>, element: Cheerio<AnyNode>): string {
  if (!section.is("section, article, main, div")) return ""
  const heading = section.find("h1, h2, h3").first()
  return heading.is(element) ? "" : part.line(heading)
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
