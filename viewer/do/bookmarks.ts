import { Hono } from "hono"
import { z } from "zod"
import { keepBookmark, removeBookmark } from "../../src/team/bookmarks.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer, localPath } from "../deed.ts"
import { NotFound, Refused } from "../errors.ts"

const sent = z.object({
  name: z.string().trim().min(1, "Give it a name.").max(80),
  path: z.string().startsWith("/").max(4_000).transform(localPath),
  /** A box that is ticked sends `on`. */
  shared: z.union([z.boolean(), z.literal("on").transform(() => true)]).default(false),
})
const back = z.object({ back: z.string().max(4_000).default("/") })

/** Names a state of a table, for oneself or for all. */
export function bookmarkDeeds({ store, clock }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  app.post("/", async (c) => {
    const { name, path, shared } = await bodyOf(c, sent)
    const author = { actor: c.get("person").actor, kind: "bookmark" }
    const kept = await keepBookmark(store, author, { name, path, isShared: shared }, clock())
    if (kept.kind === "refused") throw new Refused(kept.reason, "Remove one first.")
    return deedAnswer(c, { id: kept.bookmark.id, name, path, isShared: shared }, path)
  })
  app.post("/:id{[0-9]+}/remove", async (c) => {
    const { back: there } = await bodyOf(c, back)
    const author = { actor: c.get("person").actor, kind: "bookmark" }
    const isAdmin = c.get("person").role === "admin"
    const id = Number(c.req.param("id"))
    if (!(await removeBookmark(store, author, id, isAdmin))) throw new NotFound(`You have no bookmark ${id}.`)
    return deedAnswer(c, { removed: id }, there)
  })
  return app
}
