import type { Context } from "hono"
import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import type { Memory } from "../../src/db/tables.ts"
import { longestNote, memoriesOf, team } from "../../src/memory/memory.ts"
import { csrfField } from "../deed.ts"
import { deedButton, mayDo } from "../deed-button.ts"
import { actorName, time } from "../elements.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"

/** What agents remember for the team and for who looks. */
export function memoryRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()
  app.get("/memory", async (c) => {
    const notes = await memoriesOf(store, c.get("person").actor)
    const proposed = notes.filter(({ state }) => state === "proposed")
    const held = notes.filter(({ state }) => state === "accepted")
    const always = held.filter(({ isAlways }) => isAlways)
    const others = held.filter(({ isAlways }) => !isAlways)
    const content = html`<article class="kept"><h1>Memory</h1>
<p class="quiet">What agents remember: short notes, of the team or of yours. Every change can be undone.</p>
${addForm(c)}
${section("Waiting for you", proposed, (note) => proposedNote(c, note))}
${section("In every prompt", always, (note) => heldNote(c, note))}
${section("When it is looked for", others, (note) => heldNote(c, note))}</article>`
    return frame(c, { title: "Memory", at: "/memory" }, content)
  })
  app.get("/memory.json", async (c) => {
    const notes = await memoriesOf(store, c.get("person").actor)
    return c.json({
      memories: notes.map(({ isAlways, runId, createdAt, updatedAt, ...note }) => ({
        ...{ ...note, is_always: isAlways, run_id: runId, created_at: createdAt, updated_at: updatedAt },
      })),
    })
  })
  return app
}

function section(title: string, notes: Memory[], shown: (note: Memory) => Html): Html {
  if (notes.length === 0) return html``
  return html`<section><h2>${title}</h2><ul class="kept-list">${notes.map((note) => html`<li>${shown(note)}</li>`)}</ul></section>`
}

function addForm(c: Context<PageEnv>): Html {
  if (!mayDo(c)) return html``
  return html`<form class="kept-form" method="post" action="/do/memory" data-deed>${csrfField(c)}
<label>New note <textarea name="text" rows="2" maxlength="${longestNote}" required placeholder="Quotes go out on Fridays."></textarea></label>
<p><label><input type="checkbox" name="team"> for the whole team</label>
<label><input type="checkbox" name="always"> in every prompt</label>
<button class="primary">Remember it</button></p></form>`
}

function proposedNote(c: Context<PageEnv>, { id, text, owner, source, runId, createdAt }: Memory): Html {
  const from = runId === null ? html`${actorName(source)}` : html`<a href="/runs/${runId}">run ${runId}</a>`
  return html`<p>${text}</p><p class="quiet">For ${owner === team ? "the team" : "you"} · proposed in ${from} · ${time(createdAt)}</p>
<div class="kept-acts">${deedButton(c, { path: `/do/memory/${id}/accept`, back: "/memory", words: "Accept", kind: "primary", label: `Accept: ${text}` })}
${deedButton(c, { path: `/do/memory/${id}/remove`, back: "/memory", words: "Turn down", label: `Turn down: ${text}` })}</div>`
}

function heldNote(c: Context<PageEnv>, { id, text, owner, source, isAlways, updatedAt }: Memory): Html {
  const said = html`<p>${text}</p><p class="quiet">${owner === team ? "The team's" : "Yours"} · ${actorName(source)} · ${time(updatedAt)}</p>`
  if (!mayDo(c)) return said
  return html`${said}<div class="kept-acts"><details><summary aria-label="Change: ${text}">Change</summary>
<form class="kept-form" method="post" action="/do/memory/${id}/edit" data-deed>${csrfField(c)}
<label>Note <textarea name="text" rows="2" maxlength="${longestNote}" required>${text}</textarea></label>
<p><label><input type="checkbox" name="always"${isAlways ? html` checked` : ""}> in every prompt</label> <button class="primary">Keep</button></p></form></details>
${deedButton(c, { path: `/do/memory/${id}/remove`, back: "/memory", words: "Remove", label: `Remove: ${text}` })}</div>`
}
