import { Hono } from "hono"
import type { Store } from "../../src/db/store.ts"
import { actorName, time } from "../elements.ts"
import { NotFound } from "../errors.ts"
import { type Html, html } from "../html.ts"
import type { Frame, PageEnv } from "../layout.ts"
import { questionCard } from "../question.ts"
import { type AskedQuestion, openQuestionsFor, questionFor } from "../questions.ts"

/** What waits for a person's yes, and one of these. */
export function questionRoutes(store: Store, frame: Frame): Hono<PageEnv> {
  const app = new Hono<PageEnv>()

  app.get("/questions", async (c) => {
    const open = await openQuestionsFor(store, c.get("person"))
    const cards = open.map((asked) => html`<li>${whose(asked)}${questionCard(c, asked.question, "/questions")}</li>`)
    const content = html`<article class="conversation"><header><h1>What waits for you</h1>
<p class="quiet">Agents stop before what they may not do by themselves. Nothing of it happens without your yes.</p></header>
${open.length === 0 ? html`<p>Nothing waits.</p>` : html`<ul>${cards}</ul>`}</article>`
    return frame(c, { title: "What waits for you", at: "/questions" }, content)
  })

  app.get("/questions.json", async (c) =>
    c.json({ questions: (await openQuestionsFor(store, c.get("person"))).map(({ question }) => question) }),
  )

  app.get("/questions/:id{[0-9]+}", async (c) => {
    const id = Number(c.req.param("id"))
    const asked = await questionFor(store, c.get("person"), id)
    if (!asked) throw new NotFound(`There is no question ${id} for you.`)
    const content = html`<article class="conversation"><header><p class="crumb"><a href="/questions">What waits for you</a></p>
<h1>Question ${id}</h1></header>${whose(asked)}${questionCard(c, asked.question, `/questions/${id}`)}</article>`
    return frame(c, { title: `Question ${id}`, at: "/questions" }, content)
  })

  return app
}

function whose({ run }: AskedQuestion): Html {
  return html`<p class="quiet">${actorName(run.agent)}, asked by ${actorName(run.person)}, in <a href="/runs/${run.id}">run ${run.id}</a> ${time(run.startedAt)}</p>`
}
