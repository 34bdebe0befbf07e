import { type Context, Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import type { LeadSketch, LikelyPair } from "../../src/leads/duplicates.ts"
import { type MergedField, type MergePreview, previewMerge } from "../../src/leads/merge-preview.ts"
import { type Aside, readHere } from "../aside.ts"
import { csrfField } from "../deed.ts"
import { deedButton, mayDo } from "../deed-button.ts"
import { fieldName, shownValue, time } from "../elements.ts"
import { NotFound, TooSlow } from "../errors.ts"
import { isSmall } from "../events.ts"
import { type Html, html } from "../html.ts"
import type { PageEnv } from "../layout.ts"
import { keepSlow, waiting } from "../slow-reading.ts"
import type { Reading } from "../table-routes.ts"

/** How long leads may be compared with each other, in milliseconds. */
const patience = 120_000
const most = 50
type Pairs = LikelyPair<LeadSketch>[]

/** Leads that may be the same person, and what would become of two of them. Among millions of leads they are compared aside. */
export function mergeRoutes({ store, aside, frame }: Reading, clock: () => Date): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  const slow = keepSlow(clock, () => compare(aside))
  const here = readHere(store)

  app.get("/duplicates", async (c) => {
    const position = c.get("position")
    const pairs = isSmall(position) ? await compare(here) : (slow.known(`${position.change}`)?.value ?? null)
    const words = "There are many leads to compare: it takes some seconds, and then it is there at once."
    const content = pairs ? pairList(c, pairs) : waiting("Comparing", words, "/duplicates.json")
    return frame(c, { title: "Duplicates", at: "/duplicates" }, content)
  })
  app.get("/duplicates.json", async (c) => {
    const position = c.get("position")
    const pairs = isSmall(position) ? await compare(here) : (await slow.read(`${position.change}`)).value
    return c.json({ duplicates: pairs })
  })

  app.get("/leads/:id{[0-9]+}/merge", async (c) => {
    const preview = await read(store, c)
    return frame(c, { title: "Make one of two", at: "/" }, mergePage(c, preview))
  })
  app.get("/leads/:id{[0-9]+}/merge.json", async (c) => c.json(await read(store, c)))
  return app
}

async function compare(where: Aside): Promise<Pairs> {
  const answer = await where.read("duplicates", { limit: most }, patience)
  if (answer.kind === "failed") throw new Error(answer.why)
  if (answer.kind === "too slow") throw new TooSlow(patience)
  return answer.value.pairs
}

function pairList(c: Context<PageEnv>, pairs: Pairs): Html {
  return html`<article class="record"><header class="who"><h1>Who may be there twice</h1>
<p class="quiet">Nothing is merged before you have seen what stays.</p></header>
${pairs.length === 0 ? html`<p>Nobody looks like anybody else.</p>` : html`<ul class="people">${pairs.map((pair) => pairItem(c, pair))}</ul>`}</article>`
}

async function read(store: Store, c: Context<PageEnv>): Promise<MergePreview> {
  const other = Number(c.req.query("with"))
  if (!Number.isSafeInteger(other) || other <= 0) throw new NotFound("There is no lead to merge it with.")
  return previewMerge(store, Number(c.req.param("id")), other)
}

function pairItem(c: Context<PageEnv>, { keep, drop, score, reasons }: LikelyPair<LeadSketch>): Html {
  return html`<li><div>${sketch(keep)}${sketch(drop)}<p class="quiet">${Math.round(score * 100)} %: ${reasons.join(", ")}</p>
${pairDeeds(c, keep.id, drop.id, "/duplicates")}</div></li>`
}

function sketch({ id, name, email, title, company }: LeadSketch): Html {
  return html`<p><a href="/leads/${id}">${name || email || `Lead ${id}`}</a> <span class="quiet">${[title, company].filter((one) => one).join(" at ")}</span></p>`
}

/** What a person says of two who look alike. */
export function pairDeeds(c: Context<PageEnv>, keep: number, drop: number, back: string): Html {
  if (!mayDo(c)) return html``
  return html`<div class="decide"><a class="tool" href="/leads/${keep}/merge?with=${drop}">Compare and merge</a>${apart(c, keep, drop, back)}</div>`
}

function apart(c: Context<PageEnv>, keep: number, drop: number, back: string): Html {
  const label = `Leads ${keep} and ${drop} are two people`
  const path = `/do/leads/${keep}/apart`
  return deedButton(c, { path, back, words: "Two people", label, also: { other: String(drop) } })
}

function mergePage(c: Context<PageEnv>, preview: MergePreview): Html {
  if (preview.kind === "refused")
    return html`<section class="notice"><h1>${preview.reason}</h1><p><a href="/leads/${c.req.param("id")}">The lead</a></p></section>`
  const { keep, drop, names, fields } = preview
  return html`<article class="record merge"><header class="who"><p class="crumb"><a href="/duplicates">Duplicates</a></p>
<h1>Make one of ${names.keep} and ${names.drop}</h1>
<p class="quiet">What is marked stays; the other value is kept as an earlier one. Facts, evidence, timeline, drafts and addresses of both come along. It can be taken back.</p></header>
<table class="plain both"><thead><tr><th scope="col">Field</th><th scope="col"><a href="/leads/${keep}">${names.keep}</a>, no. ${keep}</th><th scope="col"><a href="/leads/${drop}">${names.drop}</a>, no. ${drop}</th></tr></thead>
<tbody>${fields.map(fieldRow)}</tbody></table>
${
  mayDo(c)
    ? html`<div class="decide"><form class="deed" method="post" action="/do/leads/${keep}/merge">${csrfField(c)}<input type="hidden" name="other" value="${drop}"><input type="hidden" name="back" value="/leads/${keep}"><button class="primary">Merge into no. ${keep}</button></form>
<a class="tool" href="/leads/${drop}/merge?with=${keep}">The other way round</a>${apart(c, keep, drop, `/leads/${keep}`)}</div>`
    : ""
}</article>`
}

function fieldRow({ field, kept, dropped, stays }: MergedField): Html {
  return html`<tr><th scope="row">${fieldName(field)}</th>${side(field, kept, stays !== "dropped")}${side(field, dropped, stays !== "kept")}</tr>`
}

function side(field: string, value: MergedField["kept"], isKept: boolean): Html {
  const words = field.endsWith("_at") && value !== null ? time(String(value)) : shownValue(value)
  return isKept && value !== null && value !== ""
    ? html`<td><mark>${words}</mark></td>`
    : html`<td class="quiet">${words}</td>`
}
