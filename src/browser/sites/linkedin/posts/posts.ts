import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import { fieldsSchema, type Post } from "../../../reading.ts"
import type { Adapter } from "../../adapter.ts"
import type { Found } from "../../hooks.ts"
import { defineLayout, readLayouts } from "../../layout.ts"
import type { Part } from "../../page.ts"
import { isLinkedin, linkedinAddress, linkedinHosts, linkedinSlug, pathParts } from "../address.ts"
import { linkedinNonPages, linkedinWalls } from "../walls.ts"
import { serverDrivenLayout, serverDrivenPost } from "./server-driven.ts"
import { isPostUrn, timeOf, updateAddress } from "./urn.ts"

const UPDATE = '.feed-shared-update-v2[data-urn], [role="article"][data-urn^="urn:li:activity:"]'

/** What a person or company posted on LinkedIn: the list of their activity, or one post. */
export const linkedinPosts: Adapter = {
  page: "linkedin.posts",
  matches: (url) => isLinkedin(url) && postsAddress(url) !== null,
  address: (url) => postsAddress(url) ?? url.href,
  hosts: () => linkedinHosts,
  ready: {
    any: [`main ${UPDATE}`, `main ${serverDrivenPost}`, ...linkedinNonPages],
    scroller: null,
    lazy: [],
    screens: 2,
    waitMs: 15_000,
    lazyWaitMs: 3_000,
  },
  schema: fieldsSchema.pick({ posts: true }),
  parse: (capture, trace) => readLayouts("linkedin.posts", capture, linkedinWalls, [layout, serverDrivenLayout], trace),
}

const layout = defineLayout<Part>({
  name: "activity",
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
  if (first === "feed" && second === "update" && third !== undefined && isPostUrn(third)) return updateAddress(third)
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
  return { author, text, at: timeOf(urn), url: isPostUrn(urn) ? updateAddress(urn) : null }
}
