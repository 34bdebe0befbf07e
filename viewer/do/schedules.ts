import { Hono } from "hono"
import { z } from "zod"
import { findRecipe } from "../../src/recipes/recipe.ts"
import { addSchedule, pauseSchedule, removeSchedule, type Scheduled } from "../../src/recipes/schedule.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer, WrongBody } from "../deed.ts"
import { Refused } from "../errors.ts"
import { recipeFolders } from "../recipe-folders.ts"

const sent = z.object({
  when: z.string().trim().min(1, "Say when.").max(100),
  zone: z.string().trim().min(1).max(60),
  recipe: z.string().max(100).default(""),
  prompt: z.string().trim().max(5_000).default(""),
})

/** What people have run by itself. */
export function scheduleDeeds({ store, clock }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const authorOf = (actor: string) => ({ actor, kind: "schedule" })
  app.post("/", async (c) => {
    const { actor } = c.get("person")
    const { when: words, zone, recipe, prompt } = await bodyOf(c, sent)
    if ((recipe === "") === (prompt === "")) throw new WrongBody("Name a recipe or say what to ask, one of the two.")
    if (recipe !== "") await findRecipe(store, recipeFolders(store), recipe)
    const does = recipe === "" ? { prompt } : { recipe, input: {} }
    return answer(c, await addSchedule(store, authorOf(actor), { words, zone, person: actor, does }, clock()))
  })
  for (const [verb, isPaused] of [
    ["pause", true],
    ["resume", false],
  ] as const) {
    app.post(`/:id{[0-9]+}/${verb}`, async (c) => {
      const id = Number(c.req.param("id"))
      return answer(c, await pauseSchedule(store, authorOf(c.get("person").actor), id, isPaused, clock()))
    })
  }
  app.post("/:id{[0-9]+}/remove", async (c) =>
    answer(c, await removeSchedule(store, authorOf(c.get("person").actor), Number(c.req.param("id")))),
  )
  return app
}

function answer(c: Parameters<typeof deedAnswer>[0], scheduled: Scheduled): Response {
  if (scheduled.kind === "refused") throw new Refused(scheduled.reason, "Nothing was changed.")
  const { id, nextAt, pausedAt } = scheduled.schedule
  return deedAnswer(c, { id, next_at: nextAt, paused_at: pausedAt }, "/recipes")
}
