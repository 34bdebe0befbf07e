import { html, type Markup } from "../markup.ts"
import type { Post } from "../person.ts"
import { number, some } from "../seed.ts"
import { strangers } from "../strangers.ts"
import type { Account } from "./accounts.ts"
import { type Author, advertisement, post } from "./post.ts"

/** A profile's posts: the pinned one, the newest, an ad, the older ones and a repost; on some, the newest quotes. */
export function timeline({ author, posts }: Account): Markup {
  const [reposted, quoted] = some(strangers, 2, `x ${author.handle}`)
  const pinned = posts.length > 2 ? posts.at(-1) : undefined
  const [newest, ...older] = posts.filter((one) => one !== pinned)
  const quotes = quoted !== undefined && number(author.handle, 2) === 0
  return list(`${author.name}’s posts`, [
    ...(pinned === undefined ? [] : [post(author, pinned, { context: html`Pinned` })]),
    ...(newest === undefined ? [] : [post(author, newest, quotes ? { quoted } : {})]),
    advertisement,
    ...older.map((one) => post(author, one)),
    ...(newest === undefined || reposted === undefined ? [] : [repost(author, reposted, newest)]),
  ])
}

/** Cells in the site's list of whatever kind. */
export function list(title: string, cells: Markup[]): Markup {
  return html`<section role="region" aria-labelledby="accessible-list-0">
<h1 id="accessible-list-0">${title}</h1>
<div aria-label="Timeline: ${title}">
${cells.map(
  (cell) => html`<div data-testid="cellInnerDiv">${cell}</div>
`,
)}
</div>
</section>`
}

/** A stranger's post of the day before, brought by the author. */
function repost(by: Author, author: Author, newest: Post): Markup {
  const context = html`<a href="/${by.handle}" role="link">${by.name} reposted</a>`
  const at = new Date(Date.parse(newest.at) - 86_400_000).toISOString()
  const text = "If you can read the label, you are standing too close to the machine."
  return post(author, { at, text }, { context })
}
