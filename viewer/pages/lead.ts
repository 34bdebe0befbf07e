import { Hono } from "hono"
import { html } from "hono/html"
import type { Store } from "../../src/db/store.ts"
import { type LeadProfile, leadProfile } from "../../src/leads/profile.ts"
import { actorName, closeIcon, fieldName, initials, modelName, outsideLink, status, time } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { earlierValues, historyList, suggestionList, valueList } from "../knowledge.ts"
import type { Frame, Html, PageEnv } from "../layout.ts"

/** One lead, as a page of its own and as the drawer beside the table. */
export function leadRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  const read = async (id: string) => {
    const profile = await leadProfile(store, Number(id))
    if (!profile) throw new NotFound(`There is no lead ${id}.`)
    return profile
  }
  app.get("/leads/:id{[0-9]+}", async (c) => {
    const profile = await read(c.req.param("id"))
    if (c.req.query("part") === "drawer") return c.html(leadFragment(profile, "drawer"))
    const page = html`<article class="record" data-lead="${profile.lead.id}">${leadFragment(profile, "page")}</article>`
    return frame(c, { title: nameOf(profile), at: "/" }, page)
  })
  app.get("/leads/:file{[0-9]+\\.json}", async (c) => c.json(await read(c.req.param("file").replace(".json", ""))))
  return app
}

/** Everything about a lead. In the drawer it has a way to close it and to the page. */
export function leadFragment(profile: LeadProfile, where: "page" | "drawer"): Html {
  const { lead, company } = profile
  const name = nameOf(profile)
  const heading = where === "page" ? html`<h1>${name}</h1>` : html`<h2>${name}</h2>`
  return html`<header class="who">
  ${where === "drawer" ? html`<div class="drawer-tools"><a href="/leads/${lead.id}">Open the page</a><button type="button" data-close aria-label="Close">${closeIcon()}</button></div>` : html`<p class="crumb"><a href="/">Leads</a></p>`}
  <div class="title">${initials(name)}<div>${heading}
    <p>${lead.title ?? html`<span class="none">no title yet</span>`}${lead.company ? html` at ${company ? html`<a href="/companies/${company.id}">${lead.company}</a>` : lead.company}` : ""}</p></div>${status(lead.status)}</div>
  ${lead.mergedInto === null ? "" : html`<p class="notice">This lead was merged into <a href="/leads/${lead.mergedInto}">lead ${lead.mergedInto}</a>.</p>`}
  <p class="links">${[lead.linkedinUrl, lead.xHandle && `https://x.com/${lead.xHandle.replace(/^@/, "")}`]
    .filter((address) => address !== null && address !== "")
    .map((address) => outsideLink(address ?? ""))}</p>
</header>
${suggestionList(profile.suggested, profile.values)}
<section><h2>What is known</h2>${valueList(profile.values, `lead-${lead.id}`)}</section>
${timelineList(profile.timeline)}
${workList(profile)}
${historyList(profile.history)}
${earlierValues(profile.earlier)}`
}

function nameOf({ lead }: LeadProfile): string {
  return lead.name || lead.email || `Lead ${lead.id}`
}

function timelineList(timeline: LeadProfile["timeline"]): Html {
  if (timeline.length === 0) return html``
  return html`<section><h2>Timeline</h2><ol class="timeline">${timeline.map(
    (entry) =>
      html`<li data-kind="${entry.kind}"><p>${entry.text}</p><p class="quiet">${fieldName(entry.kind)} · ${actorName(entry.actor)} · ${time(entry.at)}</p></li>`,
  )}</ol></section>`
}

function workList({ runs, tasks }: LeadProfile): Html {
  if (runs.length === 0 && tasks.length === 0) return html``
  return html`<section><h2>Work of agents</h2><ul class="work">
${tasks.map((task) => html`<li><span class="state" data-state="${task.state}">${task.state}</span> ${fieldName(task.kind)}${task.outcome ? html`: ${task.outcome}` : ""} <span class="quiet">${time(task.updatedAt)}</span></li>`)}
${runs.map((run) => html`<li><span class="state" data-state="${run.outcome ?? "running"}">${run.outcome ?? "running"}</span> <a href="/runs/${run.id}">Run ${run.id}</a> by ${run.agent} on ${modelName(run.model)} <span class="quiet">${time(run.startedAt)}</span></li>`)}
</ul></section>`
}
