import { and, eq } from "drizzle-orm"
import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { foldText } from "../../src/leads/normal-forms/text.ts"
import { outsideLink, time } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"

/** Evidence as it was captured, as text that can do nothing. `?fact=ID` marks the words that a fact rests on. */
export function evidenceRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const { evidence, facts } = tables
  const app = new Hono<PageEnv>()
  const read = async (id: string) => {
    const [found] = await store.read(async (db) =>
      db
        .select()
        .from(evidence)
        .where(eq(evidence.id, Number(id))),
    )
    if (!found) throw new NotFound(`There is no evidence ${id}.`)
    return found
  }
  app.get("/evidence/:id{[0-9]+}", async (c) => {
    const found = await read(c.req.param("id"))
    const asked = and(eq(facts.id, Number(c.req.query("fact"))), eq(facts.evidenceId, found.id))
    const [fact] = await store.read(async (db) => db.select({ quote: facts.quote }).from(facts).where(asked))
    const content = html`<article class="record"><header class="who"><p class="crumb">Evidence ${found.id}</p>
<h1>${found.title || found.kind}</h1><p>${outsideLink(found.url)}</p>
<dl class="values"><div><dt>Page</dt><dd>${found.kind}, ${found.outcome}${found.reason ? html`: ${found.reason}` : ""}</dd></div>
<div><dt>Captured</dt><dd>${time(found.capturedAt)}${found.account ? html` with the account ${found.account}` : ""}</dd></div>
<div><dt>SHA-256</dt><dd class="hash">${found.sha256}</dd></div>
${found.runId === null ? "" : html`<div><dt>Run</dt><dd><a href="/runs/${found.runId}">run ${found.runId}</a></dd></div>`}</dl></header>
<section><h2>What the source said</h2><pre class="captured">${marked(found.text, fact?.quote ?? null)}</pre></section></article>`
    return frame(c, { title: `Evidence ${found.id}`, at: null }, content)
  })
  app.get("/evidence/:file{[0-9]+\\.json}", async (c) => c.json(await read(c.req.param("file").replace(".json", ""))))
  return app
}

/** The text with the quote marked, wherever its white space breaks. */
function marked(text: string, quote: string | null): Html {
  const words = foldText(quote ?? "")
    .split(" ")
    .filter(Boolean)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
  const at = words.length > 0 ? new RegExp(words.join("\\s+")).exec(text) : null
  if (!at) return html`${text}`
  const end = at.index + at[0].length
  return html`${text.slice(0, at.index)}<mark id="quote">${at[0]}</mark>${text.slice(end)}`
}
