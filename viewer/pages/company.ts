import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import { companyProfile } from "../../src/leads/profile.ts"
import { decisionButtons } from "../decision.ts"
import { initials, status } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { html } from "../html.ts"
import { earlierValues, historyList, suggestionList, valueList } from "../knowledge.ts"
import type { Frame, PageEnv } from "../layout.ts"

/** One company, and who works there. */
export function companyRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  const read = async (id: string) => {
    const profile = await companyProfile(store, Number(id))
    if (!profile) throw new NotFound(`There is no company ${id}.`)
    return profile
  }
  app.get("/companies/:id{[0-9]+}", async (c) => {
    const { company, values, suggested, leads, history, earlier } = await read(c.req.param("id"))
    const name = company.name || company.domain || `Company ${company.id}`
    const content = html`<article class="record" data-company="${company.id}"><header class="who"><p class="crumb"><a href="/companies">Companies</a></p>
<div class="title">${initials(name)}<div><h1>${name}</h1><p>${company.industry ?? ""}</p></div></div>
${company.mergedInto === null ? "" : html`<p class="notice">This company was merged into <a href="/companies/${company.mergedInto}">company ${company.mergedInto}</a>.</p>`}</header>
${suggestionList(suggested, values, (fact) => decisionButtons(c, fact, `/companies/${company.id}`))}
<section><h2>What is known</h2>${valueList(values, `company-${company.id}`)}</section>
<section><h2>People</h2>${leads.length === 0 ? html`<p class="quiet">Nobody yet.</p>` : html`<ul class="people">${leads.map((lead) => html`<li><a href="/leads/${lead.id}">${lead.name || lead.email || `Lead ${lead.id}`}</a> <span class="quiet">${lead.title ?? ""}</span>${status(lead.status)}</li>`)}</ul>`}</section>
${historyList(history)}${earlierValues(earlier)}</article>`
    return frame(c, { title: name, at: "/companies" }, content)
  })
  app.get("/companies/:file{[0-9]+\\.json}", async (c) => c.json(await read(c.req.param("file").replace(".json", ""))))
  return app
}
