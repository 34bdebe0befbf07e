import { age } from "../day.ts"
import { html, type Markup } from "../markup.ts"
import type { Person, Post } from "../person.ts"
import { number, some } from "../seed.ts"
import { strangers } from "../strangers.ts"
import type { Labels } from "./labels.ts"

/** A post as a person's activity shows it; `reposter` brought a post of somebody else. */
export type Update = {
  author: { name: string; slug: string; headline: string }
  reposter: string | null
  post: Post
  urn: string
  reactions: number
}

/** A person's own posts, and one of a stranger that the person reposted. */
export function updatesOf(person: Person): Update[] {
  const self = { name: person.name, slug: person.slug, headline: person.headline ?? "" }
  const own = person.posts.map((post) => update(self, null, post))
  const reposted = own.length === 0 ? [] : some(strangers, 1, `repost ${person.slug}`)
  return [...own, ...reposted.map((stranger) => update(stranger, person.name, strangersPost(person)))]
}

/** The updates as items of the carousel in a profile's Activity card. */
export function memberUpdates(person: Person, label: Labels): Markup[] {
  return updatesOf(person).map(({ author, reposter, post, urn, reactions }) => {
    const key = `update-card-focus-${urn}-FeedType_MEMBER_SHARES`
    return html`<li data-testid="carousel-child-container"><div role="listitem" componentkey="${key}">
${reposter === null ? null : html`<p>${reposter} ${label.reposted}</p>`}
<a href="/in/${encodeURIComponent(author.slug)}/" aria-label="${label.viewOf(author.name)}"><p>${author.name}</p></a>
<p>${label.posted(age(post.at))}</p>
<button type="button" aria-label="${label.menuFor(author.name)}">…</button>
<a href="/feed/update/${urn}/"><p><span data-testid="expandable-text-box">${post.text}</span></p></a>
<p><span data-count-in-words="">${label.reactions(reactions)}</span><span aria-hidden="true">${reactions}</span></p>
</div></li>
`
  })
}

/** The number of an update is its time in milliseconds, shifted by 22 bits. */
function update(author: Update["author"], reposter: string | null, post: Post): Update {
  const urn = `urn:li:activity:${BigInt(Date.parse(post.at)) << 22n}`
  return { author, reposter, post, urn, reactions: 3 + number(`reactions ${urn}`, 180) }
}

function strangersPost(person: Person): Post {
  const [month, day] = [1 + number(`month ${person.slug}`, 4), 10 + number(`day ${person.slug}`, 9)]
  return {
    at: `2026-0${month}-${day}T10:00:00Z`,
    text: "We are looking for three people who like long trains and short meetings.",
  }
}
