import { age } from "../day.ts"
import { html, type Markup } from "../markup.ts"
import type { Person } from "../person.ts"
import { emberPage } from "./ember.ts"
import { type Update, updatesOf } from "./updates.ts"

/** A person's posts on a page of their own, still drawn by Ember. Titles are doubled by hidden text. */
export function recentActivityPage(person: Person): Markup {
  return emberPage(
    `Activity | ${person.name} | LinkedIn`,
    "d_flagship3_profile_view_base_recent_activity_content_view",
    html`<h1>All activity</h1>
${updatesOf(person).map(article)}`,
  )
}

function article({ author, reposter, post, urn, reactions }: Update): Markup {
  return html`<div data-view-name="feed-full-update">
<div class="feed-shared-update-v2" role="article" data-urn="${urn}">
${reposter === null ? null : html`<div class="update-components-header">${reposter} reposted this</div>`}
<div class="update-components-actor">
<a href="/in/${encodeURIComponent(author.slug)}">
<span class="update-components-actor__title">${twice(author.name)}</span>
</a>
<span class="update-components-actor__description">${author.headline}</span>
<span class="update-components-actor__sub-description">${twice(`${age(post.at)} •`)}</span>
</div>
<div class="update-components-update-v2__commentary">${post.text}</div>
<button type="button">see more</button>
<button type="button" aria-label="${reactions} reactions">${reactions}</button>
</div></div>
`
}

function twice(text: string): Markup {
  return html`<span aria-hidden="true">${text}</span><span class="visually-hidden">${text}</span>`
}
