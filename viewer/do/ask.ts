import { type Context, Hono } from "hono"
import { z } from "zod"
import { conversationWith } from "../../src/conversation/history.ts"
import { undoTurn } from "../../src/conversation/undo.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { NotFound, Refused } from "../errors.ts"

const asked = z.object({
  prompt: z.string().trim().min(1, "Say what you want.").max(20_000),
  /** Any turn of the conversation that goes on. */
  after: z.coerce.number().int().positive().nullish(),
})

/** Asking the sales agent, telling it something meanwhile, stopping it, and taking back what it did. */
export function askDeeds({ store, ask }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const desk = () => {
    if (ask) return ask
    throw new Refused("Nobody answers here.", "giant start and giant viewer have agents to ask.")
  }

  app.post("/", async (c) => {
    const { prompt, after = null } = await bodyOf(c, asked)
    const begun = await desk().ask({ person: c.get("person").actor, prompt, after })
    return deedAnswer(c, begun, pathTo(begun.runId))
  })

  app.post("/:run{[0-9]+}/stop", async (c) => {
    const run = await ownTurn(c)
    return deedAnswer(c, { stopped: desk().stop(run) }, pathTo(run))
  })

  app.post("/:run{[0-9]+}/continue", async (c) => {
    const run = await ownTurn(c)
    const begun = await desk().ask({ person: c.get("person").actor, prompt: null, after: run })
    return deedAnswer(c, begun, pathTo(begun.runId))
  })

  app.post("/:run{[0-9]+}/undo", async (c) => {
    const run = await ownTurn(c)
    if (ask?.isAtWork(run)) throw new Refused("It is still at work.", "Stop it first, then take back what it did.")
    const undone = await undoTurn(store, c.get("person").actor, run)
    if (undone.length === 0) throw new Refused("It has changed nothing.", "There is nothing to take back.")
    return deedAnswer(c, { lines: undone.flatMap(linesOf) }, pathTo(run))
  })

  async function ownTurn(c: Context<DoEnv>): Promise<number> {
    const run = Number(c.req.param("run"))
    const conversation = await conversationWith(store, c.get("person").actor, run)
    if (!conversation?.turns.some(({ id }) => id === run)) throw new NotFound("There is no such conversation of yours.")
    return run
  }

  return app
}

function pathTo(run: number): string {
  return `/ask/${run}`
}

function linesOf(undone: Awaited<ReturnType<typeof undoTurn>>[number]): string[] {
  if (undone.kind === "refused") return [undone.reason]
  const { restored, kept } = undone.plan
  const rows = restored.updated + restored.removed + restored.brought_back
  return [
    `${rows} ${rows === 1 ? "row" : "rows"} put back.`,
    ...kept.map(({ table, row, column, reason }) => `Kept ${table} ${row}${column ? ` ${column}` : ""}: ${reason}`),
  ]
}
