import { parse } from "tldts"
import type { PageName } from "../reading.ts"
import type { Adapter } from "./adapter.ts"
import { companySite } from "./company/site/site.ts"
import { linkedinCompany } from "./linkedin/company/company.ts"
import { linkedinPosts } from "./linkedin/posts/posts.ts"
import { linkedinProfile } from "./linkedin/profile/profile.ts"
import { linkedinSearch } from "./linkedin/search/search.ts"
import { webPage } from "./web/page/page.ts"
import { xPosts } from "./x/posts/posts.ts"
import { xProfile } from "./x/profile/profile.ts"
import { xSearch } from "./x/search/search.ts"

/** All adapters; the first that matches an address reads it. */
export const adapters: Adapter[] = [
  linkedinPosts,
  linkedinSearch,
  linkedinProfile,
  linkedinCompany,
  xPosts,
  xSearch,
  xProfile,
  companySite,
  webPage,
]

/** The adapter for an address (the one of a page kind where that is asked for), or null when the address is none that Small Giant
 * reads: not on the public web, or a page of a known site that no adapter is for. */
export function adapterFor(address: string, as?: PageName): Adapter | null {
  if (!URL.canParse(address)) return null
  const url = new URL(address)
  if (!isPublic(url)) return null
  return adapters.find((adapter) => (as === undefined || adapter.page === as) && adapter.matches(url)) ?? null
}

/** A plain name of a public host, without user, password or port. */
function isPublic(url: URL): boolean {
  if (url.protocol !== "https:" && url.protocol !== "http:") return false
  if (url.username !== "" || url.password !== "" || url.port !== "" || url.hostname.endsWith(".")) return false
  const { domain, isIp, publicSuffix } = parse(url.hostname)
  return domain !== null && isIp === false && publicSuffix !== null && !SPECIAL.has(publicSuffix)
}

/** Names that never lead to the public web. `example` is not among them: invented companies live there. */
const SPECIAL = new Set(
  "localhost local internal intranet lan home corp private test invalid onion alt arpa".split(" "),
)
