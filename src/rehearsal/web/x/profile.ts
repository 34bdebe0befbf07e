import { html, json, type Markup } from "../markup.ts"
import { number } from "../seed.ts"
import type { Account } from "./accounts.ts"
import { xFrame } from "./frame.ts"
import { restId } from "./messaging.ts"
import { drawn, short } from "./post.ts"
import { timeline } from "./timeline.ts"

/** A profile with its timeline; a protected one shows its head alone, a suspended one nothing. */
export function xProfilePage(account: Account): Markup {
  const { name, handle } = account.author
  const title = `${name} (@${handle}) / X`
  switch (account.state) {
    case "suspended":
      return xFrame(
        "Profile / X",
        html`<div data-testid="UserName"><span>@${handle}</span></div>
${empty("Account suspended", "This account broke the rules.")}`,
      )
    case "protected":
      return xFrame(
        title,
        html`${head(account)}
${empty("These posts are protected", `@${handle} shows them to followers alone.`)}`,
      )
    case "open":
      return xFrame(title, html`${head(account)}${timeline(account)}`, account.schema ? schema(account) : null)
  }
}

function head(account: Account): Markup {
  const { author, employer } = account
  return html`${account.state === "open" ? messageButton(author.handle) : null}
<div data-testid="UserName">
<div><span>${drawn(author.name)}</span>${account.state === "protected" ? lock : null}</div>
<div><span>@${author.handle}</span></div>
</div>
<div data-testid="UserDescription" dir="auto"><span>${drawn(account.bio)}</span></div>
<div data-testid="UserProfileHeader_Items">
<span data-testid="UserLocation"><span>${account.location}</span></span>
${employer === null ? null : website(account.shortLink, employer.domain)}
<span data-testid="UserJoinDate"><span>Joined ${monthOf(account.joined)}</span></span>
</div>
<div>
${counted(`/${author.handle}/following`, account.following, "Following")}
${counted(`/${author.handle}/verified_followers`, account.followers, "Followers")}
</div>`
}

function messageButton(handle: string): Markup {
  const address = `/messages/compose?recipient_id=${restId(handle)}`
  return html`<a role="link" data-testid="sendDMFromProfile" aria-label="Message" href="${address}" style="float: right; border: 1px solid #ccc; border-radius: 99px; padding: 6px 14px">Message</a>`
}

function website(address: string, text: string): Markup {
  return html`<a data-testid="UserUrl" href="${address}"><span>${text}</span></a>`
}

function counted(address: string, count: number, what: string): Markup {
  return html`<a role="link" href="${address}"><span>${short(count)}</span> <span>${what}</span></a>`
}

const lock = html`<svg data-testid="icon-lock" aria-label="Protected account" viewBox="0 0 9 9" width="9">
<path d="M0 4h9v5H0z"></path>
</svg>`

function monthOf(joined: string): string {
  const day = new Date(`${joined}-01T00:00:00Z`)
  return day.toLocaleDateString("en-US", { month: "long", year: "numeric", timeZone: "UTC" })
}

/** The same element for every reason not to show a timeline. */
function empty(title: string, explanation: string): Markup {
  return html`<div data-testid="emptyState">
<div data-testid="empty_state_header_text"><span>${title}</span></div>
<div data-testid="empty_state_body_text"><span>${explanation}</span></div>
</div>`
}

function schema({ author, bio, location, followers, following, joined }: Account): Markup {
  const entity = {
    "@type": "Person",
    additionalName: author.handle,
    givenName: author.name,
    description: bio,
    homeLocation: { "@type": "Place", name: location },
    identifier: restId(author.handle),
    interactionStatistic: [
      statistic("Follows", "FollowAction", followers),
      statistic("Friends", "SubscribeAction", following),
      statistic("Tweets", "WriteAction", 400 + number(`posts ${author.handle}`, 9000)),
    ],
    url: `https://x.com/${author.handle}`,
  }
  const profile = {
    "@context": "https://schema.org",
    "@type": "ProfilePage",
    dateCreated: `${joined}-11T09:00:00.000Z`,
    mainEntity: entity,
  }
  return html`<script type="application/ld+json" data-testid="UserProfileSchema-test">${json(profile)}</script>`
}

function statistic(name: string, action: string, count: number): unknown {
  return {
    "@type": "InteractionCounter",
    name,
    interactionType: `https://schema.org/${action}`,
    userInteractionCount: count,
  }
}
