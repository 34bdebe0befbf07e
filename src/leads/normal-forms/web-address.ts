import { parseEmail } from "./email.ts"
import { readUrl } from "./host.ts"

/** A web address with its scheme; a bare host gets `https://`. Addresses with credentials are refused. */
export function parseUrl(text: string): string | null {
  const url = readUrl(text)
  return url && (url.pathname === "/" && !url.search && !url.hash ? url.origin : url.href)
}

/** The domain of a web address, an email address or a domain: lower case, ASCII, no `www.`. */
export function parseDomain(text: string): string | null {
  const email = text.includes("@") ? parseEmail(text) : null
  if (email) return email.slice(email.indexOf("@") + 1)
  return readUrl(text)?.hostname.replace(/^www\d?\.(?=.*\.)/, "") ?? null
}
