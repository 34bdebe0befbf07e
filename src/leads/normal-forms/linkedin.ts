import { readUrl } from "./host.ts"
import { foldText } from "./text.ts"

/** The slug of a LinkedIn profile address, or of a slug itself. Sales Navigator's and search addresses have none. */
export function parseLinkedinSlug(text: string): string | null {
  return slugForm(text.trim()) ?? personSlug(text)
}

/** The one address of a LinkedIn profile: `https://www.linkedin.com/in/<slug>`. */
export function parseLinkedinUrl(text: string): string | null {
  const slug = personSlug(text)
  return slug && `https://www.linkedin.com/in/${slug}`
}

/** The slug (or number) of a LinkedIn company address, or of a slug itself. */
export function parseLinkedinCompanySlug(text: string): string | null {
  return slugForm(text.trim()) ?? companySlug(text)
}

/** The one address of a LinkedIn company page: `https://www.linkedin.com/company/<slug>`. */
export function parseLinkedinCompanyUrl(text: string): string | null {
  const slug = companySlug(text)
  return slug && `https://www.linkedin.com/company/${slug}`
}

function personSlug(text: string): string | null {
  const plain = /^https:\/\/www\.linkedin\.com\/in\/([a-z0-9-]{3,100})\/?$/.exec(text)?.[1]
  if (plain) return slugForm(plain)
  const [kind, slug = "", ...rest] = linkedinPath(text)
  if (kind === "in" || (kind === "mwlite" && slug === "in")) return slugForm((kind === "in" ? slug : rest[0]) ?? "")
  if (kind !== "pub" || slug === "dir") return null
  // Addresses of before 2015 end in the parts of a number, which today's slug has in reverse, padded.
  const [a = "", b = "", c = ""] = rest
  return /^[0-9a-f]+$/i.test(a + b + c) && c
    ? slugForm(`${slug}-${c.padStart(3, "0")}${b.padStart(3, "0")}${a}`)
    : slugForm(slug)
}

function companySlug(text: string): string | null {
  const [kind, slug = ""] = linkedinPath(text)
  return kind === "company" || kind === "school" ? slugForm(slug) : null
}

function linkedinPath(text: string): string[] {
  const written = foldText(text)
  const url = readUrl(
    /^\/?(?:in|pub|company|school)\//i.test(written) ? `www.linkedin.com/${written.replace(/^\//, "")}` : written,
  )
  if (!url || !/^(?:[a-z]{2,3}\.)?(?:www\.|m\.)?linkedin\.com$/.test(url.hostname)) return []
  const [kind = "", ...rest] = url.pathname.split("/").filter(Boolean)
  return [kind.toLowerCase(), ...rest]
}

function slugForm(text: string): string | null {
  const slug = decoded(text).normalize("NFC")
  if (!/^[\p{L}\p{M}\p{N}\p{So}_-]{2,120}$/u.test(slug)) return null
  if (/^AC[ow]AA[\w-]{20,}$/.test(slug)) return slug // A member's id stands in for the slug; its case matters.
  return slug.toLowerCase() === "unavailable" ? null : slug.toLowerCase().normalize("NFC")
}

function decoded(text: string): string {
  if (!text.includes("%")) return text
  return /^(?:[^%]|%[0-9a-f]{2})*$/i.test(text) ? Buffer.from(percentBytes(text), "latin1").toString("utf8") : text
}

function percentBytes(text: string): string {
  const utf8 = Buffer.from(text, "utf8").toString("latin1")
  return utf8.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
