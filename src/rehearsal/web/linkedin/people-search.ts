import { linkedinClasses } from "../classes.ts"
import { html, type Markup } from "../markup.ts"
import { people } from "../people.ts"
import type { Person } from "../person.ts"
import { some } from "../seed.ts"
import { strangers, viewer } from "../strangers.ts"

/** People whose name, headline or place has all the words; a mutual connection stands inside each result. */
export function peopleSearchPage(words: string): Markup {
  const page = html`<html lang="en" dir="ltr" translate="no">
<head>
<meta charset="utf-8">
<title>"${words}" | Search | LinkedIn</title>
<meta name="como-pk" content="d_flagship3_search_srp_people">
<meta name="como-t" content="${JSON.stringify({ locale: "en_US" })}">
</head>
<body data-rehydrated="true">
<div id="root">
<header><a href="/in/${viewer.slug}/">${viewer.name}</a></header>
<div data-sdui-screen="com.linkedin.sdui.flagshipnav.search.SearchResultsPeople"><main id="workspace">
<div data-testid="lazy-column"><div role="list">
${matches(words).map(result)}
</div></div>
</main></div>
</div>
</body>
</html>`
  return linkedinClasses(page, `search ${words}`)
}

function matches(words: string): Person[] {
  const wanted = words.toLowerCase().split(/\s+/)
  return people
    .filter((person) => person.awkward !== "gone")
    .filter((person) => {
      const text = `${person.name} ${person.headline ?? ""} ${person.location}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    .slice(0, 10)
}

function result(person: Person): Markup {
  const mutuals = some(strangers, 1, `search ${person.slug}`)
  return html`<div role="listitem">
<a href="https://www.linkedin.com/in/${encodeURIComponent(person.slug)}/"><p>${person.name} <span>• 2nd</span></p></a>
<p>${person.headline ?? "--"}</p>
<p>${person.location}</p>
${mutuals.map(({ slug, name }) => html`<p><a href="/in/${slug}/">${name}</a> is a mutual connection</p>`)}
</div>
`
}
