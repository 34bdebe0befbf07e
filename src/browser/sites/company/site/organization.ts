import { getDomain } from "tldts"
import { z } from "zod"
import { isOfType, type JsonLd, list } from "../../json-ld.ts"

const TYPES = new Set(
  "Organization Corporation LocalBusiness ProfessionalService NGO OnlineBusiness OnlineStore Store EducationalOrganization MedicalOrganization FinancialService LegalService".split(
    " ",
  ),
)

const text = z.string().optional().catch(undefined)
const addressSchema = z.object({
  addressLocality: text,
  addressRegion: text,
  addressCountry: z
    .union([z.string(), z.object({ name: z.string() }).transform(({ name }) => name)])
    .optional()
    .catch(undefined),
})
const organizationSchema = z.object({
  name: text,
  url: text,
  description: text,
  sameAs: z
    .unknown()
    .optional()
    .transform((value) => list(value).filter((item) => typeof item === "string")),
  address: z
    .unknown()
    .optional()
    .transform((value) => addressSchema.safeParse(list(value)[0]).data),
})

export type Organization = z.infer<typeof organizationSchema>

/** The organization that the page's structured data describes as its own: the one with the site's address, or else the only one, if
 * it names no other address. */
export function readOrganization(records: JsonLd[], site: URL): Organization | null {
  const organizations = records
    .filter((record) => isOfType(record, TYPES))
    .flatMap((record) => organizationSchema.safeParse(record).data ?? [])
  const own = organizations.find(({ url }) => url !== undefined && isSameSite(url, site))
  const [only, another] = organizations
  return own ?? (another === undefined && only?.url === undefined ? (only ?? null) : null)
}

export function isSameSite(address: string, site: URL): boolean {
  return URL.canParse(address, site) && getDomain(new URL(address, site).hostname) === getDomain(site.hostname)
}

/** "Berlin, Germany" */
export function placeOf({ address }: Organization): string | null {
  const parts = [address?.addressLocality, address?.addressRegion, address?.addressCountry].filter(
    (part) => part !== undefined,
  )
  return address?.addressLocality === undefined ? null : [...new Set(parts)].join(", ")
}
