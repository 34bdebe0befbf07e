import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import type { Found } from "../../hooks.ts"
import { linkedinSlug } from "../../linkedin/address.ts"
import type { Part } from "../../page.ts"
import { isX, xHandle } from "../../x/address.ts"

/** Parts of a page where a company links to itself elsewhere. A link in the text may be a customer's or an employee's. */
const FRAME = 'footer, header, [role=contentinfo], [class*="footer" i], [id*="footer" i], [class*="social" i]'
const CAREERS_PATH =
  /\/(?:careers?|jobs?|karriere|stellenangebote|join-us|work-with-us|open-positions|vacancies|empleo|carrieres?|lavora-con-noi)(?:\/|$|\.)/i
const CAREERS_HOST =
  /^(?:careers|jobs|karriere)\.|(?:^|\.)(?:lever\.co|greenhouse\.io|ashbyhq\.com|workable\.com|personio\.(?:de|com)|recruitee\.com|smartrecruiters\.com|teamtailor\.com)$/i

/** The company's page on LinkedIn, as an address. */
export function findLinkedin(part: Part): Found<string> | null {
  const links = hrefs(part, part.main.find(FRAME).find("a[href]"))
  const slugs = new Set(links.map((href) => linkedinSlug("company", href)).filter((slug) => slug !== null))
  const [slug, another] = slugs
  return slug === undefined || another !== undefined ? null : link(companyAddress(slug))
}

/** The company's account on X, without the @. */
export function findX(part: Part): Found<string> | null {
  const links = hrefs(part, part.main.find(FRAME).find("a[href]"))
  const handles = new Set(links.map(handleOf).filter((handle) => handle !== null))
  const [handle, another] = handles
  return handle === undefined || another !== undefined ? null : { ...link(`https://x.com/${handle}`), value: handle }
}

/** The account in an address on X, and in nothing deeper ("/share", "/<handle>/status/…"). */
export function handleOf(href: string): string | null {
  if (!URL.canParse(href)) return null
  const url = new URL(href)
  return isX(url) && url.pathname.split("/").filter(Boolean).length === 1 ? xHandle(href) : null
}

export function companyAddress(slug: string): string {
  return `https://www.linkedin.com/company/${encodeURIComponent(slug)}/`
}

/** Where the company looks for people. */
export function findCareers(part: Part, base: URL): Found<string> | null {
  const careers = hrefs(part, part.main.find("a[href]"))
    .flatMap((href) => (URL.canParse(href, base) ? [new URL(href, base)] : []))
    .filter((url) => url.protocol === "https:" || url.protocol === "http:")
    .find(
      (url) => (url.hostname === base.hostname && CAREERS_PATH.test(url.pathname)) || CAREERS_HOST.test(url.hostname),
    )
  return careers === undefined ? null : link(careers.href)
}

function hrefs({ $ }: Part, links: Cheerio<Element>): string[] {
  return links.toArray().map((element) => $(element).attr("href")?.trim() ?? "")
}

/** An address is not among the words that a person sees, so it is quoted as data. */
function link(address: string): Found<string> {
  return { value: address, quote: `link: ${address}`, structured: true }
}
