import { type Context, Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import { leadProfile } from "../../src/leads/profile.ts"
import { EntityNotFound } from "../../src/leads/values.ts"
import { countDrafts, findDrafts, sendableDrafts, waitingDrafts } from "../../src/outreach/find.ts"
import type { OutreachPort } from "../../src/outreach/port.ts"
import { type ReviewedDraft, reviewDraft } from "../../src/outreach/review.ts"
import { csrfField } from "../deed.ts"
import { mayDo } from "../deed-button.ts"
import { draftCard } from "../draft-card.ts"
import { number } from "../elements.ts"
import { type Html, html } from "../html.ts"
import { valueList } from "../knowledge.ts"
import type { Frame, PageEnv } from "../layout.ts"

/** So many are shown at once. */
const mostListed = 100
const headings = { one: "Review drafts", list: "Review drafts", approved: "Approved drafts", sent: "Sent drafts" }
const nobody = { homeKey: () => "", mailFrom: null }

export type DraftPages = {
  routes: Hono<PageEnv>
  /** Drafts as they are decided on, for pages of others; those that were put off are left out until their time has come. */
  cards(c: Context<PageEnv>, ids: number[]): Promise<Html[]>
}

/** The review of drafts, one at a time or many, and the page of one. */
export function draftPages(
  store: Store,
  frame: Frame,
  { clock, outreach }: { clock: () => Date; outreach?: OutreachPort | undefined },
): DraftPages {
  const app = new Hono<PageEnv>()
  const deciding = outreach?.deciding ?? nobody

  const read = (id: number) => reviewDraft(store, id, deciding, clock())
  /** A lead that was forgotten leaves no draft to decide on. */
  const readAll = async (ids: number[]): Promise<ReviewedDraft[]> => {
    const found: ReviewedDraft[] = []
    for (const id of ids) {
      const one = await read(id).catch((error: unknown) => {
        if (error instanceof EntityNotFound) return null
        throw error
      })
      if (one) found.push(one)
    }
    return found
  }

  app.get("/drafts/review", async (c) => {
    const show = c.req.query("show")
    if (show === "approved") return approvedPage(c)
    if (show === "sent") return sentPage(c)
    const waiting = await waitingDrafts(store, clock())
    return c.req.query("as") === "list" ? listPage(c, waiting) : onePage(c, waiting)
  })
  app.get("/drafts/review.json", async (c) => {
    const reviewed = await readAll((await waitingDrafts(store, clock())).slice(0, mostListed))
    return c.json({ drafts: reviewed })
  })
  app.get("/drafts/:id{[0-9]+}", async (c) => {
    const id = Number(c.req.param("id"))
    const reviewed = await read(id)
    const content = html`<div class="drafts-one" data-drafts="page"><header class="drafts-head"><h1>Draft ${id}</h1><nav aria-label="Drafts"><a href="/drafts/review">Review</a><a href="/drafts">Every draft</a></nav></header>
${await pair(c, reviewed, `/drafts/${id}`)}</div>`
    return frame(c, { title: `Draft to ${nameOf(reviewed)}`, at: "/drafts" }, content)
  })
  app.get("/drafts/:file{[0-9]+\\.json}", async (c) =>
    c.json(await read(Number(c.req.param("file").replace(".json", "")))),
  )

  async function onePage(c: Context<PageEnv>, waiting: number[]): Promise<Response> {
    const asked = Number(c.req.query("id"))
    const at = Math.max(0, waiting.indexOf(asked))
    const [reviewed] = await readAll(waiting.slice(at, at + 1))
    const address = (id: number | undefined) => (id === undefined ? null : `/drafts/review?id=${id}`)
    // After a decision comes the next, and after the last the first that is left.
    const next = waiting[at + 1] ?? waiting.find((id) => id !== waiting[at])
    const before = address(waiting[at - 1])
    const after = address(waiting[at + 1])
    const content = reviewed
      ? html`<div class="drafts-one" data-drafts="review" data-next="${address(next) ?? "/drafts/review"}">
${await reviewHead("one")}
<div class="drafts-move"><p>${number(at + 1)} of ${number(waiting.length)}</p>
${moveLink(before, "Previous", "ArrowLeft")}${moveLink(after, "Next", "ArrowRight")}</div>
${await pair(c, reviewed, address(next) ?? "/drafts/review")}
<p class="quiet drafts-keys">${[
          ["a", "approve"],
          ["e", "edit"],
          ["r", "reject"],
          ["s", "later"],
          ["u", "undo"],
          ["←", "before"],
          ["→", "next"],
        ].map(([key, words]) => html`<span><kbd>${key}</kbd> ${words}</span>`)}</p></div>`
      : html`<div class="drafts-one" data-drafts="review" data-next="/drafts/review">${await reviewHead("one")}${await nothing()}</div>`
    return frame(c, { title: "Review drafts", at: "/drafts" }, content)
  }

  async function listPage(c: Context<PageEnv>, waiting: number[]): Promise<Response> {
    const reviewed = await readAll(waiting.slice(0, mostListed))
    const content = html`<div class="drafts-many" data-drafts="list">${await reviewHead("list")}
${reviewed.length === 0 ? await nothing() : chooser(c, reviewed, { action: "/do/drafts/approve", words: "Approve the chosen", name: "chosen", back: "/drafts/review?as=list" })}</div>`
    return frame(c, { title: "Review drafts", at: "/drafts" }, content)
  }

  async function approvedPage(c: Context<PageEnv>): Promise<Response> {
    const ids = await sendableDrafts(store, clock())
    const under = (await findDrafts(store, { state: "approved", limit: mostListed })).map(({ draft }) => draft.id)
    const reviewed = await readAll(
      [...new Set([...ids, ...under.toSorted((one, other) => one - other)])].slice(0, mostListed),
    )
    const content = html`<div class="drafts-many" data-drafts="approved">${await reviewHead("approved")}
${reviewed.length === 0 ? html`<p class="drafts-none">Nothing is approved and waits to be sent.</p>` : chooser(c, reviewed, { action: "/do/drafts/send", words: "Send the chosen", name: "ids", back: "/drafts/review?show=approved" })}</div>`
    return frame(c, { title: "Approved drafts", at: "/drafts" }, content)
  }

  async function sentPage(c: Context<PageEnv>): Promise<Response> {
    const found = await findDrafts(store, { state: "sent", limit: mostListed })
    const reviewed = await readAll(found.map(({ draft }) => draft.id))
    const back = "/drafts/review?show=sent"
    const isOnSites = reviewed.some(({ draft }) => draft.channel !== "email")
    const hearing = html`<form class="draft-choose" method="post" action="/do/drafts/replies">${csrfField(c)}<input type="hidden" name="back" value="${back}"><p class="quiet">Opens the conversations on LinkedIn and X; the site may show them as read from then on.</p><button class="primary">Look for replies</button></form>`
    const content = html`<div class="drafts-many" data-drafts="sent">${await reviewHead("sent")}
${reviewed.length === 0 ? html`<p class="drafts-none">Nothing was sent yet.</p>` : html`${mayDo(c) && outreach && isOnSites ? hearing : ""}<ol class="draft-list">${reviewed.map((one) => html`<li>${draftCard(c, one, back)}</li>`)}</ol>`}</div>`
    return frame(c, { title: "Sent drafts", at: "/drafts" }, content)
  }

  async function reviewHead(at: keyof typeof headings): Promise<Html> {
    const { waiting, approved, sent } = await countDrafts(store, clock())
    const tab = (name: typeof at, path: string, words: Html) =>
      html`<a href="${path}"${at === name ? html` aria-current="page"` : ""}>${words}</a>`
    return html`<header class="drafts-head"><h1>${headings[at]}</h1>
<nav aria-label="Drafts">${tab("one", "/drafts/review", html`One by one <b>${number(waiting)}</b>`)}${tab("list", "/drafts/review?as=list", html`All at once`)}${tab("approved", "/drafts/review?show=approved", html`Approved <b>${number(approved)}</b>`)}${tab("sent", "/drafts/review?show=sent", html`Sent <b>${number(sent)}</b>`)}<a href="/drafts">Every draft</a></nav></header>`
  }

  async function nothing(): Promise<Html> {
    const { approved, snoozed } = await countDrafts(store, clock())
    return html`<div class="drafts-none"><p>No draft waits for you.</p>
${approved > 0 ? html`<p><a href="/drafts/review?show=approved">${number(approved)} approved, to be sent</a></p>` : ""}
${snoozed > 0 ? html`<p class="quiet">${number(snoozed)} put off for later.</p>` : ""}</div>`
  }

  async function pair(c: Context<PageEnv>, reviewed: ReviewedDraft, back: string): Promise<Html> {
    const profile = await leadProfile(store, reviewed.lead.id)
    return html`<div class="draft-pair">${draftCard(c, reviewed, back)}
<aside class="draft-known" aria-label="What is known of ${nameOf(reviewed)}"><h2>What is known</h2>${valueList(profile?.values ?? [], `draft-${reviewed.draft.id}`)}</aside></div>`
  }

  return {
    routes: app,
    async cards(c, ids) {
      const now = clock().toISOString()
      const reviewed = (await readAll(ids)).filter(({ draft }) => (draft.snoozedUntil ?? "") <= now)
      return reviewed.map((one) => draftCard(c, one, localPath(c.req.url)))
    },
  }
}

function localPath(url: string): string {
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}

type Chooser = { action: string; words: string; name: string; back: string }

function chooser(c: Context<PageEnv>, reviewed: ReviewedDraft[], { action, words, name, back }: Chooser): Html {
  const isSending = name === "ids"
  const canBe = ({ why, approval, sends }: ReviewedDraft) =>
    why === null && (!isSending || (approval !== null && sends[0]?.outcome !== null))
  const bar = html`<form id="choose" class="draft-choose" method="post" action="${action}" data-deed data-name="many">${csrfField(c)}<input type="hidden" name="back" value="${back}"><label class="draft-all"><input type="checkbox" data-all> All</label><button class="primary">${words}</button></form>`
  return html`${mayDo(c) ? bar : ""}<ol class="draft-list">${reviewed.map(
    (
      one,
    ) => html`<li>${mayDo(c) ? html`<input type="checkbox" form="choose" name="${name}" value="${isSending ? String(one.draft.id) : `${one.draft.id}:${one.seal}`}" aria-label="Choose the draft to ${nameOf(one)}"${canBe(one) ? "" : html` disabled`}>` : ""}
${draftCard(c, one, back)}</li>`,
  )}</ol>`
}

function moveLink(address: string | null, words: string, key: string): Html {
  return address === null
    ? html`<span class="tool" aria-disabled="true">${words}</span>`
    : html`<a class="tool" href="${address}" data-key="${key}">${words}</a>`
}

function nameOf({ lead }: ReviewedDraft): string {
  return lead.name || lead.email || `lead ${lead.id}`
}
