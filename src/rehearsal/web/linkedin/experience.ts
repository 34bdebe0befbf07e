import { monthsBetween } from "../day.ts"
import { html, type Markup } from "../markup.ts"
import { companyOf, employerName } from "../people.ts"
import { memberId, type Person, type Role } from "../person.ts"
import { uuid } from "../seed.ts"
import { datesOf, type Labels } from "./labels.ts"

/** The rows of a person's roles: those that follow one another at one company stand under its heading. */
export function experienceList(person: Person, label: Labels, section: string): Markup {
  return html`<h2>${label.experience}</h2>
<div data-testid="profile_${section}_${memberId(person.slug)}">
${stays(person.roles).map(
  (stay) => html`<div componentkey="entity-collection-item-${uuid(person.slug + stay.company)}">
${companyLink(stay.company)}
${stay.roles.length === 1 ? stay.roles.map((role) => singleRole(role, label)) : severalRoles(stay, label)}
</div>
`,
)}</div>`
}

type Stay = { company: string; roles: Role[] }

function stays(roles: Role[]): Stay[] {
  const result: Stay[] = []
  for (const role of roles) {
    const last = result.at(-1)
    if (last?.company === role.company) last.roles.push(role)
    else result.push({ company: role.company, roles: [role] })
  }
  return result
}

function companyLink(slug: string): Markup | null {
  const company = companyOf(slug)
  return company === null ? null : html`<a href="https://www.linkedin.com/company/${company.number}/"></a>`
}

function singleRole(role: Role, label: Labels): Markup {
  return html`<div><p>${role.title}</p><p>${employerName(role.company)} · ${label.fullTime}</p>
${details(role, label)}</div>`
}

function severalRoles(stay: Stay, label: Labels): Markup {
  const months = stay.roles.reduce((sum, role) => sum + monthsBetween(role.from, role.to ?? null), 0)
  return html`<div><p>${employerName(stay.company)}</p><p>${label.tenure(months)}</p></div>
<ul>${stay.roles.map(
    (role) => html`<li><p>${role.title}</p><p>${label.fullTime}</p>
${details(role, label)}</li>
`,
  )}</ul>`
}

function details(role: Role, label: Labels): Markup {
  return html`<p>${datesOf(label, role.from, role.to ?? null)}</p>
${role.place === undefined ? null : html`<p>${role.place}</p>`}
${role.text === undefined ? null : html`<p><span data-testid="expandable-text-box">${role.text}</span></p>`}`
}
