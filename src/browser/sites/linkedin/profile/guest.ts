import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import { z } from "zod"
import { parseLabelledCount } from "../../count.ts"
import { type Found, structuredNumber, structuredText, words } from "../../hooks.ts"
import { isOfType, list, readJsonLd } from "../../json-ld.ts"
import { defineLayout } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { linkedinSlug } from "../address.ts"
import {
  currentRole,
  type Experience,
  findCompany,
  findEducation,
  findExperience,
  findTitle,
  type Row,
  readExperience,
} from "./roles.ts"

type Profile = { part: Part; subline: string[]; person: Person | null; experience: Experience; education: Row[] }

const TITLE = ".experience-item__title"

/** The page that LinkedIn shows to people who are not signed in. What it does not show it masks with asterisks. */
export const guestLayout = defineLayout<Profile>({
  name: "guest",
  fits: ({ $ }) => $('meta[name="pageKey"][content^="public_profile"], main .top-card-layout__title').length > 0,
  cut: {
    main: "main#main-content, main",
    leaveOut: [
      "nav, aside, footer, [role=dialog], form, .browsemap, .contextual-sign-in-modal, .modal",
      ...["posts", "recommendations", "browsemap", "related-people", "people-also-viewed"].map(
        (section) => `[data-section="${section}"]`,
      ),
    ].join(", "),
    // The time that a role has lasted stands in the same line as its dates.
    verbatim: ".date-range__duration",
  },
  open: readProfile,
  chains: {
    name: [
      {
        name: "top-card-title",
        find: ({ part }) => shown(words(part.line(part.main.find("h1.top-card-layout__title").first()))),
      },
      { name: "json-ld", find: ({ person }) => shown(structuredText("name", person?.name)) },
    ],
    headline: [
      {
        name: "top-card-headline",
        find: ({ part }) => shown(words(part.line(part.main.find("h2.top-card-layout__headline").first()))),
      },
    ],
    title: [
      { name: "experience-open-ended", find: ({ experience }) => findTitle(experience) },
      { name: "json-ld-job-title", find: ({ experience, person }) => findJobTitle(experience, person) },
    ],
    company: [
      { name: "experience-open-ended", find: ({ experience }) => findCompany(experience) },
      { name: "json-ld-works-for", find: ({ experience, person }) => findEmployer(experience, person) },
    ],
    location: [
      { name: "top-card-subline", find: ({ subline }) => shown(findPlace(subline)) },
      {
        name: "json-ld-address",
        find: ({ person }) => shown(structuredText("addressLocality", person?.address?.addressLocality)),
      },
    ],
    about: [{ name: "summary-section", find: ({ part }) => findSummary(part) }],
    followers: [
      { name: "json-ld-follows", find: ({ person }) => structuredNumber("userInteractionCount", followers(person)) },
      { name: "top-card-subline", find: ({ subline }) => findFollowers(subline) },
    ],
    experience: [{ name: "experience-rows", find: ({ experience }) => findExperience(experience) }],
    education: [{ name: "education-rows", find: ({ education }) => findEducation(education) }],
  },
  needs: ["name"],
})

function readProfile(part: Part, page: Page): Profile {
  const experience = part.main.find('[data-section="experience"]').first()
  const subline = part.main.find(".top-card-layout__first-subline").first()
  return {
    part,
    subline: subline
      .find("span")
      .filter((_, span) => part.$(span).find("span").length === 0)
      .toArray()
      .map((span) => part.line(part.$(span))),
    person: readPerson(part, page),
    experience: experience.length === 0 ? null : readRoles(part, experience),
    education: readSchools(part),
  }
}

/** Rows with masks say nothing, not even whether the role has ended: then only a current role that is shown counts. */
function readRoles(part: Part, section: Cheerio<Element>): Experience {
  const rows = section
    .find(".experience__list > li")
    .toArray()
    .map((entry) => readEntry(part, part.$(entry)))
  const shown = rows.filter(isShown).map((row) => ({ ...row, nested: row.nested.filter(isShown) }))
  const experience = readExperience(shown, [])
  const isWhole = rows.every((row) => isShown(row) && row.nested.every(isShown))
  return isWhole || currentRole(experience) !== null ? experience : null
}

function readEntry(part: Part, entry: Cheerio<Element>): Row {
  const group = entry.is(".experience-group") ? entry : entry.find(".experience-group").first()
  if (group.length === 0) return readRole(part, entry)
  const roles = group.find("li").filter((_, role) => part.$(role).find(TITLE).length > 0)
  const nested = roles.toArray().map((role) => readRole(part, part.$(role)))
  const lines = part.lines(group)
  const header = lines.slice(0, lines.indexOf(nested[0]?.lines[0] ?? ""))
  return { texts: header, lines, nested }
}

function readRole({ line, lines }: Part, role: Cheerio<Element>): Row {
  const [title, company] = [TITLE, ".experience-item__subtitle"].map((name) => line(role.find(name).first()))
  const dates = lines(role.find(".date-range").first())[0]
  const place = line(role.find(".experience-item__meta-item:not(:has(.date-range))").first())
  return { texts: [title, company, dates, place].filter(isThere), lines: lines(role), nested: [] }
}

function readSchools(part: Part): Row[] {
  const { $, main, line, lines } = part
  return main
    .find('[data-section="educationsDetails"] .education__list > li:has(h3)')
    .toArray()
    .map((entry) => {
      const [school, degree] = ["h3", "h4"].map((name) => line($(entry).find(name).first()))
      const dates = lines($(entry).find(".date-range").first())[0]
      return { texts: [school, degree, dates].filter(isThere), lines: lines($(entry)), nested: [] }
    })
    .filter(isShown)
}

function isThere(text: string | undefined): text is string {
  return text !== undefined && text !== ""
}

function isShown({ texts }: Row): boolean {
  return !texts.some(isMasked)
}

function isMasked(text: string): boolean {
  return /\*{3,}/.test(text)
}

function shown(found: Found<string> | null): Found<string> | null {
  return found === null || isMasked(found.value) ? null : found
}

/** Place, followers, connections: the place comes first and is no number. */
function findPlace([place]: string[]): Found<string> | null {
  return place === undefined || /\p{Nd}{3}|^\p{Nd}/u.test(place) ? null : words(place)
}

/** Followers come before connections; one number alone could be either. */
function findFollowers(subline: string[]): Found<number> | null {
  const [quote, another] = subline.filter((text) => /\p{Nd}/u.test(text))
  const value = parseLabelledCount(quote ?? "")
  return quote === undefined || another === undefined || value === null ? null : { value, quote }
}

function findSummary({ main, lines }: Part): Found<string> | null {
  const text = main
    .find('[data-section="summary"] p, [data-section="summary"] .core-section-container__content')
    .first()
  return shown(words(lines(text).join("\n")))
}

const personSchema = z.object({
  name: z.string().optional().catch(undefined),
  url: z.string().optional().catch(undefined),
  sameAs: z.unknown().optional(),
  jobTitle: z.unknown().optional(),
  worksFor: z.unknown().optional(),
  address: z.object({ addressLocality: z.string() }).optional().catch(undefined),
  interactionStatistic: z
    .object({
      name: z.string().optional(),
      interactionType: z.string().optional(),
      userInteractionCount: z.number().int(),
    })
    .optional()
    .catch(undefined),
})
type Person = z.infer<typeof personSchema>

/** The person whose address the page has: authors of posts are described too. */
function readPerson({ $ }: Part, page: Page): Person | null {
  const slug = linkedinSlug("in", page.url.href)
  const people = readJsonLd($)
    .filter((record) => isOfType(record, new Set(["Person"])))
    .flatMap((record) => personSchema.safeParse(record).data ?? [])
  return people.find(({ url, sameAs }) => [url, ...list(sameAs)].some((address) => isProfile(address, slug))) ?? null
}

function isProfile(address: unknown, slug: string | null): boolean {
  return typeof address === "string" && slug !== null && linkedinSlug("in", address) === slug
}

/** Roles without dates count only where the page shows no experience that could say that they have ended. */
function findJobTitle(experience: Experience, person: Person | null): Found<string> | null {
  const [title, another] = list(person?.jobTitle)
  if (experience !== null || typeof title !== "string" || another !== undefined) return null
  return shown(structuredText("jobTitle", title))
}

/** `worksFor` holds present employers; former ones stand among the schools in `alumniOf`. */
function findEmployer(experience: Experience, person: Person | null): Found<string> | null {
  const [employer, another] = list(person?.worksFor)
  const named = z
    .object({ name: z.string(), member: z.object({ endDate: z.unknown().optional() }).optional().catch(undefined) })
    .safeParse(employer)
  if (experience !== null || another !== undefined || !named.success || named.data.member?.endDate !== undefined)
    return null
  return shown(structuredText("worksFor", named.data.name))
}

function followers(person: Person | null): number | undefined {
  const { name, interactionType, userInteractionCount } = person?.interactionStatistic ?? {}
  return /follow/i.test(`${name} ${interactionType}`) ? userInteractionCount : undefined
}
