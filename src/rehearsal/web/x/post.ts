import { html, type Markup } from "../markup.ts"
import type { Post } from "../person.ts"
import { number } from "../seed.ts"

export type Author = { name: string; handle: string }

/** A post; `context` stands above it, and the post of `quoted` within it. */
export function post(author: Author, { at, text }: Post, extra: { context?: Markup; quoted?: Author } = {}): Markup {
  const path = `/${author.handle}/status/${statusId(at)}`
  return html`<article role="article" tabindex="0" data-testid="tweet">
${extra.context === undefined ? null : html`<div data-testid="socialContext"><span>${extra.context}</span></div>`}
${userName(author, html`<a role="link" href="${path}" dir="ltr">${time(at)}</a>`)}
<div data-testid="tweetText" lang="${languageOf(text)}" dir="auto"><span>${drawn(text)}</span></div>
${extra.quoted === undefined ? null : quote(extra.quoted)}
${counts(path)}
</article>`
}

/** A post of nobody in particular, without a page of its own. */
export const advertisement = html`<div data-testid="placementTracking">
<article role="article" data-testid="tweet">
${userName({ name: "Brackenfold", handle: "brackenfold" }, null)}
<div data-testid="tweetText" lang="en" dir="auto"><span>Quotas that apologise. Try it for a quarter.</span></div>
<span>Ad</span>
</article>
</div>`

/** The number of a post: milliseconds since the site's own beginning, shifted by 22 bits. */
export function statusId(at: string): bigint {
  return (BigInt(Date.parse(at)) - 1_288_834_974_657n) << 22n
}

/** Text with its emoji as images, which is how the site draws them. */
export function drawn(text: string): Markup[] {
  const parts = text.split(/(\p{Extended_Pictographic}\uFE0F?)/u)
  return parts.map((part, index) => (index % 2 === 1 ? emoji(part) : html`${part}`))
}

/** A count as the site shortens it: 1,234 and 12.4K. */
export function short(count: number): string {
  return count < 10_000 ? count.toLocaleString("en-US") : `${(Math.floor(count / 100) / 10).toLocaleString("en-US")}K`
}

function userName({ name, handle }: Author, posted: Markup | null): Markup {
  return html`<div data-testid="User-Name">
<div><a role="link" href="/${handle}"><div dir="ltr"><span>${name}</span></div></a></div>
<div><a role="link" href="/${handle}" tabindex="-1"><div dir="ltr"><span>@${handle}</span></div></a> ${posted}</div>
</div>`
}

function time(at: string): Markup {
  const day = new Date(at).toLocaleDateString("en-US", { month: "short", day: "numeric", timeZone: "UTC" })
  return html`<time datetime="${new Date(at).toISOString()}">${day}</time>`
}

function emoji(character: string): Markup {
  const drawing = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">
<text y="16">${character}</text>
</svg>`
  const source = `data:image/svg+xml,${encodeURIComponent(drawing.text)}`
  return html`<img alt="${character}" draggable="false" width="20" height="20" src="${source}">`
}

/** A quoted post has neither links nor a name's link: one element stands for all. */
function quote(author: Author): Markup {
  return html`<div aria-labelledby="quoted-${author.handle}"><div role="link" tabindex="0">
<div data-testid="User-Name">
<div><div dir="ltr"><span>${author.name}</span></div></div>
<div><div dir="ltr"><span>@${author.handle}</span></div> ${time("2026-10-20T09:00:00Z")}</div>
</div>
<div data-testid="tweetText" lang="en" dir="auto">
<span>A meeting without a number in it is a conversation. Enjoy those too.</span>
</div>
</div></div>`
}

/** The labels are exact, the texts are shortened. */
function counts(path: string): Markup {
  const replies = number(`replies ${path}`, 40)
  const reposts = number(`reposts ${path}`, 90)
  const likes = number(`likes ${path}`, 2600)
  const views = likes * 31
  const all = `${replies} replies, ${reposts} reposts, ${likes} likes, ${views} views`
  return html`<div role="group" aria-label="${all}">
<button type="button" data-testid="reply" aria-label="${replies} Replies. Reply"><span>${short(replies)}</span></button>
<button type="button" data-testid="retweet" aria-label="${reposts} reposts. Repost">
<span>${short(reposts)}</span>
</button>
<button type="button" data-testid="like" aria-label="${likes} Likes. Like"><span>${short(likes)}</span></button>
<a href="${path}/analytics" aria-label="${views} views. View post analytics"><span>${short(views)}</span></a>
<button type="button" data-testid="bookmark" aria-label="Bookmark"></button>
</div>`
}

/** The site's guess, by the script alone. */
function languageOf(text: string): string {
  if (/\p{Script=Hangul}/u.test(text)) return "ko"
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "ja"
  return /\p{Script=Arabic}/u.test(text) ? "ar" : "en"
}
