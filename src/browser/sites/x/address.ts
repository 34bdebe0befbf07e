/** Hosts that X's own pages speak to. */
export const xHosts = ["x.com", "*.x.com", "twitter.com", "*.twitter.com", "*.twimg.com"]

const RESERVED = new Set(
  (
    "home explore search i settings messages notifications login logout signup compose hashtag intent share tos privacy about jobs " +
    "account download oauth who_to_follow"
  ).split(" "),
)

export function isX(url: URL): boolean {
  return /^(?:(?:www|mobile)\.)?(?:x|twitter)\.com$/.test(url.hostname)
}

/** The handle of the account that an address on X belongs to, in lower case and without the @; null when it is of no account. */
export function xHandle(href: string | undefined): string | null {
  if (href === undefined || !URL.canParse(href, "https://x.com")) return null
  const url = new URL(href, "https://x.com")
  const handle = url.pathname.split("/")[1]?.toLowerCase()
  return isX(url) && handle !== undefined && /^\w{1,15}$/.test(handle) && !RESERVED.has(handle) ? handle : null
}
