import { Hono } from "hono"
import { z } from "zod"
import { tellApart } from "../../src/leads/distinctions.ts"
import { mergeLeads } from "../../src/leads/merge.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { Refused } from "../errors.ts"

const sent = z.object({
  /** The other lead. */
  other: z.coerce.number().int().positive(),
  back: z.string().max(2_000).default("/"),
})

/** A person's word on two leads that look alike: that they are one, or that they are two. */
export function leadDeeds({ store, clock }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  app.post("/:id{[0-9]+}/merge", async (c) => {
    const { other, back } = await bodyOf(c, sent)
    const author = { actor: c.get("person").actor, kind: "merge" }
    const merged = await mergeLeads(store, author, Number(c.req.param("id")), other, clock())
    if (merged.kind === "refused") throw new Refused(merged.reason, "Look at the lead again; it may have changed.")
    const { keep, drop, changeset } = merged
    return deedAnswer(c, { keep, drop, changeset }, back)
  })
  app.post("/:id{[0-9]+}/apart", async (c) => {
    const { other, back } = await bodyOf(c, sent)
    const author = { actor: c.get("person").actor, kind: "edit" }
    const told = await tellApart(store, author, "lead", Number(c.req.param("id")), other, clock())
    if (told.kind === "refused") throw new Refused(told.reason, "Look at the leads again; they may have changed.")
    return deedAnswer(c, { one: told.one, other: told.other, changeset: told.changeset }, back)
  })
  return app
}
