/** Hosts that LinkedIn's own pages speak to. */
export const linkedinHosts = ["www.linkedin.com", "*.linkedin.com", "*.licdn.com"]

/** Whether the address is on LinkedIn: the main site, the one for phones, or one of its countries'. */
export function isLinkedin(url: URL): boolean {
  return /^(?:(?:www|m|[a-z]{2})\.)?linkedin\.com$/.test(url.hostname)
}

/** The parts of the path, decoded; a part that cannot be decoded stays as it is. */
export function pathParts(url: URL): string[] {
  return url.pathname.split("/").filter(Boolean).map(decode)
}

/** The address of a profile or company page on LinkedIn's main site: "/in/<slug>/", "/company/<slug>/". */
export function linkedinAddress(url: URL, ...more: string[]): string {
  const [kind, slug] = pathParts(url)
  const parts = [kind, slug === undefined ? undefined : canonicalSlug(slug), ...more].filter(
    (part) => part !== undefined,
  )
  return `https://www.linkedin.com/${parts.map(encodeURIComponent).join("/")}/`
}

/** The name of the person or company in an address of theirs ("/in/<slug>/…"); null when it is none. */
export function linkedinSlug(kind: "in" | "company", href: string | undefined): string | null {
  if (href === undefined || !URL.canParse(href, "https://www.linkedin.com")) return null
  const url = new URL(href, "https://www.linkedin.com")
  const [first, slug] = pathParts(url)
  return isLinkedin(url) && first === kind && slug !== undefined ? canonicalSlug(slug) : null
}

/** Slugs ignore case; the internal IDs that may stand in their place do not. */
function canonicalSlug(slug: string): string {
  return slug.startsWith("ACo") ? slug : slug.normalize("NFC").toLowerCase()
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
