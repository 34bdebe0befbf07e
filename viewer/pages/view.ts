import { eq } from "drizzle-orm"
import { type Context, Hono } from "hono"
import { own } from "../../src/db/json.ts"
import { type Run, tables, type ViewVersion } from "../../src/db/tables.ts"
import { type Answered, readAnswers } from "../../src/views/asking.ts"
import { readInputs, type Values } from "../../src/views/inputs.ts"
import { versionOf } from "../../src/views/proposal.ts"
import { notAgreed, useOf, type ViewUse } from "../../src/views/use.ts"
import { type SeenView, seeView, versionsOf } from "../../src/views/views.ts"
import { csrfField, type DoDeps } from "../deed.ts"
import { actorName, number, time } from "../elements.ts"
import { NotFound, Refused } from "../errors.ts"
import type { FrameServer } from "../frame-server.ts"
import { pagePolicy } from "../guard.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { fieldsOf, viewParts } from "../view-parts.ts"

export type ViewDeps = Pick<DoDeps, "store" | "views"> & {
  frame: Frame
  /** Whether an agent can be asked here. */
  canAsk: boolean
  /** The origin of free HTML; null where it cannot be reached from the pages. */
  frames: FrameServer | null
  /** The drafts of a review as they are decided on. */
  draftCards(c: Context<PageEnv>, ids: number[]): Promise<Html[]>
}
type Page = { seen: SeenView; use: ViewUse; values: Values; lacking: string[]; isPresent: boolean }

/** One view, as a page, as JSON with its rows, and what free HTML is given. */
export function viewRoutes(deps: ViewDeps): Hono<PageEnv> {
  const { store, views, frame, frames } = deps
  const app = new Hono<PageEnv>()

  async function read(c: Context<PageEnv>, id: number): Promise<Page> {
    const asked = c.req.query("version")
    const version = asked === undefined ? undefined : Number(asked)
    const seen = await seeView(store, c.get("person").actor, id, version)
    if (!seen) throw new NotFound(`There is no view ${id}, or it is not shared with you.`)
    const use = await useOf(store, id, c.get("person").actor)
    const given = { ...keptInputs(use), ...c.req.query() }
    const inputs = readInputs(seen.manifest.inputs, given)
    if (inputs.kind === "wrong") throw new Refused(inputs.reason, `Correct it in the address, or open /views/${id}.`)
    const lacking = notAgreed(seen.version.rights, use)
    const isPresent = !seen.isOwner || seen.version.version === seen.view.version
    return { seen, use, values: inputs.values, lacking, isPresent }
  }

  const answersOf = ({ seen, values }: Page, only?: string[]): Promise<Record<string, Answered>> =>
    views ? readAnswers(views.queries, seen.manifest, values, only) : Promise.resolve({})

  async function partsOf(c: Context<PageEnv>, page: Page): Promise<Html> {
    const { seen, values, lacking, isPresent } = page
    const canAct = isPresent && lacking.length === 0 && c.get("person").role !== "viewer"
    const drawn = {
      id: seen.view.id,
      version: seen.version.version,
      manifest: seen.manifest,
      values,
      csrf: c.get("csrf"),
      canAct,
    }
    const answers = await answersOf(page)
    return html`${await viewParts({ ...drawn, answers, draftCards: (ids) => deps.draftCards(c, ids) })}`
  }

  app.get("/views/:id{[0-9]+}", async (c) => {
    const page = await read(c, Number(c.req.param("id")))
    if (c.req.query("part") === "parts") return c.html((await partsOf(c, page)).text)
    const { seen, lacking } = page
    const { view, version, manifest } = seen
    const content = html`<article class="view" data-view="${view.id}" data-version="${version.version}" data-kind="${version.kind}">
${await head(c, page)}${lacking.length > 0 ? agreement(c, page) : ""}${inputsForm(page)}
${version.kind === "html" ? freePart(c, page) : html`<div id="view-parts">${await partsOf(c, page)}</div>`}</article>
<dialog id="view-ask" aria-labelledby="view-ask-title"></dialog>`
    return frame(c, { title: manifest.title, at: "/views" }, content)
  })

  app.get("/views/:file{[0-9]+\\.json}", async (c) => {
    const page = await read(c, Number(c.req.param("file").replace(".json", "")))
    const { id, owner, sharedVersion } = page.seen.view
    const { version, kind, rights, createdAt } = page.seen.version
    const view = { id, owner, shared_version: sharedVersion, version, kind, rights, created_at: createdAt }
    return c.json({ view, manifest: page.seen.manifest, rows: await answersOf(page) })
  })

  /** The rows of one query, for free HTML; the host page asks for it. */
  app.get("/views/:id{[0-9]+}/rows.json", async (c) => {
    const page = await read(c, Number(c.req.param("id")))
    const name = c.req.query("query") ?? ""
    const answer = own(await answersOf(page, [name]), name)
    if (!answer) throw new NotFound(`This view has no query ${name}.`)
    if (answer.kind === "refused") throw new Refused(answer.reason, "Change the view.")
    return c.json({ rows: answer.rows, versions: answer.rows.map(versionOf), is_cut: answer.isCut })
  })

  /** Where free HTML will stand. Its page is fetched once, by this page alone. */
  function freePart(c: Context<PageEnv>, { seen, use, lacking }: Page): Html {
    if (lacking.length > 0) return html`<p class="quiet">It is shown once you agree.</p>`
    if (!frames) {
      return html`<p class="notice" data-why>This view is free HTML, which stands at an address of its own so that it reaches nothing. Behind a proxy there is no such address, so it is not shown. Ask for the same page without free HTML, or open it on the machine itself.</p>`
    }
    const host = c.req.header("host") ?? ""
    const { origin, path } = frames.put(seen.version.html ?? "", host)
    c.header("content-security-policy", `${pagePolicy}; frame-src ${origin}`)
    return html`<p class="quiet view-notice">What stands in the frame was made by an agent. It can reach nothing, and whatever it wants done is asked out here.</p>
<div class="view-frame" data-origin="${origin}" data-path="${path}" data-state="${JSON.stringify(use.state)}"><p class="quiet" data-why>Free HTML is shown by a script.</p></div>`
  }

  async function head(c: Context<PageEnv>, page: Page): Promise<Html> {
    const { seen, isPresent } = page
    const { view, version, isOwner, manifest } = seen
    const all = isOwner ? await versionsOf(store, view.id) : []
    const shared =
      view.sharedVersion === null
        ? "private to you"
        : isOwner
          ? `version ${view.sharedVersion} is shared`
          : `shared by ${actorName(view.owner)}`
    return html`<header class="view-head"><p class="crumb"><a href="/views">Views</a></p>
<div class="view-title"><h1>${manifest.title}</h1><p class="quiet">Version ${version.version}, ${shared}${isPresent ? "" : ", not the present one"}</p></div>
<div class="view-tools">${isOwner && deps.canAsk ? html`<button type="button" class="small" data-change="Change view ${view.id} (${manifest.title}): ">Change it …</button>` : ""}
<details class="menu"><summary class="small">What it may do</summary><div class="menu-box view-about">${await about(page, all)}</div></details>
${isOwner && c.get("person").role !== "viewer" ? ownerMenu(c, page, all) : ""}</div></header>`
  }

  /** The manifest as a person reads it. */
  async function about({ seen: { view, version, manifest } }: Page, all: { version: number }[]): Promise<Html> {
    const run = version.runId === null ? null : await runOf(version.runId)
    const acts = Object.entries(manifest.actions ?? {})
    return html`<p>Made for ${actorName(view.owner)} ${time(version.createdAt)}${version.runId === null ? "" : html` by <a href="/runs/${version.runId}">run ${version.runId}</a>`}${run?.tainted ? html`, which had read text from outside` : ""}.${all.length > 1 ? ` ${all.length} versions.` : ""}</p>
${version.prompt ? html`<blockquote>${version.prompt.slice(0, 300)}</blockquote>` : ""}
${rightsList(version.rights)}
${acts.length > 0 ? html`<dl>${acts.map(([name, { call, label, args }]) => html`<div><dt>${label ?? name}</dt><dd><code>${call}</code> <span class="quiet">${JSON.stringify(args)}</span></dd></div>`)}</dl>` : ""}
<details><summary>${number(Object.keys(manifest.queries ?? {}).length)} queries</summary>${Object.entries(manifest.queries ?? {}).map(([name, { sql }]) => html`<h4>${name}</h4><pre>${sql}</pre>`)}</details>
<p class="quiet">It can reach nothing outside, and nothing leaves to people without your yes to the exact text.</p>`
  }

  async function runOf(id: number): Promise<Pick<Run, "tainted"> | null> {
    const [run] = await store.read((db) =>
      db.select({ tainted: tables.runs.tainted }).from(tables.runs).where(eq(tables.runs.id, id)),
    )
    return run ?? null
  }

  return app
}

function ownerMenu(
  c: Context<PageEnv>,
  { seen }: Page,
  all: Pick<ViewVersion, "version" | "rights" | "createdAt">[],
): Html {
  const { view, version } = seen
  const post = (path: string, inside: Html) =>
    html`<form method="post" action="/do/views/${view.id}/${path}">${csrfField(c)}${inside}</form>`
  const before = all.find((one) => one.version === view.sharedVersion)
  const wider = before ? version.rights.filter((right) => !before.rights.includes(right)) : []
  return html`<details class="menu"><summary class="small">Share and versions</summary><div class="menu-box">
${post(
  "share",
  html`<input type="hidden" name="version" value="${version.version}"><label class="view-check"><input type="checkbox" name="navigation"${view.inNavigation ? html` checked` : ""}> in everybody's navigation</label>
${wider.length > 0 ? html`<p class="view-confirm">It may do more than the version that is shared: ${wider.map(rightWords).join("; ")}. Everybody is asked again.</p>` : ""}
<button class="small">Share version ${version.version} with the team</button>`,
)}
${view.sharedVersion === null ? "" : post("unshare", html`<button class="small">Make it private again</button>`)}
${all.length < 2 ? "" : html`<h3>Versions</h3><ul class="view-versions">${all.map((one) => html`<li><a href="/views/${view.id}?version=${one.version}">Version ${one.version}</a> <span class="quiet">${time(one.createdAt)}</span> ${one.version === view.version ? html`<span class="quiet">present</span>` : post("version", html`<input type="hidden" name="version" value="${one.version}"><button class="small">Go back to it</button>`)}</li>`)}</ul>`}
${post("remove", html`<button class="small">Remove this view</button>`)}</div></details>`
}

function agreement(c: Context<PageEnv>, { seen, lacking }: Page): Html {
  const { view, version, isOwner } = seen
  const more = isOwner || lacking.length < version.rights.length
  return html`<section class="notice view-agree" aria-label="Your agreement"><h2>${more ? "This version wants to do more than you agreed to" : `${actorName(view.owner)} shares this view with you`}</h2>
${rightsList(lacking)}
<form method="post" action="/do/views/${view.id}/agree">${csrfField(c)}<input type="hidden" name="version" value="${version.version}"><button class="primary">Agree</button></form>
<p class="quiet">Until then its buttons do nothing.</p></section>`
}

function rightsList(rights: string[]): Html {
  return html`<ul class="view-rights">${rights.map((right) => html`<li>${rightWords(right)}</li>`)}</ul>`
}

/** `do leads.stage` as people say it. */
function rightWords(right: string): string {
  const [verb, thing = ""] = right.split(" ")
  if (verb === "read") return `Reads ${thing.replaceAll("_", " ")}`
  if (verb === "decide") return "Lets you decide on drafts, each with its exact text"
  return `Does ${thing} when you click`
}

function inputsForm({ seen, values }: Page): Html {
  const { inputs = {} } = seen.manifest
  if (Object.keys(inputs).length === 0) return html``
  return html`<form class="view-inputs" method="get" id="view-inputs">${fieldsOf(inputs, "input", values, "")}<button class="small">Show</button></form>`
}

function keptInputs({ state }: ViewUse): Record<string, unknown> {
  const { inputs } = state
  return typeof inputs === "object" && inputs !== null && !Array.isArray(inputs) ? inputs : {}
}
