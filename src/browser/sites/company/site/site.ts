import { getDomain } from "tldts"
import { fieldsSchema } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import { type Found, structuredText } from "../../hooks.ts"
import { readJsonLd } from "../../json-ld.ts"
import { defineLayout, type Refusal, readLayouts } from "../../layout.ts"
import { linkedinSlug } from "../../linkedin/address.ts"
import type { Page, Part } from "../../page.ts"
import { isOfSocialSite } from "../../web/page/page.ts"
import { findEmails, findPhones } from "./contact.ts"
import { companyAddress, findCareers, findLinkedin, findX, handleOf } from "./links.ts"
import { isSameSite, type Organization, placeOf, readOrganization } from "./organization.ts"
import { findPeople } from "./people.ts"
import { findTechnologies } from "./technologies.ts"
import { siteWalls } from "./walls.ts"

/** A page of a company's own website. */
export const companySite: Adapter = {
  page: "company.site",
  matches: (url) => !isOfSocialSite(url) && !isArticle(url),
  address: (url) => `${url.origin}${url.pathname}${url.search}`,
  hosts: (url) => {
    const domain = getDomain(url.hostname) ?? url.hostname
    return [domain, `*.${domain}`]
  },
  ready: { any: ["body *"], scroller: null, lazy: [], screens: 0, waitMs: 10_000, lazyWaitMs: 0 },
  schema: fieldsSchema.pick({
    name: true,
    description: true,
    location: true,
    website: true,
    emails: true,
    phones: true,
    linkedin_url: true,
    x_handle: true,
    people: true,
    careers_url: true,
    technologies: true,
  }),
  parse: (capture, trace) => readLayouts("company.site", capture, siteWalls, [layout], trace),
}

type Site = { part: Part; url: URL; organization: Organization | null }

const layout = defineLayout<Site>({
  name: "site",
  fits: ({ $ }) => $("body").children().length > 0,
  cut: { main: "body", leaveOut: '[aria-hidden="true"], iframe, [role=dialog][aria-modal="true"]' },
  open: readSite,
  chains: {
    name: [
      { name: "json-ld", find: ({ organization }) => structuredText("name", organization?.name) },
      { name: "og-site-name", find: ({ part }) => findMeta(part, "og:site_name") },
      { name: "copyright-line", find: ({ part }) => findCopyright(part) },
    ],
    description: [
      { name: "json-ld", find: ({ organization }) => structuredText("description", organization?.description) },
      { name: "meta-description", find: ({ part }) => findMeta(part, "description") },
      { name: "og-description", find: ({ part }) => findMeta(part, "og:description") },
    ],
    location: [
      { name: "json-ld", find: ({ organization }) => structuredText("address", organization && placeOf(organization)) },
    ],
    website: [
      { name: "json-ld", find: ({ organization, url }) => findOrigin("url", organization?.url, url) },
      {
        name: "canonical",
        find: ({ part, url }) => findOrigin("canonical", part.$('link[rel="canonical"]').first().attr("href"), url),
      },
    ],
    emails: [{ name: "shown-or-linked", find: ({ part, url }) => findEmails(part, url) }],
    phones: [{ name: "shown-or-linked", find: ({ part }) => findPhones(part) }],
    linkedin_url: [
      { name: "json-ld", find: ({ organization }) => findSameAsLinkedin(organization) },
      { name: "frame-link", find: ({ part }) => findLinkedin(part) },
    ],
    x_handle: [
      { name: "json-ld", find: ({ organization }) => findSameAsX(organization) },
      { name: "frame-link", find: ({ part }) => findX(part) },
    ],
    people: [{ name: "team-cards", find: ({ part, url }) => findPeople(part, url) }],
    careers_url: [{ name: "link", find: ({ part, url }) => findCareers(part, url) }],
    technologies: [{ name: "scripts", find: ({ part }) => findTechnologies(part.$) }],
  },
  needs: [],
})

/** Whether a page is about something else than the company whose site it stands on: an article, or somebody's page on a platform. */
function isArticle(url: URL): boolean {
  const [first = "", ...more] = url.pathname.split("/").filter(Boolean)
  if (PLATFORMS.has(getDomain(url.hostname) ?? "")) return first !== ""
  return more.length > 0 && ARTICLES.test(first)
}

const ARTICLES =
  /^(?:blog|news|press|presse|articles?|aktuelles|stories|magazine?|posts?|wiki|docs|forum|events?|(?:19|20)\d\d)$/i
/** Sites whose pages are other people's. */
const PLATFORMS = new Set(
  "github.com gitlab.com medium.com substack.com wikipedia.org youtube.com reddit.com crunchbase.com facebook.com instagram.com".split(
    " ",
  ),
)

function readSite(part: Part, page: Page): Site | Refusal {
  if (!isSameSite(page.url.href, page.asked)) {
    return { kind: "drift", reason: `Another site answered: ${page.url.hostname}.` }
  }
  if (part.text === "") return { kind: "drift", reason: "The page shows no text." }
  return { part, url: page.url, organization: readOrganization(readJsonLd(part.$), page.url) }
}

function findMeta({ $ }: Part, name: string): Found<string> | null {
  const content = $(`meta[name="${name}"], meta[property="${name}"]`).first().attr("content")
  return structuredText(name, content)
}

/** "© 2026 Northlight GmbH. All rights reserved." */
function findCopyright({ text }: Part): Found<string> | null {
  const line = text.split("\n").find((one) => /^(?:©|copyright ©?)\s*\d{4}/i.test(one))
  const name =
    line === undefined
      ? undefined
      : /^\D*\d{4}(?:\s*[–-]\s*\d{4})?,?\s+([^.|·•–—]{2,60}?)\s*(?:[.|·•–—].*)?$/.exec(line)?.[1]
  return line === undefined || name === undefined || /rights reserved/i.test(name) ? null : { value: name, quote: line }
}

/** The site's own address as the page gives it, without the page. */
function findOrigin(key: string, address: string | undefined, site: URL): Found<string> | null {
  if (address === undefined || !isSameSite(address, site)) return null
  return { value: new URL(address, site).origin, quote: `${key}: ${address}`, structured: true }
}

function findSameAsLinkedin(organization: Organization | null): Found<string> | null {
  for (const address of organization?.sameAs ?? []) {
    const slug = linkedinSlug("company", address)
    if (slug !== null) return { value: companyAddress(slug), quote: `sameAs: ${address}`, structured: true }
  }
  return null
}

function findSameAsX(organization: Organization | null): Found<string> | null {
  for (const address of organization?.sameAs ?? []) {
    const handle = handleOf(address)
    if (handle !== null) return { value: handle, quote: `sameAs: ${address}`, structured: true }
  }
  return null
}
