import { getDomain } from "tldts"
import { fieldsSchema } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import { siteWalls } from "../../company/site/walls.ts"
import { type Found, structuredText, words } from "../../hooks.ts"
import { defineLayout, type Refusal, readLayouts } from "../../layout.ts"
import { isLinkedin } from "../../linkedin/address.ts"
import type { Page, Part } from "../../page.ts"
import { isX } from "../../x/address.ts"
import { cutOf, linksOf, type SeenLink } from "./outline.ts"
import { stepsOf } from "./steps.ts"

/** Any page that no other adapter is for: its words, its heading, and where its links lead. */
export const webPage: Adapter = {
  page: "web.page",
  matches: (url) => !isOfSocialSite(url),
  address: (url) => `${url.origin}${url.pathname}${url.search}${stepsOf(url.href).length > 0 ? url.hash : ""}`,
  hosts: (url) => {
    const domain = getDomain(url.hostname) ?? url.hostname
    return [domain, `*.${domain}`]
  },
  ready: { any: ["body *"], scroller: null, lazy: [], screens: 0, waitMs: 10_000, lazyWaitMs: 0 },
  steps: (url) => stepsOf(url.href),
  schema: fieldsSchema.pick({ name: true, headline: true, description: true, links: true }),
  parse: (capture, trace) => readLayouts("web.page", capture, siteWalls, [layout], trace),
}

/** Whether an address is on a site that is read with an account, and by its own adapters alone. */
export function isOfSocialSite(url: URL): boolean {
  return isLinkedin(url) || isX(url) || ["linkedin.com", "x.com", "twitter.com"].includes(getDomain(url.hostname) ?? "")
}

type Opened = { part: Part; title: string | null; links: SeenLink[] }

const layout = defineLayout<Opened>({
  name: "page",
  fits: ({ $ }) => $("body").children().length > 0,
  cut: cutOf,
  open: openPart,
  chains: {
    name: [{ name: "og-site-name", find: ({ part }) => findMeta(part, "og:site_name") }],
    headline: [
      { name: "first-heading", find: ({ part }) => words(part.lines(part.main.find("h1").first())[0]) },
      { name: "og-title", find: ({ part }) => findMeta(part, "og:title") },
      { name: "document-title", find: ({ title }) => structuredText("title", title) },
    ],
    description: [
      { name: "meta-description", find: ({ part }) => findMeta(part, "description") },
      { name: "og-description", find: ({ part }) => findMeta(part, "og:description") },
    ],
    links: [{ name: "visible-links", find: ({ links }) => findLinks(links) }],
  },
  needs: [],
})

function openPart(part: Part, page: Page): Opened | Refusal {
  if (part.text === "") return { kind: "drift", reason: "The page shows no text." }
  return { part, title: page.title, links: linksOf(part, page.url) }
}

function findMeta({ $ }: Part, name: string): Found<string> | null {
  return structuredText(name, $(`meta[name="${name}"], meta[property="${name}"]`).first().attr("content"))
}

function findLinks(links: SeenLink[]): Found<SeenLink[]> | null {
  const [first] = links
  return first === undefined ? null : { value: links, quote: `link: ${first.url}`, structured: true }
}
