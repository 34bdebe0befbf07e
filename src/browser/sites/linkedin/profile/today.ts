import type { Cheerio } from "cheerio"
import type { AnyNode, Element } from "domhandler"
import { parseLabelledCount } from "../../count.ts"
import { type Found, words } from "../../hooks.ts"
import { defineLayout, type Refusal } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { linkedinSlug } from "../address.ts"
import {
  type Experience,
  findCompany,
  findEducation,
  findExperience,
  findTitle,
  hasDates,
  type Row,
  readExperience,
} from "./roles.ts"

type Profile = {
  part: Part
  top: Cheerio<Element>
  headline: string | null
  place: string | null
  about: string | null
  followers: string | null
  experience: Experience
  education: Row[]
}

const KEY = "com.linkedin.sdui.profile.card.ref"
const CARD = `[id^="${KEY}"], [componentkey^="${KEY}"]`
const VERIFIED_NAME = '[componentkey^="ProfileVerificationTriggerRef-"] h2'
const CONTACT = 'a[href*="/overlay/contact-info"]'
const TEXT_BOX = '[data-testid="expandable-text-box"]'
const ITEM = '[componentkey^="entity-collection-item-"]'
const PRONOUNS = new Set(
  "she her hers he him his they them theirs ze xe hir ella él elle ellos elles il lui iel er ihm sein sie ihr elu ela ele".split(
    " ",
  ),
)

/** The server-driven layout: hashed classes, no h1; cards carry keys with the profile's ID in them, and texts are bare paragraphs
 * that only their order and their links tell apart. */
export const todayLayout = defineLayout<Profile>({
  name: "today",
  fits: ({ $ }) => $(`${CARD}, [data-sdui-screen$="profile.Profile"]`).length > 0,
  cut: {
    main: "main#workspace, main",
    leaveOut: [
      "nav, aside, footer, [role=toolbar], [role=dialog]",
      '[data-testid="carousel-child-container"], [data-testid="expandable-text-button"]',
      `${TEXT_BOX} button`,
      '[componentkey*="AsideBrowsemap"], [componentkey^="ConnectButtonstate"]',
      cards("SuggestedForYou"),
      // Other people's words and names; the card itself stays, because its key counts for the profile's identity.
      ...["SalesInsightsOrHighlights", "RecommendationsTopLevel"].map((name) => `:is(${cards(name)}) > *`),
    ].join(", "),
  },
  open: readProfile,
  chains: {
    name: [
      { name: "verification-heading", find: ({ part, top }) => words(part.line(top.find(VERIFIED_NAME).first())) },
      { name: "only-heading", find: ({ part, top }) => words(part.line(onlyHeading(top))) },
    ],
    headline: [{ name: "after-degree", find: ({ headline }) => words(headline) }],
    title: [{ name: "experience-open-ended", find: ({ experience }) => findTitle(experience) }],
    company: [{ name: "experience-open-ended", find: ({ experience }) => findCompany(experience) }],
    location: [{ name: "contact-row", find: ({ place }) => words(place) }],
    about: [{ name: "about-text-box", find: ({ about }) => words(about) }],
    followers: [{ name: "activity-header", find: ({ followers }) => findFollowers(followers) }],
    experience: [{ name: "experience-rows", find: ({ experience }) => findExperience(experience) }],
    education: [{ name: "education-rows", find: ({ education }) => findEducation(education) }],
  },
  needs: ["name"],
})

function cards(name: string): string {
  return `[id^="${KEY}"][id*="${name}"], [componentkey^="${KEY}"][componentkey*="${name}"]`
}

function readProfile(part: Part, page: Page): Profile | Refusal {
  const found = readCards(part)
  const top = found?.get("Topcard")
  if (found === null || top === undefined) return drift("The page's cards are not all of one person.")
  const experienceCard = found.get("ExperienceTopLevelSection") ?? found.get("ExperienceDetailsSection")
  const rows = experienceCard === undefined ? [] : readRows(part, experienceCard)
  const strays = experienceCard === undefined ? [] : strayTexts(part, experienceCard)
  if (rows.length === 0 && hasDates(strays)) return drift("The experience section has dates, but no row that is known.")
  const educationCard = found.get("EducationTopLevelSection")
  const about = found.get("About")?.find(TEXT_BOX).first()
  return {
    part,
    top,
    ...readTopCard(part, top),
    about: about === undefined ? null : part.lines(about).join("\n"),
    followers: readFollowers(part, found, [
      linkedinSlug("in", page.url.href),
      linkedinSlug("in", top.find(CONTACT).attr("href")),
    ]),
    // Without its card the section was never loaded, which is not the same as no experience.
    experience: experienceCard === undefined ? null : readExperience(rows, strays),
    education: educationCard === undefined ? [] : readRows(part, educationCard),
  }
}

/** The cards by name, or null unless they all carry the ID of the top card. The activity card carries the slug instead. */
function readCards({ $, main }: Part): Map<string, Cheerio<Element>> | null {
  const keyed = main
    .find(CARD)
    .toArray()
    .flatMap((element) => {
      const keys = new Set([$(element).attr("componentkey"), $(element).attr("id")])
      return [...keys].flatMap((key) =>
        key?.startsWith(KEY) ? { element: $(element), key: key.slice(KEY.length) } : [],
      )
    })
  const id = keyed.find(({ key }) => key.endsWith("Topcard"))?.key.slice(0, -"Topcard".length)
  if (id === undefined || id === "") return null
  const byName = new Map<string, Cheerio<Element>>()
  for (const { element, key } of keyed) {
    const name = key.startsWith(id) ? key.slice(id.length) : key
    if (!key.endsWith("Activity") && (name === key || !/^[A-Z][A-Za-z0-9]*$/.test(name))) return null
    if (!byName.has(name)) byName.set(name, element)
  }
  return byName
}

/** In order: name; perhaps pronouns; "· 2nd"; headline; perhaps "Company · School"; place and contact link in one row. Paragraphs in
 * links and buttons (promotions, counts, the action row) do not belong to it. */
function readTopCard(part: Part, top: Cheerio<Element>): Pick<Profile, "headline" | "place"> {
  const { $ } = part
  const order = top.find(`h2, p, ${CONTACT}`)
  const contact = top.find(CONTACT).first()
  const bare = order
    .slice(order.index(top.find("h2").first()) + 1, contact.length === 0 ? undefined : order.index(contact))
    .filter((_, element) => $(element).is("p") && $(element).closest("a, button, [role=button], ul").length === 0)
    .filter((_, element) => $(element).find(contact).length === 0 && !/^[·•・]?$/.test(part.line($(element))))
    .toArray()
  const degreeAt = bare.findIndex((paragraph) => /^[·•・]\s*\S.{0,18}$/u.test(part.line($(paragraph))))
  const place = findPlace(part, top, contact, bare)
  const texts = bare
    .slice(degreeAt + 1)
    .filter((paragraph) => paragraph !== place)
    .map((paragraph) => part.line($(paragraph)))
  const [headline, ...more] = isPronouns(texts[0] ?? "") && texts.length > 1 ? texts.slice(1) : texts
  // A card always has a line for the headline; without it nothing tells the place from the headline.
  if (headline === undefined) return { headline: null, place: null }
  const isEmployers = more.length === 0 && repeatsButtons(part, top, headline)
  return {
    headline: headline === "--" || isEmployers ? null : headline,
    place: place === undefined || isCount(part.line($(place))) ? null : part.line($(place)),
  }
}

/** The one paragraph that shares a row with the contact link. */
function findPlace(part: Part, top: Cheerio<Element>, contact: Cheerio<Element>, bare: Element[]): Element | undefined {
  const row = contact
    .parentsUntil(top)
    .toArray()
    .find((around) => bare.some((paragraph) => part.$(paragraph).parents().is(around)))
  const [place, ...others] = row === undefined ? [] : bare.filter((paragraph) => part.$(paragraph).parents().is(row))
  return others.length === 0 && part.$(row).find("h2").length === 0 ? place : undefined
}

function isPronouns(text: string): boolean {
  const parts = text.toLowerCase().replace(/[()]/g, "").split("/")
  return parts.length > 1 && parts.every((part) => PRONOUNS.has(part.trim()))
}

/** "Company · School": both stand in the card again, as buttons. */
function repeatsButtons({ $, line }: Part, top: Cheerio<Element>, text: string): boolean {
  const buttons = new Set(
    top
      .find("[role=button]")
      .toArray()
      .map((button) => line($(button))),
  )
  return text.split(" · ").every((employer) => buttons.has(employer))
}

/** "105,570 followers" can stand where the place is. */
function isCount(text: string): boolean {
  return /\p{Nd}{3}|^\p{Nd}/u.test(text)
}

function readRows(part: Part, section: Cheerio<Element>): Row[] {
  const { $ } = part
  return section
    .find(ITEM)
    .filter((_, item) => $(item).parents(ITEM).length === 0)
    .toArray()
    .map((item) => {
      const roles = $(item)
        .find("ul > li")
        .filter((_, role) => hasDates(paragraphs(part, $(role))))
      return {
        texts: paragraphs(part, $(item), roles),
        lines: part.lines($(item)),
        nested: roles
          .toArray()
          .map((role) => ({ texts: paragraphs(part, $(role)), lines: part.lines($(role)), nested: [] })),
      }
    })
}

/** What the section says outside the rows that are known. */
function strayTexts(part: Part, section: Cheerio<Element>): string[] {
  return paragraphs(part, section, section.find(ITEM))
}

/** Texts of the paragraphs in order, those of text boxes and of the elements `without` left out. */
function paragraphs({ $, line }: Part, of: Cheerio<Element>, without?: Cheerio<Element>): string[] {
  const inside = (element: AnyNode) => without !== undefined && $(element).parents().is(without)
  return of
    .find("p")
    .filter((_, element) => $(element).find(TEXT_BOX).length === 0 && $(element).closest(TEXT_BOX).length === 0)
    .filter((_, element) => !inside(element))
    .toArray()
    .map((element) => line($(element)))
    .filter((text) => text !== "")
}

function readFollowers(part: Part, found: Map<string, Cheerio<Element>>, slugs: (string | null)[]): string | null {
  const [key, card] = [...found].find(([name]) => name.endsWith("Activity")) ?? []
  if (key === undefined || card === undefined) return null
  const slug = linkedinSlug("in", `/in/${key.slice(0, -"Activity".length)}`)
  if (key !== "Activity" && !slugs.includes(slug)) return null
  return paragraphs(part, card).find((text) => parseLabelledCount(text) !== null) ?? null
}

function findFollowers(quote: string | null): Found<number> | null {
  const value = parseLabelledCount(quote ?? "")
  return value === null || quote === null ? null : { value, quote }
}

function onlyHeading(top: Cheerio<Element>): Cheerio<Element> {
  const headings = top.find("h2")
  return headings.length === 1 ? headings : headings.slice(0, 0)
}

function drift(reason: string): Refusal {
  return { kind: "drift", reason }
}
