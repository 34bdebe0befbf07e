import { isFreeMail, parseEmail } from "./email.ts"
import { readUrl } from "./host.ts"
import { wordList } from "./text.ts"

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

/** The domain of a company's own; null for one of a mail provider, or where people and companies have pages beside each other. */
export function parseCompanyDomain(text: string): string | null {
  const domain = parseDomain(text)
  if (!domain || isFreeMail(domain)) return null
  const site = domain.split(".").slice(-2).join(".")
  return sharedSites.has(site) || sharedSites.has(domain) ? null : domain
}

const sharedSites = wordList(`
  linkedin.com lnkd.in xing.com facebook.com fb.com instagram.com threads.net threads.com twitter.com x.com t.co bsky.app
  mastodon.social youtube.com youtu.be vimeo.com tiktok.com twitch.tv pinterest.com snapchat.com reddit.com quora.com vk.com
  weibo.com t.me telegram.me wa.me github.com gitlab.com bitbucket.org stackoverflow.com codepen.io kaggle.com huggingface.co
  keybase.io dev.to medium.com substack.com tumblr.com patreon.com soundcloud.com linktr.ee bio.link beacons.ai about.me
  behance.net dribbble.com researchgate.net academia.edu orcid.org scholar.google.com sites.google.com docs.google.com
  drive.google.com goo.gl calendly.com crunchbase.com angel.co wellfound.com upwork.com fiverr.com wikipedia.org bit.ly tinyurl.com
`)
