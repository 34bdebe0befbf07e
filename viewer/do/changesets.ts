import { eq } from "drizzle-orm"
import { Hono } from "hono"
import { z } from "zod"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { Refused } from "../errors.ts"

const sent = z.object({ back: z.string().max(2_000).default("/") })

/** Takes back what was done by a button of a page. Imports and whole runs are taken back where their extent is shown first. */
export function changesetDeeds({ store }: DoDeps): Hono<DoEnv> {
  const { changesets } = tables
  const app = new Hono<DoEnv>()
  app.post("/:id{[0-9]+}/undo", async (c) => {
    const { back } = await bodyOf(c, sent)
    const id = Number(c.req.param("id"))
    const [changeset] = await store.read((db) => db.select().from(changesets).where(eq(changesets.id, id)))
    if (changeset?.kind !== "merge") {
      throw new Refused(
        "Only a merge is taken back here.",
        `giant undo changeset:${id} --dry-run shows what it would take back.`,
      )
    }
    const undone = await undoChangeset(store, { actor: c.get("person").actor }, id, { preview: false })
    if (undone.kind === "refused") throw new Refused(undone.reason, undone.hint)
    const { restored, kept } = undone.plan
    return deedAnswer(c, { restored, kept: kept.map(({ reason }) => reason) }, back)
  })
  return app
}
