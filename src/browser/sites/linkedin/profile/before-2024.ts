import type { Cheerio } from "cheerio"
import type { AnyNode, Element } from "domhandler"
import { z } from "zod"
import { parseLabelledCount } from "../../count.ts"
import { type Found, structuredText, words } from "../../hooks.ts"
import { defineLayout } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { linkedinSlug } from "../address.ts"
import { readPageData } from "../page-data.ts"
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
  record: ProfileRecord | null
  experience: Experience
  education: Row[]
}

const ENTITY = '.pvs-entity, [data-view-name="profile-component-entity"]'
const SHOWN = 'span[aria-hidden="true"]'
const CONTACT = "a#top-card-text-details-contact-info, a[href*='/overlay/contact-info']"

/** The logged-in layout of 2022 and 2023: sections behind empty anchors, and every text twice, once for eyes and once (in other
 * words) for screen readers. */
export const before2024Layout = defineLayout<Profile>({
  name: "before-2024",
  fits: ({ $ }) => $("body.ember-application main section h1, #profile-content main section h1").length > 0,
  cut: {
    main: "main",
    leaveOut: [
      "nav, aside, footer, .visually-hidden, [role=dialog], [role=toolbar], .pvs-profile-actions",
      ...["recommendations", "interests"].map((anchor) => `section:has(> #${anchor})`),
      ...["recent_activity", "content_collections"].map((anchor) => `section:has(> #${anchor}) ul`),
      '[id^="browsemap_recommendation"], [id^="pymk_recommendation"]',
    ].join(", "),
    verbatim: SHOWN,
  },
  open: readProfile,
  chains: {
    name: [
      { name: "h1", find: ({ part, top }) => words(part.line(top.find("h1").first())) },
      { name: "page-data", find: ({ record }) => structuredText("firstName, lastName", record && fullName(record)) },
    ],
    headline: [
      {
        name: "text-body-medium",
        find: ({ part, top }) => findHeadline(part.line(top.find(".text-body-medium").first())),
      },
      { name: "page-data", find: ({ record }) => findHeadline(record?.headline ?? "", "headline") },
    ],
    title: [{ name: "experience-open-ended", find: ({ experience }) => findTitle(experience) }],
    company: [
      { name: "experience-open-ended", find: ({ experience }) => findCompany(experience) },
      {
        name: "current-company",
        find: ({ part, top, experience }) => (experience === null ? findCurrent(part, top) : null),
      },
    ],
    location: [{ name: "contact-row", find: ({ part, top }) => findPlace(part, top) }],
    about: [{ name: "about-section", find: ({ part }) => findAbout(part) }],
    followers: [{ name: "activity-header", find: ({ part }) => findFollowers(part) }],
    experience: [{ name: "experience-rows", find: ({ experience }) => findExperience(experience) }],
    education: [{ name: "education-rows", find: ({ education }) => findEducation(education) }],
  },
  needs: ["name"],
})

function readProfile(part: Part, page: Page): Profile {
  const experience = sectionOf(part, "experience")
  const education = sectionOf(part, "education")
  return {
    part,
    top: part.main.find("section:has(h1)").first(),
    record: readRecord(part, page),
    experience:
      experience.length === 0 ? null : readExperience(readRows(part, experience), strayTexts(part, experience)),
    education: readRows(part, education),
  }
}

function sectionOf({ main }: Part, anchor: string): Cheerio<Element> {
  return main.find(`section:has(> div#${anchor})`).first()
}

function readRows(part: Part, section: Cheerio<Element>): Row[] {
  return rowsOf(part, section)
    .toArray()
    .map((entity) => ({
      ...readRow(part, part.$(entity)),
      nested: part
        .$(entity)
        .find(ENTITY)
        .toArray()
        .map((role) => readRow(part, part.$(role)))
        .filter((role) => hasDates(role.texts)),
    }))
}

/** The entries of the section's own list; those of lists in it are roles at one company. */
function rowsOf({ $ }: Part, section: Cheerio<Element>): Cheerio<Element> {
  return section.find(ENTITY).filter((_, entity) => {
    const around = $(entity).parentsUntil(section)
    return around.filter(ENTITY).length === 0 && around.filter("li").length <= 1
  })
}

function readRow({ $, line, lines }: Part, row: Cheerio<Element>): Row {
  const texts = row
    .find(SHOWN)
    .filter((_, shown) => $(shown).parentsUntil(row).filter("ul, .pvs-entity__sub-components").length === 0)
    .toArray()
    .map((shown) => line($(shown)))
    .filter((text) => text !== "")
  return { texts, lines: lines(row), nested: [] }
}

function strayTexts(part: Part, section: Cheerio<Element>): string[] {
  const rows = rowsOf(part, section)
  return section
    .find(SHOWN)
    .filter((_, shown) => !part.$(shown).parents().is(rows))
    .toArray()
    .map((shown) => part.line(part.$(shown)))
}

function findHeadline(text: string, key?: string): Found<string> | null {
  if (text === "--") return null
  return key === undefined ? words(text) : structuredText(key, text)
}

/** The label stands for the company that the person works at now; only the page in English says so. */
function findCurrent(part: Part, top: Cheerio<Element>): Found<string> | null {
  return words(part.line(top.find('[aria-label="Current company"], [aria-label^="Current company:"]').first()))
}

function findPlace(part: Part, top: Cheerio<Element>): Found<string> | null {
  const order = top.find(`span.text-body-small.inline, ${CONTACT}`)
  const contactAt = order.index(top.find(CONTACT).first())
  if (contactAt < 1) return null
  const place = part.line(order.eq(contactAt - 1))
  return /\p{Nd}{3}|^\p{Nd}/u.test(place) ? null : words(place)
}

function findAbout(part: Part): Found<string> | null {
  const text = sectionOf(part, "about")
    .find(SHOWN)
    .filter((_, shown) => part.$(shown).closest("h2").length === 0)
  return words(part.lines(text.first()).join("\n"))
}

function findFollowers(part: Part): Found<number> | null {
  const activity = [sectionOf(part, "recent_activity"), sectionOf(part, "content_collections")].find(
    ({ length }) => length > 0,
  )
  const counts: Cheerio<AnyNode>[] =
    activity
      ?.find(SHOWN)
      .toArray()
      .map((shown) => part.$(shown)) ?? []
  const quote = counts.map(part.line).find((text) => parseLabelledCount(text) !== null)
  const value = parseLabelledCount(quote ?? "")
  return quote === undefined || value === null ? null : { value, quote }
}

const recordSchema = z.object({
  publicIdentifier: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  headline: z.string().nullish(),
})
type ProfileRecord = z.infer<typeof recordSchema>

/** The record under the address's own name: the viewer's stands beside it. */
function readRecord({ $ }: Part, page: Page): ProfileRecord | null {
  const slug = linkedinSlug("in", page.url.href)
  const records = readPageData($).flatMap((record) => recordSchema.safeParse(record).data ?? [])
  return records.find(({ publicIdentifier }) => publicIdentifier.toLowerCase() === slug) ?? null
}

function fullName({ firstName, lastName }: ProfileRecord): string {
  return `${firstName} ${lastName}`.trim()
}
