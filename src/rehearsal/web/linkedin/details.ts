import { linkedinClasses } from "../classes.ts"
import { html, type Markup } from "../markup.ts"
import { companyOf } from "../people.ts"
import { currentRole, memberId, type Person } from "../person.ts"
import { uuid } from "../seed.ts"
import { viewer } from "../strangers.ts"
import { experienceList } from "./experience.ts"
import { type Labels, labelsFor } from "./labels.ts"

/** `/in/<slug>/details/experience/`: all roles of a person, and nothing else. */
export function experiencePage(person: Person): Markup {
  const label = labelsFor(person)
  const key = `com.linkedin.sdui.profile.card.ref${memberId(person.slug)}ExperienceDetailsSection`
  return frame(
    `${label.experience} | ${person.name} | LinkedIn`,
    "ProfileExperienceDetails",
    label,
    html`<div id="${key}" componentkey="${key}"><div data-display-contents="true"><section componentkey="${uuid(key)}">
${experienceList(person, label, "ExperienceDetailsSection")}
</section></div></div>`,
  )
}

/** `/in/<slug>/overlay/contact-info/`: the dialog with a person's addresses elsewhere. */
export function contactInfoPage(person: Person): Markup {
  const label = labelsFor(person)
  const employer = companyOf(currentRole(person)?.company ?? "")
  return frame(
    `${person.name} | LinkedIn`,
    "ProfileContactDetails",
    label,
    html`<dialog open><h2>${person.name}</h2><p>${label.contactInfo}</p>
${entry("Profile", `https://www.linkedin.com/in/${encodeURIComponent(person.slug)}/`, `linkedin.com/in/${person.slug}`)}
${employer === null ? null : entry("Website", `https://${employer.domain}/`, employer.domain)}
${person.x === undefined ? null : entry("X", `https://x.com/${person.x.handle}`, person.x.handle)}
</dialog>`,
  )
}

function entry(kind: string, address: string, text: string): Markup {
  return html`<div><p>${kind}</p><p><a href="${address}">${text}</a></p></div>`
}

function frame(title: string, screen: string, label: Labels, content: Markup): Markup {
  const page = html`<html lang="${label.locale.slice(0, 2)}" dir="ltr" translate="no">
<head>
<meta charset="utf-8">
<title>${title}</title>
<meta name="como-pk" content="d_flagship3_profile_view_base">
<meta name="como-t" content="${JSON.stringify({ locale: label.locale })}">
</head>
<body data-rehydrated="true">
<div id="root">
<header><a href="/feed/">LinkedIn</a> <a href="/in/${viewer.slug}/">${viewer.name}</a></header>
<div data-sdui-screen="com.linkedin.sdui.flagshipnav.profile.${screen}"><main id="workspace">
<section aria-label="${label.primary}"><div data-testid="lazy-column">
${content}
</div></section>
</main></div>
</div>
</body>
</html>`
  return linkedinClasses(page, title)
}
