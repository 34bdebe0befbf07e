import { Hono } from "hono"
import { z } from "zod"
import { finishReminder } from "../../src/leads/reminders.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { Refused } from "../errors.ts"

const sent = z.object({ back: z.string().max(2_000).default("/") })

/** What a person had to do later is done. */
export function reminderDeeds({ store, clock }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  app.post("/:id{[0-9]+}/finish", async (c) => {
    const { back } = await bodyOf(c, sent)
    const author = { actor: c.get("person").actor, kind: "reminder" }
    const id = Number(c.req.param("id"))
    if (!(await finishReminder(store, author, id, clock()))) {
      throw new Refused("That reminder is not open any more.", "Look at the lead again.")
    }
    return deedAnswer(c, { finished: id }, back)
  })
  return app
}
