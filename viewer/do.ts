import { Hono } from "hono"
import { bodyLimit } from "hono/body-limit"
import type { Gatekeeper } from "./access.ts"
import { type DoDeps, type DoEnv, isForm, needs, parsedForm, StalePage, TooLong } from "./deed.ts"
import { askDeeds } from "./do/ask.ts"
import { bookmarkDeeds } from "./do/bookmarks.ts"
import { changesetDeeds } from "./do/changesets.ts"
import { draftDeeds } from "./do/drafts.ts"
import { leadDeeds } from "./do/leads.ts"
import { memoryDeeds } from "./do/memory.ts"
import { questionDeeds } from "./do/questions.ts"
import { recipeDeeds } from "./do/recipes.ts"
import { reminderDeeds } from "./do/reminders.ts"
import { scheduleDeeds } from "./do/schedules.ts"
import { suggestionDeeds } from "./do/suggestions.ts"
import { viewDeeds } from "./do/views.ts"

/** What signed-in people may do, by noun: `POST /do/<noun>/...`. */
const nouns: Record<string, (deps: DoDeps) => Hono<DoEnv>> = {
  ask: askDeeds,
  bookmarks: bookmarkDeeds,
  changesets: changesetDeeds,
  drafts: draftDeeds,
  leads: leadDeeds,
  memory: memoryDeeds,
  questions: questionDeeds,
  recipes: recipeDeeds,
  reminders: reminderDeeds,
  schedules: scheduleDeeds,
  suggestions: suggestionDeeds,
  views: viewDeeds,
}

/** What can be sent at once, in bytes. */
const most = 200_000

/** The one way in. Host and Origin were checked before; here are the token of the page, and that who only looks does nothing. */
export function doRoutes(deps: DoDeps, gatekeeper: Gatekeeper): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  app.use(
    bodyLimit({
      maxSize: most,
      onError: () => {
        throw new TooLong()
      },
    }),
  )
  app.post("*", async (c, next) => {
    const token = c.req.header("x-csrf") ?? (isForm(c) ? (await parsedForm(c)).csrf : undefined)
    if (typeof token !== "string" || !gatekeeper.isToken(c, token)) throw new StalePage()
    needs(c, "member")
    await next()
  })
  for (const [noun, deeds] of Object.entries(nouns)) app.route(`/${noun}`, deeds(deps))
  return app
}
