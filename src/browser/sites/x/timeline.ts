import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import type { Post } from "../../reading.ts"
import type { Found } from "../hooks.ts"
import type { Part } from "../page.ts"
import { xHandle } from "./address.ts"

const POST = 'article[data-testid="tweet"]'
const ARTICLE_TEXT = '[data-testid="twitterArticleRichTextView"], [data-testid="longformRichTextComponent"]'

/** What is on a timeline but not a post of it: advertisements, whom to follow, and posts that a post quotes. */
export const notPosts = [
  `${POST}:has([data-testid="placementTracking"]), [data-testid="placementTracking"] ${POST}`,
  `${POST} [role="link"]:has([data-testid="User-Name"])`,
  '[data-testid="UserCell"], [data-testid="trend"]',
].join(", ")

/** Elements that hold one text each, in which line breaks count. */
export const postTexts = `[data-testid="tweetText"], ${POST} [data-testid="User-Name"] [dir]`

/** The posts of a timeline in its order. The author of a repost is who wrote it. */
export function findPosts(part: Part): Found<Post[]> | null {
  const { $, main } = part
  const posts = main
    .find(POST)
    .toArray()
    .flatMap((post) => readPost(part, $(post)) ?? [])
  const [first] = posts
  return first === undefined ? null : { value: posts, quote: first.text }
}

function readPost(part: Part, post: Cheerio<Element>): Post | null {
  const userName = post.find('[data-testid="User-Name"]').first()
  const [author] = part.lines(userName)
  const stamp = post.find('a[href*="/status/"]:has(time[datetime])').first()
  const text = textOf(part, post)
  if (author === undefined || author.startsWith("@") || text === "") return null
  const at = new Date(stamp.find("time").attr("datetime") ?? "")
  return {
    author,
    text,
    at: Number.isNaN(at.getTime()) ? null : at.toISOString(),
    url: statusAddress(stamp.attr("href")),
  }
}

/** An article has a title and a text of its own in place of a post's. */
function textOf({ lines }: Part, post: Cheerio<Element>): string {
  const text = post.find('[data-testid="tweetText"]').first()
  const parts =
    text.length > 0
      ? [text]
      : [post.find('[data-testid="twitter-article-title"]').first(), post.find(ARTICLE_TEXT).first()]
  return parts.flatMap((part) => lines(part)).join("\n")
}

function statusAddress(href: string | undefined): string | null {
  const id = /\/status\/(\d+)/.exec(href ?? "")?.[1]
  const handle = xHandle(href)
  return id === undefined || handle === null ? null : `https://x.com/${handle}/status/${id}`
}
