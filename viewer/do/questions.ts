import { type Context, Hono } from "hono"
import { z } from "zod"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { NotFound, Refused } from "../errors.ts"
import { questionFor } from "../questions.ts"

/** What was seen is what is answered: the seal says so. */
const sent = z.object({ seal: z.string().length(64), back: z.string().max(2_000).default("/questions") })

/** A person's yes or no to what an agent may not do by itself. */
export function questionDeeds({ store, ask }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  app.post("/:id{[0-9]+}/yes", (c) => decide(c, "approved"))
  app.post("/:id{[0-9]+}/no", (c) => decide(c, "denied"))

  async function decide(c: Context<DoEnv>, kind: "approved" | "denied"): Promise<Response> {
    const { seal, back } = await bodyOf(c, sent)
    const person = c.get("person")
    const id = Number(c.req.param("id"))
    if (!(await questionFor(store, person, id))) throw new NotFound(`There is no question ${id} for you.`)
    if (!ask)
      throw new Refused("No agents are here to go on with it.", `Answer in a terminal: giant questions show ${id}`)
    const answered = await ask.answer(id, { kind, by: person.actor, seal })
    if (answered.kind === "refused") throw new Refused(answered.reason, "Look at it again.")
    const runId = "runId" in answered ? answered.runId : null
    return deedAnswer(c, { kind: answered.kind, runId }, back)
  }

  return app
}
