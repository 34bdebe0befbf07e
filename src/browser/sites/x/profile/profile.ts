import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import { z } from "zod"
import { fieldsSchema } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import { parseCount } from "../../count.ts"
import { type Found, structuredNumber, structuredText, words } from "../../hooks.ts"
import { isOfType, type JsonLd, list, readJsonLd } from "../../json-ld.ts"
import { defineLayout, type Refusal, readLayouts } from "../../layout.ts"
import type { Page, Part } from "../../page.ts"
import { isX, xHandle, xHosts } from "../address.ts"
import { findPosts, notPosts, postTexts } from "../timeline.ts"
import { xNonPages, xWalls } from "../walls.ts"

const USER_NAME = '[data-testid="UserName"]'

/** A person's or company's profile on X. */
export const xProfile: Adapter = {
  page: "x.profile",
  matches: (url) => isX(url) && xHandle(url.href) !== null && url.pathname.split("/").filter(Boolean).length === 1,
  address: (url) => `https://x.com/${xHandle(url.href)}`,
  hosts: () => xHosts,
  ready: {
    any: [`[data-testid="primaryColumn"] ${USER_NAME}`, ...xNonPages],
    scroller: null,
    lazy: [],
    screens: 0,
    waitMs: 15_000,
    lazyWaitMs: 0,
  },
  schema: fieldsSchema.pick({
    name: true,
    handle: true,
    bio: true,
    location: true,
    website: true,
    followers: true,
    posts: true,
  }),
  parse: (capture, trace) => readLayouts("x.profile", capture, xWalls, [layout], trace),
}

type Profile = {
  part: Part
  names: string[]
  handle: string
  schema: Account | null
}

const layout = defineLayout<Profile>({
  name: "profile",
  fits: ({ $ }) => $(`[data-testid="primaryColumn"] ${USER_NAME}`).length > 0,
  cut: {
    main: '[data-testid="primaryColumn"]',
    leaveOut: `nav, [role=group], [data-testid="sheetDialog"], [data-testid="sidebarColumn"], ${notPosts}`,
    verbatim: `${USER_NAME} [dir], [data-testid="UserDescription"], [data-testid="UserProfileHeader_Items"] > *, ${postTexts}`,
  },
  open: readProfile,
  chains: {
    name: [
      { name: "user-name", find: ({ names, handle }) => findName(names, handle) },
      { name: "schema-given-name", find: ({ schema }) => structuredText("givenName", schema?.givenName) },
    ],
    handle: [
      {
        name: "user-name",
        find: ({ names, handle }) => (names.includes(`@${handle}`) ? { value: handle, quote: `@${handle}` } : null),
      },
      {
        name: "schema-additional-name",
        find: ({ schema }) => structuredText("additionalName", schema?.additionalName),
      },
    ],
    bio: [
      { name: "user-description", find: ({ part }) => words(part.lines(find(part, "UserDescription")).join("\n")) },
      { name: "schema-description", find: ({ schema }) => structuredText("description", schema?.description) },
    ],
    location: [
      { name: "user-location", find: ({ part }) => words(part.line(find(part, "UserLocation"))) },
      {
        name: "schema-home-location",
        find: ({ schema }) => structuredText("homeLocation", schema?.homeLocation?.name),
      },
    ],
    website: [{ name: "user-url", find: ({ part }) => findWebsite(part.line(find(part, "UserUrl"))) }],
    followers: [
      { name: "schema-follows", find: ({ schema }) => structuredNumber("Follows", follows(schema)) },
      { name: "followers-link", find: ({ part, handle }) => findFollowers(part, handle) },
    ],
    posts: [{ name: "timeline", find: ({ part }) => findPosts(part) }],
  },
  needs: ["name", "handle"],
})

function readProfile(part: Part, page: Page): Profile | Refusal {
  const names = part.lines(find(part, "UserName"))
  const shown = names.findLast((line) => /^@\w{1,15}$/.test(line))?.slice(1)
  const asked = xHandle(page.url.href)
  const schema = readSchema(readJsonLd(part.$), shown ?? asked)
  const handle = shown ?? schema?.additionalName
  if (handle === undefined) return { kind: "drift", reason: "The page shows no handle." }
  if (handle.toLowerCase() !== asked) return { kind: "drift", reason: `The page shows @${handle}, not @${asked}.` }
  return { part, names, handle, schema }
}

function find({ main }: Part, testid: string): Cheerio<Element> {
  return main.find(`[data-testid="${testid}"]`).first()
}

/** The line before the handle. */
function findName(names: string[], handle: string): Found<string> | null {
  const name = names[names.lastIndexOf(`@${handle}`) - 1]
  return words(name)
}

/** The link leads through t.co; what it shows is the site, cut with an ellipsis when it is long. */
function findWebsite(shown: string): Found<string> | null {
  const site = shown.endsWith("…") ? shown.split(/(?<=[^/:])\//)[0] : shown
  return site === undefined || site === "" || site.endsWith("…") || /\s/.test(site)
    ? null
    : { value: site, quote: shown }
}

function findFollowers(part: Part, handle: string): Found<number> | null {
  const link = part.main
    .find('a[href$="/verified_followers"], a[href$="/followers"]')
    .filter((_, element) => xHandle(part.$(element).attr("href")) === handle.toLowerCase())
    .first()
  const quote = part.line(link)
  const value = parseCount(part.line(link.find("span").first()))
  return value === null ? null : { value, quote }
}

const accountSchema = z.object({
  additionalName: z.string(),
  givenName: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  homeLocation: z.object({ name: z.string() }).optional().catch(undefined),
  interactionStatistic: z.unknown().optional(),
})
type Account = z.infer<typeof accountSchema>

const statisticSchema = z.object({ name: z.literal("Follows"), userInteractionCount: z.number().int().nonnegative() })

/** The page's own description of the account, if it is of this account. */
function readSchema(records: JsonLd[], handle: string | null | undefined): Account | null {
  const accounts = records
    .filter((record) => isOfType(record, new Set(["ProfilePage"])))
    .map((record) => accountSchema.safeParse(record.mainEntity ?? record.author))
  const own = accounts.find(({ data }) => data?.additionalName.toLowerCase() === handle?.toLowerCase())
  return own?.data ?? null
}

function follows(schema: Account | null): number | undefined {
  const statistics = list(schema?.interactionStatistic).map((statistic) => statisticSchema.safeParse(statistic))
  return statistics.find(({ success }) => success)?.data?.userInteractionCount
}
