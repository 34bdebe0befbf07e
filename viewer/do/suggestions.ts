import { Hono } from "hono"
import { z } from "zod"
import { acceptSuggestion, type Decided, rejectSuggestion } from "../../src/leads/suggestions.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { Refused } from "../errors.ts"

const sent = z.object({ back: z.string().max(2_000).default("/") })

/** A person's yes or no to what an agent suggests. */
export function suggestionDeeds({ store, clock }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const done = (decided: Decided) => {
    if (decided.kind === "refused") throw new Refused(decided.reason, "Look at the lead again; it may have changed.")
    return { kind: decided.kind }
  }
  app.post("/:id{[0-9]+}/accept", async (c) => {
    const { back } = await bodyOf(c, sent)
    const author = { actor: c.get("person").actor, kind: "suggestion" }
    return deedAnswer(c, done(await acceptSuggestion(store, author, Number(c.req.param("id")), clock())), back)
  })
  app.post("/:id{[0-9]+}/reject", async (c) => {
    const { back } = await bodyOf(c, sent)
    const author = { actor: c.get("person").actor, kind: "suggestion" }
    return deedAnswer(c, done(await rejectSuggestion(store, author, Number(c.req.param("id")))), back)
  })
  return app
}
