import { z } from "zod"
import { type Found, structuredText, words } from "../../hooks.ts"
import { defineLayout } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { linkedinSlug } from "../address.ts"
import { type PageRecord, readPageData } from "../page-data.ts"
import { findSize } from "./size.ts"

type Company = { part: Part; record: CompanyRecord | null; industry: string | null; pairs: Pair[] }
/** One `dt` with its first `dd`, and whether a second `dd` follows. */
type Pair = { label: string; value: string; link: string | null; hasSecond: boolean }

/** Pairs carry no hooks, so those whose form does not tell what they are can only be known by their label. */
const INDUSTRY = /^(?:industry|branche|secteur|sector|setor|settore|branża|業種|业界|行业|القطاع|المجال)$/iu
const HEADQUARTERS =
  /^(?:headquarters|hauptsitz|siège social|sede(?: central| principale)?|siedziba.*|本社|总部|المقر الرئيسي)$/iu
const SIZE =
  /^(?:company size|unternehmensgröße|taille de l.entreprise|tamaño de la empresa|tamanho da empresa|dimensioni dell.azienda|wielkość firmy|会社規模|公司规模|حجم الشركة)$/iu

/** The page for members: its data stands in hidden elements, and on the About tab in pairs of terms and descriptions. */
export const memberLayout = defineLayout<Company>({
  name: "member",
  fits: ({ $ }) =>
    $("body.ember-application main h1, main .org-top-card h1").length > 0 || $('code[id^="bpr-guid-"]').length > 0,
  cut: {
    main: "main",
    leaveOut:
      "nav, aside, footer, .visually-hidden, [role=dialog], article, .feed-shared-update-v2, " +
      ".org-similar-orgs, [class*='similar-pages'], [class*='employees-at']",
  },
  open: readCompany,
  chains: {
    name: [
      { name: "page-data", find: ({ record }) => structuredText("name", record?.name) },
      { name: "h1", find: ({ part }) => words(part.line(part.main.find("h1").first())) },
    ],
    website: [
      { name: "page-data", find: ({ record }) => structuredText("websiteUrl", record?.websiteUrl) },
      { name: "about-link", find: ({ pairs }) => findWebsite(pairs) },
    ],
    industry: [
      { name: "page-data", find: ({ industry }) => structuredText("industryV2Taxonomy", industry) },
      { name: "about-label", find: ({ pairs }) => words(pairs.find(({ label }) => INDUSTRY.test(label))?.value) },
    ],
    size: [
      { name: "page-data", find: ({ record }) => findRange(record) },
      {
        name: "about-range",
        find: ({ pairs }) => findPairedSize(pairs),
      },
    ],
    location: [
      { name: "page-data", find: ({ record }) => structuredText("headquarter", record && headquarters(record)) },
      { name: "about-label", find: ({ pairs }) => words(pairs.find(({ label }) => HEADQUARTERS.test(label))?.value) },
    ],
    description: [
      { name: "page-data", find: ({ record }) => structuredText("description", record?.description) },
      {
        name: "about-paragraph",
        find: ({ part }) => words(part.lines(part.main.find("section:has(dl) p").first()).join("\n")),
      },
    ],
  },
  needs: ["name"],
})

function readCompany(part: Part, page: Page): Company {
  const records = readPageData(part.$)
  const slug = linkedinSlug("company", page.url.href)
  const companies = records.flatMap((record) => companySchema.safeParse(record).data ?? [])
  const record = companies.find(
    ({ universalName, entityUrn }) => universalName.toLowerCase() === slug || entityUrn.endsWith(`:${slug}`),
  )
  return {
    part,
    record: record ?? null,
    industry: record === undefined ? null : nameOf(records, record["*industryV2Taxonomy"]?.[0]),
    pairs: readPairs(part),
  }
}

function readPairs({ $, main, line }: Part): Pair[] {
  return main
    .find("section dl > dt, section dl > div > dt")
    .toArray()
    .map((term) => {
      const description = $(term).next("dd")
      return {
        label: line($(term)),
        value: line(description),
        hasSecond: description.next().is("dd"),
        link:
          description.find('a[href^="http"]').length === 0 ? null : line(description.find('a[href^="http"]').first()),
      }
    })
}

function findWebsite(pairs: Pair[]): Found<string> | null {
  const website = pairs.find(
    ({ link }) => link !== null && /^(?:https?:\/\/)?[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+(?:\/\S*)?$/u.test(link),
  )
  return words(website?.link)
}

/** Only the size is followed by a second description: how many members say that they work there. */
function findPairedSize(pairs: Pair[]): Found<string> | null {
  return findSize(pairs.find(({ label, hasSecond }) => hasSecond || SIZE.test(label))?.value ?? "")
}

const addressSchema = z.object({
  city: z.string().nullish(),
  geographicArea: z.string().nullish(),
  country: z.string().nullish(),
})

const companySchema = z.object({
  entityUrn: z.string().regex(/^urn:li:fsd_company:\d+$/),
  universalName: z.string(),
  name: z.string(),
  websiteUrl: z.string().nullish().catch(null),
  description: z.string().nullish().catch(null),
  employeeCountRange: z.object({ start: z.number().int(), end: z.number().int().nullish() }).nullish().catch(null),
  headquarter: z.object({ address: addressSchema }).nullish().catch(null),
  "*industryV2Taxonomy": z.array(z.string()).nullish().catch(null),
})
type CompanyRecord = z.infer<typeof companySchema>

function nameOf(records: PageRecord[], urn: string | undefined): string | null {
  const named = z.object({ entityUrn: z.literal(urn ?? ""), name: z.string() })
  return records.map((record) => named.safeParse(record).data?.name).find((name) => name !== undefined) ?? null
}

function findRange(record: CompanyRecord | null): Found<string> | null {
  const range = record?.employeeCountRange
  if (range === null || range === undefined) return null
  const size = range.end === null || range.end === undefined ? `${range.start}+` : `${range.start}-${range.end}`
  return structuredText("employeeCountRange", size)
}

function headquarters({ headquarter }: CompanyRecord): string | null {
  const { city, geographicArea, country } = headquarter?.address ?? {}
  const parts = [city, geographicArea, country].filter((part) => part !== null && part !== undefined && part !== "")
  return parts.length === 0 ? null : [...new Set(parts)].join(", ")
}
