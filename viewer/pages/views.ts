import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import type { View } from "../../src/db/tables.ts"
import { listViews } from "../../src/views/views.ts"
import { actorName, time } from "../elements.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"

/** The views that a person has, and those that are shared. */
export function viewListRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  app.get("/views", async (c) => {
    const person = c.get("person").actor
    const views = await listViews(store, person)
    const own = views.filter(({ owner }) => owner === person)
    const shared = views.filter(({ owner }) => owner !== person)
    const content = html`<article class="views"><h1>Views</h1>
${views.length === 0 ? empty : html`${own.length > 0 ? html`<section><h2>Yours</h2>${list(own)}</section>` : ""}${shared.length > 0 ? html`<section><h2>Shared with you</h2>${list(shared)}</section>` : ""}`}</article>`
    return frame(c, { title: "Views", at: "/views" }, content)
  })
  app.get("/views.json", async (c) => {
    const views = await listViews(store, c.get("person").actor)
    return c.json({
      views: views.map(({ id, title, owner, version, sharedVersion, inNavigation, updatedAt }) => ({
        ...{ id, title, owner, version, shared_version: sharedVersion },
        ...{ in_navigation: inNavigation, updated_at: updatedAt },
      })),
    })
  })
  return app
}

function list(views: View[]): Html {
  return html`<ul class="view-list">${views.map(
    ({ id, title, owner, sharedVersion, updatedAt }) =>
      html`<li><a href="/views/${id}">${title}</a><span class="quiet">${sharedVersion === null ? "private" : `shared by ${actorName(owner)}`} · ${time(updatedAt)}</span></li>`,
  )}</ul>`
}

const empty = html`<section class="empty"><h2>No views yet</h2>
<p>Ask for one: “make me a page to review the drafts”, “a board of my leads by status”, “a chart of new leads a week”.</p>
<p class="quiet">It is yours alone until you share it.</p></section>`
