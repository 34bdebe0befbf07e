import type { Cheerio } from "cheerio"
import type { Element } from "domhandler"
import type { Post } from "../../reading.ts"
import type { Found } from "../hooks.ts"
import type { Part } from "../page.ts"
import { xHandle } from "./address.ts"

const POST = 'article[data-testid="tweet"]'
const AUTHOR = '[data-testid="User-Name"]'
const ARTICLE_TEXT = '[data-testid="twitterArticleRichTextView"], [data-testid="longformRichTextComponent"]'

/** An advertisement is tracked, as some videos are, but it is no post with an address of its own. */
const UNADDRESSED = `${POST}:not(:has(a[href*="/status/"] time))`

/** What is on a timeline but not a post of it: advertisements, whom to follow, and posts that a post quotes. */
export const notPosts = [
  `${UNADDRESSED}:has([data-testid="placementTracking"]), [data-testid="placementTracking"] ${UNADDRESSED}`,
  `${POST} div[role="link"]:has([data-testid="User-Name"]), ${POST} div[role="link"]:has([data-testid="tweetText"])`,
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
  const [author] = part.lines(post.find(AUTHOR).first())
  const stamp = post.find('a[href*="/status/"]:has(time[datetime])').first()
  const url = statusAddress(stamp.attr("href"))
  const text = textOf(part, post)
  if (author === undefined || author.startsWith("@") || url === null || text === "") return null
  const at = new Date(stamp.find("time").attr("datetime") ?? "")
  return { author, text, at: Number.isNaN(at.getTime()) ? null : at.toISOString(), url }
}

/** The text that follows the author's name before anybody else's; an article has a title and a text of its own in its place. */
function textOf({ lines }: Part, post: Cheerio<Element>): string {
  const own = post.find(`${AUTHOR}, [data-testid="tweetText"]`).eq(1)
  if (own.is('[data-testid="tweetText"]')) return lines(own).join("\n")
  const title = lines(post.find('[data-testid="twitter-article-title"]').first())
  const text = lines(post.find(ARTICLE_TEXT).first())
  return title.length === 0 || text.length === 0 ? "" : [...title, ...text].join("\n")
}

function statusAddress(href: string | undefined): string | null {
  const id = /\/status\/(\d+)/.exec(href ?? "")?.[1]
  const handle = xHandle(href)
  return id === undefined || handle === null ? null : `https://x.com/${handle}/status/${id}`
}
