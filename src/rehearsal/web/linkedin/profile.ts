import { linkedinClasses } from "../classes.ts"
import { html, json, type Markup } from "../markup.ts"
import { employerName } from "../people.ts"
import { currentRole, memberId, type Person } from "../person.ts"
import { digits, number, some, uuid } from "../seed.ts"
import { type Stranger, strangers, viewer } from "../strangers.ts"
import { experienceList } from "./experience.ts"
import { type Labels, labelsFor } from "./labels.ts"
import { invitationScript } from "./messaging.ts"
import { memberUpdates } from "./updates.ts"

/**
 * The profile as the server-driven page of today: cards with keys, classes that mean nothing, strangers beside, and
 * everything below Activity filled only when it is scrolled into view inside `#workspace`.
 */
export function profilePage(person: Person): Markup {
  const label = labelsFor(person)
  const titled = `${person.name} | LinkedIn`
  const page = html`<html lang="${label.locale.slice(0, 2)}" dir="ltr" translate="no">
<head>
<meta charset="utf-8">
<title>${number(`unread ${person.slug}`, 3) === 0 ? `(3) ${titled}` : titled}</title>
<title>${titled}</title>
<meta name="como-pk" content="d_flagship3_profile_view_base">
<meta name="como-t" content="${JSON.stringify({ locale: label.locale, treeId: digits(person.slug, 22) })}">
<meta name="viewport" content="width=device-width, initial-scale=1">
${stylesheet}
</head>
<body data-rehydrated="true">
<div id="root">
${navigation}
<div data-sdui-screen="com.linkedin.sdui.flagshipnav.profile.Profile">
<div role="toolbar" aria-hidden="true" inert><div><p>${person.name}</p><p>${person.headline}</p></div></div>
<main id="workspace">
<section aria-label="${label.primary}"><div><div data-testid="lazy-column">
${topCard(person, label)}
${card(person, "SalesInsightsOrHighlights", highlights(person, label))}
${card(person, "SuggestedForYou", suggestions(person, label))}
${card(aboutOwner(person), "About", about(person, label))}
${card(person, "Services", null)}
${card(person, "Featured", null)}
${cardWithKey(`${person.slug}Activity`, activity(person, label))}
${lazyAnchor(`profile_top_card_experience_lazy_anchor_${person.slug}`)}
${lazyParts.map((part) => placeholder(part + person.slug))}
</div></div></section>
${aside(person, label)}
<footer><p>LinkedIn Corporation © 2026</p></footer>
</main>
</div>
</div>
${chatList(person)}
<script>window.__como_rehydration__ = ${json(rehydration(person))}</script>
<script type="application/json" id="deferred-cards">${json(deferredCards(person, label))}</script>
${fillOnScroll}
${invitationScript(person, 3)}
</body>
</html>`
  return linkedinClasses(page, person.slug)
}

/** Placeholders in the order of the page; what each one is filled with stands in `deferred`. */
const lazyParts = [
  "profileCardsExperienceOnly",
  "profileCardsBelowActivityPart1WithoutExp",
  "profileCardsBelowActivityPart7",
  "profileCardsBelowActivityPart2",
  "profileCardsBelowActivityPart3",
  "profileCardsBelowActivityPart4",
  "profileCardsBelowActivityPart5",
  "profileCardsBelowActivityPart6",
] as const

const stylesheet = html`<style>
html, body { height: 100%; margin: 0; overflow: hidden; font: 15px/1.45 system-ui, sans-serif; background: #f4f2ee }
p, h2, ul { margin: 0 0 4px; padding: 0; list-style: none }
a { color: #0a66c2; text-decoration: none }
header { height: 52px; display: flex; gap: 24px; align-items: center; padding: 0 24px; background: #fff }
[role=toolbar] { position: absolute; top: -80px }
#workspace {
  height: calc(100vh - 52px); overflow-y: auto; box-sizing: border-box; padding: 24px;
  display: grid; grid-template-columns: minmax(0, 780px) 300px; gap: 24px; justify-content: center;
}
[data-testid=lazy-column] section, aside section {
  background: #fff; border: 1px solid #ddd; border-radius: 8px; padding: 20px 24px; margin-bottom: 12px;
}
[componentkey$=Topcard] section { min-height: 420px }
[componentkey$=Activity] section { min-height: 380px }
[aria-busy=true] div { height: 260px; border-radius: 8px; margin-bottom: 12px; background: #e7e5df }
[data-count-in-words] { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
#interop-outlet { position: fixed; right: 24px; bottom: 0 }
</style>`

/** Fills a placeholder a moment after it came into view of the scroller; scrolling the window brings nothing there. */
const fillOnScroll = html`<script>
const parts = JSON.parse(document.getElementById("deferred-cards").textContent)
const observer = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue
    observer.unobserve(entry.target)
    setTimeout(() => {
      entry.target.innerHTML = parts[entry.target.id]
      entry.target.removeAttribute("aria-busy")
    }, 120)
  }
}, { root: document.getElementById("workspace") })
for (const key of Object.keys(parts)) observer.observe(document.getElementById(key))
</script>`

const navigation = html`<header>
<a href="/feed/">LinkedIn</a>
<nav><a href="/mynetwork/">My Network</a> <a href="/messaging/">Messaging</a></nav>
<a href="/in/${viewer.slug}/">${viewer.name}</a>
</header>`

/** A card under the person's own ID; one without content is an empty element. */
function card(person: { slug: string }, name: string, content: Markup | null): Markup {
  return cardWithKey(memberId(person.slug) + name, content)
}

function cardWithKey(name: string, content: Markup | null): Markup {
  const key = `com.linkedin.sdui.profile.card.ref${name}`
  if (content === null) return html`<div id="${key}" componentkey="${key}"></div>`
  return html`<div id="${key}" componentkey="${key}"><div data-display-contents="true">
<section componentkey="${uuid(key)}">
${content}
</section></div></div>`
}

function topCard(person: Person, label: Labels): Markup {
  const role = currentRole(person)
  const employer = role === null ? null : employerName(role.company)
  const employers = [employer, person.schools[0]?.school ?? null].filter((name) => name !== null)
  const contactInfo = `/in/${encodeURIComponent(person.slug)}/overlay/contact-info/`
  return card(
    person,
    "Topcard",
    html`<div>
<div componentkey="ProfileVerificationTriggerRef-${person.slug}"><h2>${person.name}</h2></div>
${person.pronouns === undefined ? null : html`<p>${person.pronouns}</p>`}
<p>${label.degree}</p>
${number(`promoted ${person.slug}`, 4) === 0 ? promotion : null}
<p>${person.headline ?? "--"}</p>
<p>${employers.join(" · ")}</p>
<div><p>${person.location}</p><p>·</p><p><a href="${contactInfo}">${label.contactInfo}</a></p></div>
<div><a href="/search/results/people/"><p>${label.connections}</p></a></div>
</div>
${ownButtons(person, label)}
${employers.map((name) => html`<div role="button" tabindex="0"><p>${name}</p></div>`)}
${ownButtons(person, label)}`,
  )
}

const promotion = html`<a href="/premium/products/"><p>Reactivate Premium for half of nothing</p></a>`

/** The row of buttons, which the page draws twice. */
function ownButtons(person: Person, label: Labels): Markup {
  const invitation = `/preload/custom-invite/?vanityName=${encodeURIComponent(person.slug)}`
  return html`<div componentkey="${number(person.slug, 900_000_000)}_connect">
<a href="/messaging/compose/?recipient=${memberId(person.slug)}">${label.message}</a>
<a href="${invitation}" aria-label="${label.invite(person.name)}">${label.connect}</a>
<button type="button" aria-expanded="false">${label.more}</button>
</div>`
}

function highlights(person: Person, label: Labels): Markup {
  return html`<h2>${label.highlights}</h2>
${some(strangers, 1, `mutual ${person.slug}`).map(
  (mutual) => html`<a href="/search/results/people/?network=%5B%22F%22%5D"><p>${label.mutual(mutual.name)}</p></a>`,
)}`
}

/** Strangers under the profile's own ID, as on the real page. */
function suggestions(person: Person, label: Labels): Markup {
  return html`<h2>${label.suggested}</h2>${rows(some(strangers, 2, `suggested ${person.slug}`), label)}`
}

/** Whose ID the About card carries: another person's on the page whose cards disagree. */
function aboutOwner(person: Person): { slug: string } {
  return person.awkward === "ids-disagree" ? { slug: "odette-farncombe" } : person
}

function about(person: Person, label: Labels): Markup | null {
  if (person.about === null) return null
  const lines = person.about.split("\n").map((line, index) => html`${index === 0 ? null : html`<br>`}${line}`)
  const cut = html`<button type="button" data-testid="expandable-text-button">${label.cut}</button>`
  return html`<h2>${label.about}</h2>
<p><span data-testid="expandable-text-box">${lines}${cut}</span></p>
<div><p>${label.topSkills}</p><p>${person.skills.slice(0, 3).join(" • ")}</p></div>`
}

function activity(person: Person, label: Labels): Markup {
  return html`<h2>${label.activity}</h2><p>${label.followers(person.followers)}</p>
<ul>${memberUpdates(person, label)}</ul>`
}

function lazyAnchor(key: string): Markup {
  return html`<div id="${key}" componentkey="${key}"></div>`
}

function placeholder(key: string): Markup {
  return html`<div id="${key}" componentkey="${key}" aria-busy="true"><div></div></div>
`
}

/** What every placeholder turns into, as HTML under its key. */
function deferredCards(person: Person, label: Labels): Record<string, string> {
  return Object.fromEntries(
    lazyParts.map((part) => {
      const key = part + person.slug
      return [key, linkedinClasses(deferred(part, person, label), key).text]
    }),
  )
}

function deferred(part: (typeof lazyParts)[number], person: Person, label: Labels): Markup {
  switch (part) {
    case "profileCardsExperienceOnly":
      return card(person, "ExperienceTopLevelSection", experienceList(person, label, "ExperienceTopLevelSection"))
    case "profileCardsBelowActivityPart1WithoutExp":
      return card(person, "EducationTopLevelSection", education(person, label))
    case "profileCardsBelowActivityPart7":
      return card(person, "Skills", skills(person, label))
    case "profileCardsBelowActivityPart2":
      return card(person, "RecommendationsTopLevel", recommendations(person, label))
    case "profileCardsBelowActivityPart3":
      return card(person, "CertificationTopLevel", null)
    default:
      return html`<div></div>`
  }
}

function education(person: Person, label: Labels): Markup | null {
  if (person.schools.length === 0) return null
  return html`<h2>${label.education}</h2>
<div data-testid="profile_EducationTopLevelSection_${memberId(person.slug)}">
${person.schools.map(
  ({ school, degree, from, to }) => html`<div componentkey="entity-collection-item-${uuid(person.slug + school)}">
<p>${school}</p><p>${degree}</p><p>${from} – ${to}</p>
</div>
`,
)}</div>`
}

function skills(person: Person, label: Labels): Markup | null {
  if (person.skills.length === 0) return null
  return html`<h2>${label.skills}</h2>
<div data-testid="profile_Skills_${memberId(person.slug)}">
${person.skills.map(
  (skill) => html`<div componentkey="entity-collection-item-${uuid(person.slug + skill)}">
<p>${skill}</p><p>${label.endorsed}</p>
</div>
`,
)}</div>`
}

/** A stranger's words about the person, with the stranger's own title and employer. */
function recommendations(person: Person, label: Labels): Markup {
  return html`<h2>${label.recommendations}</h2>
${rows(some(strangers, 1, `recommender ${person.slug}`), label)}
<p>Calm on bad days and kind on good ones. I would work with them again tomorrow.</p>`
}

function aside(person: Person, label: Labels): Markup {
  return html`<aside aria-label="${label.aside}">
<section componentkey="profileAsideBrowsemap${person.slug}"><h2>${label.browseMap}</h2>
${rows(some(strangers, 3, `aside ${person.slug}`), label)}</section>
<section><h2>${label.mayKnow}</h2>
${rows(some(strangers, 3, `may know ${person.slug}`), label)}</section>
<section><p>Ad</p><p>Brackenfold: quotas that apologise.</p></section>
</aside>`
}

/** Strangers in a row, with buttons that look like the profile's own. */
function rows(list: Stranger[], label: Labels): Markup[] {
  return list.map((stranger) => {
    const state = `ConnectButtonstate:invitation:urn:li:member:${number(stranger.slug, 900_000_000)}`
    return html`<div>
<a href="/in/${stranger.slug}/"><p>${stranger.name}</p></a><p>${stranger.headline}</p>
<button type="button" componentkey="${state}" aria-label="${label.invite(stranger.name)}">${label.connect}</button>
</div>
`
  })
}

function chatList(person: Person): Markup {
  const others = some(strangers, 3, `chat ${person.slug}`)
  return html`<div id="interop-outlet"><template shadowrootmode="open"><section>
${others.map((other) => html`<h3>${other.name}</h3><p>See you on Thursday then.</p>`)}
</section></template></div>`
}

/** Texts without field names, strangers' among them: nobody should read this. */
function rehydration(person: Person): string[] {
  return [
    viewer.name,
    viewer.headline,
    ...some(strangers, 6, `rehydration ${person.slug}`).flatMap((stranger) => [stranger.name, stranger.headline]),
    person.name,
    person.headline ?? "",
  ]
}
