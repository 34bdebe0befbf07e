import type { Awkward } from "./awkward.ts"

export type SiteLanguage = "en" | "de" | "ja" | "ar" | "pl" | "pt" | "es" | "fr"

export type Company = {
  /** The last part of the LinkedIn address. */
  slug: string
  /** LinkedIn's own number, as in the links of an experience. */
  number: number
  name: string
  legalName: string
  domain: string
  industry: string
  /** The range of employees that LinkedIn offers to choose from. */
  size: { from: number; to: number }
  /** Members who say that they work there. */
  members: number
  followers: number
  founded: number
  address: { street: string; city: string; region: string; code: string; country: string; countryCode: string }
  tagline: string
  /** As on LinkedIn. */
  description: string
  /** Whether the LinkedIn page is the one for members or the one for guests. */
  linkedin: "member" | "guest"
  xHandle: string | null
  site: {
    language: SiteLanguage
    /** What the pages are built with; it shows in the generator and in the addresses of the assets. */
    builtWith: "wordpress" | "next" | "shopify" | "astro" | "typo3"
    jsonLd: boolean
    heading: string
    intro: string
    offers: { name: string; text: string }[]
    /** The about page, a paragraph each. */
    story: string[]
    email: string
    phone: string
    /** People on the team page who have no profile in the replica. */
    teammates: { name: string; title: string }[]
    openings: { title: string; place: string }[]
  }
  awkward?: Awkward
}
