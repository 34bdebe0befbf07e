import { Hono } from "hono"
import { acceptRecipe, type Decided, rejectRecipe } from "../../src/recipes/proposals.ts"
import { type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { Refused } from "../errors.ts"

/** Tries versions of recipes, puts them in force, and takes them out of it. */
export function recipeDeeds({ store, clock, trials }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const authorOf = (actor: string) => ({ actor, kind: "recipe" })
  app.post("/:id{[0-9]+}/try", async (c) => {
    if (!trials) throw new Refused("Nothing is tried here.", "giant start and giant viewer try versions.")
    const begun = await trials.begin(c.get("person").actor, Number(c.req.param("id")))
    if (begun.kind === "refused") throw new Refused(begun.reason, "Nothing was changed.")
    return deedAnswer(c, begun, "/recipes")
  })
  app.post("/:id{[0-9]+}/accept", async (c) =>
    answer(c, await acceptRecipe(store, authorOf(c.get("person").actor), Number(c.req.param("id")), clock())),
  )
  app.post("/:id{[0-9]+}/reject", async (c) =>
    answer(c, await rejectRecipe(store, authorOf(c.get("person").actor), Number(c.req.param("id")), null, clock())),
  )
  return app
}

function answer(c: Parameters<typeof deedAnswer>[0], decided: Decided): Response {
  if (decided.kind === "refused") throw new Refused(decided.reason, "Nothing was changed.")
  const { id, name, version, state } = decided.recipe
  return deedAnswer(c, { id, name, version, state }, "/recipes")
}
