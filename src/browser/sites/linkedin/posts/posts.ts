import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import { fieldsSchema, type Post } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import type { Found } from "../../hooks.ts"
import { defineLayout, readLayouts } from "../../layout.ts"
import type { Part } from "../../page.ts"
import { isLinkedin, linkedinAddress, linkedinHosts, linkedinSlug, pathParts } from "../address.ts"
import { linkedinNonPages, linkedinWalls } from "../walls.ts"

const UPDATE = '.feed-shared-update-v2[data-urn], [role="article"][data-urn^="urn:li:activity:"]'
const POST_URN = /^urn:li:(?:activity|ugcPost|share):\d+$/

/** What a person or company posted on LinkedIn: the list of their activity, or one post. */
export const linkedinPosts: Adapter = {
  page: "linkedin.posts",
  matches: (url) => isLinkedin(url) && postsAddress(url) !== null,
  address: (url) => postsAddress(url) ?? url.href,
  hosts: () => linkedinHosts,
  ready: {
    any: [`main ${UPDATE}`, ...linkedinNonPages],
    scroller: null,
    lazy: [],
    screens: 2,
    waitMs: 15_000,
    lazyWaitMs: 3_000,
  },
  schema: fieldsSchema.pick({ posts: true }),
  parse: (capture) => readLayouts("linkedin.posts", capture, linkedinWalls, [layout]),
}

const layout = defineLayout<Part>({
  fits: ({ $ }) => $("main").find(UPDATE).length > 0,
  cut: {
    main: "main",
    leaveOut:
      "nav, aside, footer, .visually-hidden, [role=dialog], article.comments-comment-entity, .comments-comments-list, button",
    verbatim: '[class^="update-components-actor__"]',
  },
  open: (part) => part,
  chains: { posts: [{ name: "updates", find: findPosts }] },
  needs: ["posts"],
})

function postsAddress(url: URL): string | null {
  const [first, second, third] = pathParts(url)
  if (linkedinSlug("in", url.href) !== null && third === "recent-activity")
    return linkedinAddress(url, "recent-activity", "all")
  if (linkedinSlug("company", url.href) !== null && third === "posts") return linkedinAddress(url, "posts")
  if (first === "feed" && second === "update" && third !== undefined && POST_URN.test(third))
    return updateAddress(third)
  if (first === "posts" && second !== undefined) return `https://www.linkedin.com/posts/${encodeURIComponent(second)}/`
  return null
}

function findPosts(part: Part): Found<Post[]> | null {
  const { $, main } = part
  const posts = main
    .find(UPDATE)
    .filter((_, update) => $(update).parents(UPDATE).length === 0)
    .toArray()
    .flatMap((update) => readPost(part, $(update)) ?? [])
  const [first] = posts
  return first === undefined ? null : { value: posts, quote: first.text }
}

/** The author is who wrote the update itself: not who passed it on, and not the author of a post that it contains. */
function readPost(part: Part, update: Cheerio<Element>): Post | null {
  const own = (selector: string) =>
    update
      .find(selector)
      .filter((_, element) => part.$(element).closest(".feed-shared-update-v2__update-content-wrapper").length === 0)
      .first()
  const actor = own(".update-components-actor__title")
  const shown = actor.find('span[aria-hidden="true"]').first()
  const author = part.lines(shown.length === 0 ? actor : shown)[0]?.split(/\s[•·]\s/)[0]
  const text = part.lines(own(".update-components-update-v2__commentary")).join("\n")
  if (author === undefined || text === "") return null
  const urn = update.attr("data-urn") ?? ""
  return { author, text, at: timeOf(urn), url: POST_URN.test(urn) ? updateAddress(urn) : null }
}

function updateAddress(urn: string): string {
  return `https://www.linkedin.com/feed/update/${urn}/`
}

/** The number of an activity holds its time: milliseconds since 1970, followed by 22 bits of something else. */
function timeOf(urn: string): string | null {
  const id = /^urn:li:(?:activity|ugcPost|share):(\d{15,20})$/.exec(urn)?.[1]
  return id === undefined ? null : new Date(Number(BigInt(id) >> 22n)).toISOString()
}
