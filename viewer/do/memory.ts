import { Hono } from "hono"
import { z } from "zod"
import {
  acceptMemory,
  editMemory,
  longestNote,
  type Remembered,
  remember,
  removeMemory,
  team,
} from "../../src/memory/memory.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { NotFound } from "../errors.ts"

const text = z.string().trim().min(1, "Write the note.").max(longestNote)
/** A box that is ticked sends `on`. */
const ticked = z.union([z.boolean(), z.literal("on").transform(() => true)]).default(false)
const note = z.object({ text, team: ticked, always: ticked })
const change = z.object({ text, always: ticked })
const page = "/memory"

/** What people have agents remember. */
export function memoryDeeds({ store, clock }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const authorOf = (actor: string) => ({ actor, kind: "memory" })
  app.post("/", async (c) => {
    const { actor } = c.get("person")
    const { text, team: isTeams, always } = await bodyOf(c, note)
    const owner = isTeams ? team : actor
    const kept = { owner, text, isAlways: always, source: actor, state: "accepted" as const }
    const { id } = await remember(store, authorOf(actor), kept, clock())
    return deedAnswer(c, { id }, page)
  })
  app.post("/:id{[0-9]+}/accept", async (c) => {
    const { actor } = c.get("person")
    return answer(await acceptMemory(store, authorOf(actor), Number(c.req.param("id")), clock()), c)
  })
  app.post("/:id{[0-9]+}/edit", async (c) => {
    const { actor } = c.get("person")
    const { text, always } = await bodyOf(c, change)
    const edit = { text, isAlways: always }
    return answer(await editMemory(store, authorOf(actor), Number(c.req.param("id")), edit, clock()), c)
  })
  app.post("/:id{[0-9]+}/remove", async (c) => {
    const { actor } = c.get("person")
    return answer(await removeMemory(store, authorOf(actor), Number(c.req.param("id")), clock()), c)
  })
  return app
}

function answer(remembered: Remembered, c: Parameters<typeof deedAnswer>[0]): Response {
  if (remembered.kind === "refused") throw new NotFound(remembered.reason)
  const { id, state } = remembered.memory
  return deedAnswer(c, { id, state }, page)
}
