import { sql } from "drizzle-orm"
import { type Context, Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import { type Draft, type Reminder, tables } from "../../src/db/tables.ts"
import { duplicatesOf, type LeadSketch, type LikelyPair } from "../../src/leads/duplicates.ts"
import { type LeadProfile, leadProfile } from "../../src/leads/profile.ts"
import { answer } from "../answer.ts"
import { decisionButtons } from "../decision.ts"
import { deedButton } from "../deed-button.ts"
import { actorName, closeIcon, fieldName, initials, modelName, outsideLink, status, time } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { type Html, html } from "../html.ts"
import { earlierValues, historyList, suggestionList, valueList } from "../knowledge.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { pairDeeds } from "./merge.ts"

/** A lead with what stands around it. */
type LeadRecord = LeadProfile & {
  drafts: ShownDraft[]
  /** Those that are open. */
  reminders: Pick<Reminder, "id" | "text" | "person" | "dueAt">[]
}
type ShownDraft = Pick<
  Draft,
  "id" | "channel" | "recipient" | "subject" | "body" | "state" | "reason" | "author" | "updatedAt"
>

const mostDuplicates = 5

/** One lead, as a page of its own and as the drawer beside the table. */
export function leadRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  const read = async (id: string) => {
    const found = await readLead(store, Number(id))
    if (!found) throw new NotFound(`There is no lead ${id}.`)
    return found
  }
  const duplicates = async ({ lead }: LeadRecord) =>
    lead.mergedInto === null ? duplicatesOf(store, lead, mostDuplicates) : []
  app.get("/leads/:id{[0-9]+}", async (c) => {
    const found = await read(c.req.param("id"))
    if (c.req.query("part") === "duplicates")
      return answer(c, "html", duplicateList(c, found, await duplicates(found)).text)
    if (c.req.query("part") === "drawer") return answer(c, "html", leadFragment(c, found, "drawer").text)
    const page = html`<article class="record" data-lead="${found.lead.id}">${leadFragment(c, found, "page")}</article>`
    return frame(c, { title: nameOf(found), at: "/" }, page)
  })
  app.get("/leads/:id{[0-9]+}/duplicates.json", async (c) =>
    c.json({ duplicates: await duplicates(await read(c.req.param("id"))) }),
  )
  app.get("/leads/:file{[0-9]+\\.json}", async (c) => c.json(await read(c.req.param("file").replace(".json", ""))))
  return app
}

/** The place beside a table where leads open; `?open=ID` opens one. */
export async function leadDrawer(store: Store, c: Context<PageEnv>): Promise<Html> {
  const open = Number(c.req.query("open"))
  const found = Number.isInteger(open) && open > 0 ? await readLead(store, open) : null
  return html`<aside id="drawer" aria-label="Lead" tabindex="-1"${found ? "" : html` hidden`}>${found ? leadFragment(c, found, "drawer") : ""}</aside>`
}

async function readLead(store: Store, id: number): Promise<LeadRecord | null> {
  const profile = await leadProfile(store, id)
  if (!profile) return null
  return {
    ...profile,
    drafts: await store.rows<ShownDraft>(draftsOf, { id }),
    reminders: await store.rows<LeadRecord["reminders"][number]>(remindersOf, { id }),
  }
}

const { reminders, drafts } = tables
const draftsOf = sql`
  SELECT ${drafts.id} AS id, ${drafts.channel} AS channel, ${drafts.recipient} AS recipient, ${drafts.subject} AS subject,
    ${drafts.body} AS body, ${drafts.state} AS state, ${drafts.reason} AS reason, ${drafts.author} AS author,
    ${drafts.updatedAt} AS "updatedAt"
  FROM ${drafts} WHERE ${drafts.leadId} = ${sql.placeholder("id")} ORDER BY ${drafts.id} DESC LIMIT 100`
const remindersOf = sql`
  SELECT ${reminders.id} AS id, ${reminders.text} AS text, ${reminders.person} AS person, ${reminders.dueAt} AS "dueAt"
  FROM ${reminders} WHERE ${reminders.leadId} = ${sql.placeholder("id")} AND ${reminders.doneAt} IS NULL
  ORDER BY ${reminders.dueAt} LIMIT 100`

/** Everything about a lead. In the drawer it has a way to close it and to the page. */
function leadFragment(c: Context<PageEnv>, found: LeadRecord, where: "page" | "drawer"): Html {
  const { lead, company } = found
  const name = nameOf(found)
  const heading = where === "page" ? html`<h1>${name}</h1>` : html`<h2>${name}</h2>`
  return html`<header class="who">
  ${where === "drawer" ? html`<div class="drawer-tools"><a href="/leads/${lead.id}">Open the page</a><button type="button" data-close aria-label="Close">${closeIcon()}</button></div>` : html`<p class="crumb"><a href="/">Leads</a></p>`}
  <div class="title">${initials(name)}<div>${heading}
    <p>${lead.title ?? html`<span class="none">no title yet</span>`}${lead.company ? html` at ${company ? html`<a href="/companies/${company.id}">${lead.company}</a>` : lead.company}` : ""}</p></div>${status(lead.status)}</div>
  ${lead.mergedInto === null ? "" : html`<p class="notice">This lead was merged into <a href="/leads/${lead.mergedInto}">lead ${lead.mergedInto}</a>.</p>`}
  ${mergeNotice(c, found)}<p class="links">${[
    lead.linkedinUrl,
    lead.xHandle && `https://x.com/${lead.xHandle.replace(/^@/, "")}`,
  ]
    .filter((address) => address !== null && address !== "")
    .map((address) => outsideLink(address ?? ""))}</p>
</header>
${reminderList(c, found)}
${suggestionList(found.suggested, found.values, (fact) => decisionButtons(c, fact, `/leads/${lead.id}`))}
<section><h2>What is known</h2>${valueList(found.values, `lead-${lead.id}`)}</section>
${draftList(found)}
<div data-later="/leads/${lead.id}?part=duplicates"></div>
${timelineList(found.timeline)}
${workList(found)}
${historyList(found.history)}
${earlierValues(found.earlier)}`
}

/** Right after a merge, the way back. */
function mergeNotice(c: Context<PageEnv>, { lead, history }: LeadRecord): Html {
  const last = history[0]
  if (last?.kind !== "merge" || last.undoneBy !== null || lead.mergedInto !== null) return html``
  const undo = { path: `/do/changesets/${last.changeset}/undo`, back: `/leads/${lead.id}` }
  return html`<div class="notice"><p>${actorName(last.actor)} merged another lead into this one ${time(last.at)}.</p>${deedButton(c, { ...undo, words: "Take it back", label: "Take the merge back" })}</div>`
}

function nameOf({ lead }: LeadProfile): string {
  return lead.name || lead.email || `Lead ${lead.id}`
}

function reminderList(c: Context<PageEnv>, { lead, reminders }: LeadRecord): Html {
  if (reminders.length === 0) return html``
  return html`<section class="reminders"><h2>To do</h2><ul>${reminders.map(
    ({ id, text, person, dueAt }) =>
      html`<li><div><p>${text}</p><p class="quiet">${actorName(person)} · ${time(dueAt)}</p></div>${deedButton(c, { path: `/do/reminders/${id}/finish`, back: `/leads/${lead.id}`, words: "Done", label: `Done: ${text}` })}</li>`,
  )}</ul></section>`
}

function duplicateList(c: Context<PageEnv>, { lead }: LeadRecord, duplicates: LikelyPair<LeadSketch>[]): Html {
  if (duplicates.length === 0) return html``
  return html`<section><h2>Perhaps the same person</h2><ul class="people">${duplicates.map(
    ({ keep, drop, score, reasons }) => {
      const other = keep.id === lead.id ? drop : keep
      const words = [other.title, other.company].filter((one) => one).join(" at ")
      return html`<li><div><a href="/leads/${other.id}">${other.name || other.email || `Lead ${other.id}`}</a> <span class="quiet">${words}</span>
<p class="quiet">${Math.round(score * 100)} %: ${reasons.join(", ")}</p>${pairDeeds(c, keep.id, drop.id, `/leads/${lead.id}`)}</div></li>`
    },
  )}</ul></section>`
}

function draftList({ drafts }: LeadRecord): Html {
  if (drafts.length === 0) return html``
  return html`<section><h2>Drafts</h2><ul class="work drafts">${drafts.map(
    (draft) =>
      html`<li><p><span class="state" data-state="${draft.state}">${draft.state}</span> ${draft.channel} <span class="quiet">to ${draft.recipient} · ${actorName(draft.author)} · ${time(draft.updatedAt)}</span></p>
${draft.subject ? html`<p><b>${draft.subject}</b></p>` : ""}<p class="letter">${draft.body}</p>${draft.reason ? html`<p class="quiet">${draft.reason}</p>` : ""}</li>`,
  )}</ul></section>`
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
