import type { CheerioAPI } from "cheerio"
import type { Found } from "../../hooks.ts"

/** What a site says of itself without words: where its scripts come from, and what it was generated with. */
const HINTS: { name: string; pattern: RegExp }[] = [
  { name: "WordPress", pattern: /\/wp-(?:content|includes)\/|^WordPress\b/i },
  { name: "Shopify", pattern: /cdn\.shopify\.com|\/cdn\/shop\/|^Shopify\b/i },
  { name: "Webflow", pattern: /website-files\.com|\bwebflow\b/i },
  { name: "Wix", pattern: /static\.(?:wixstatic|parastorage)\.com|^Wix\b/i },
  { name: "Squarespace", pattern: /\.squarespace\.com|^Squarespace\b/i },
  { name: "Framer", pattern: /framerusercontent\.com|^Framer\b/i },
  { name: "TYPO3", pattern: /\/typo3(?:conf|temp)\/|^TYPO3\b/i },
  { name: "Drupal", pattern: /^Drupal\b/i },
  { name: "Hugo", pattern: /^Hugo\b/i },
  { name: "Astro", pattern: /\/_astro\/|^Astro\b/i },
  { name: "Next.js", pattern: /\/_next\/static\// },
  { name: "Nuxt", pattern: /\/_nuxt\// },
  { name: "HubSpot", pattern: /\.(?:hs-scripts|hsforms|hubspot|hs-analytics)\.(?:com|net)/i },
  { name: "Salesforce Pardot", pattern: /\.pardot\.com/i },
  { name: "Marketo", pattern: /\.(?:marketo|mktoresp)\.(?:com|net)/i },
  { name: "Intercom", pattern: /(?:widget\.intercom\.io|intercomcdn\.com)/i },
  { name: "Zendesk", pattern: /(?:zdassets|zendesk)\.com/i },
  { name: "Crisp", pattern: /client\.crisp\.chat/i },
  { name: "Drift", pattern: /js\.driftt\.com/i },
  { name: "Segment", pattern: /cdn\.segment\.com/i },
  { name: "Google Tag Manager", pattern: /googletagmanager\.com/i },
  { name: "Google Analytics", pattern: /google-analytics\.com/i },
  { name: "Plausible", pattern: /plausible\.io/i },
  { name: "PostHog", pattern: /posthog\.com/i },
  { name: "Hotjar", pattern: /hotjar\.com/i },
  { name: "Stripe", pattern: /js\.stripe\.com/i },
  { name: "Calendly", pattern: /calendly\.com/i },
]

/** Technologies that the page's scripts and generator give away, in the order of the page. */
export function findTechnologies($: CheerioAPI): Found<string[]> | null {
  const signs = $('meta[name="generator" i][content], script[src], link[rel="stylesheet"][href]')
    .toArray()
    .map((element) => $(element).attr("content") ?? $(element).attr("src") ?? $(element).attr("href") ?? "")
  const hits = signs.flatMap((sign) =>
    HINTS.filter(({ pattern }) => pattern.test(sign)).map(({ name }) => ({
      name,
      quote: `loads: ${sign.slice(0, 300)}`,
    })),
  )
  const [first] = hits
  if (first === undefined) return null
  return { value: [...new Set(hits.map(({ name }) => name))], quote: first.quote, structured: true }
}
