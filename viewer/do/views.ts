import { createHash } from "node:crypto"
import { eq } from "drizzle-orm"
import { type Context, Hono } from "hono"
import { z } from "zod"
import type { JsonObject } from "../../src/db/json.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import type { ViewsPort } from "../../src/views/port.ts"
import { claimAct, isOfAct, keepUse, mostState, releaseAct, settleAct, useOf } from "../../src/views/use.ts"
import { type Changed, chooseVersion, removeView, type SeenView, seeView, shareView } from "../../src/views/views.ts"
import { weighWanted } from "../../src/views/wanted.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer, needs } from "../deed.ts"
import { NotFound, Refused } from "../errors.ts"
import { acting, wantedIn } from "../view-acting.ts"

const state = z.object({
  state: z.record(z.string(), z.json()).refine((kept) => JSON.stringify(kept).length <= mostState, {
    error: `A view keeps ${mostState} characters at most.`,
  }),
})
const version = z.object({ version: z.coerce.number().int().positive() })
const sharing = version.extend({
  navigation: z.union([z.boolean(), z.literal("on").transform(() => true)]).default(false),
})

/** The row or the proposal is not what the person saw any more. */
export class StaleRow extends Error {
  readonly code = "stale_row"
  readonly status = 409
  readonly hint = "Nothing was done."
}

/** What people do in views, and with them. */
export function viewDeeds({ store, clock, views }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const see = async (c: Context<DoEnv>): Promise<SeenView> => {
    const id = Number(c.req.param("id"))
    const seen = await seeView(store, c.get("person").actor, id)
    if (!seen) throw new NotFound(`There is no view ${id}, or it is not shared with you.`)
    return seen
  }
  const back = (seen: SeenView) => `/views/${seen.view.id}`

  /** Shows a person exactly what would be done; nothing is done. */
  app.post("/:id{[0-9]+}/propose", async (c) => {
    const { call } = await weighed(c, await see(c))
    return c.json({ ...call, about: await aboutOf(store, call), seal: sealOf(call) })
  })

  app.post("/:id{[0-9]+}/act", async (c) => {
    const seen = await see(c)
    const { id, title } = seen.view
    const sent = await bodyOf(c, acting)
    const person = c.get("person").actor
    const claimed = await claimAct(store, { viewId: id, person, key: sent.key, action: sent.action }, clock())
    if (claimed.kind === "unknown") {
      throw new Refused("This was begun before, and nobody knows how it ended.", "Look at the row, then decide anew.")
    }
    if (claimed.kind === "done") return answerOf(c, claimed.outcome, seen)
    const { call, port } = await confirmed(c, seen).catch(async (error: unknown) => {
      await releaseAct(store, claimed.id)
      throw error
    })
    const done = await port.call({ person, view: { id, title }, name: call.name, args: call.args, words: call.words })
    const outcome: JsonObject =
      done.kind === "done"
        ? { done: true, words: call.words, changeset: done.changeset }
        : { done: false, reason: done.reason }
    await settleAct(store, claimed.id, outcome)
    return answerOf(c, outcome, seen)
  })

  /** Takes back what one click changed. */
  app.post("/:id{[0-9]+}/undo", async (c) => {
    const seen = await see(c)
    const { changeset } = await bodyOf(c, z.object({ changeset: z.coerce.number().int().positive() }))
    const { actor } = c.get("person")
    const isOwn = await isOfAct(store, seen.view.id, actor, changeset)
    if (!isOwn) throw new NotFound("None of your clicks in this view changed that.")
    const undone = await undoChangeset(store, { actor }, changeset, { preview: false })
    if (undone.kind === "refused") throw new Refused(undone.reason, undone.hint)
    return deedAnswer(c, { undone: changeset, kept: undone.plan.kept.length }, back(seen))
  })

  app.post("/:id{[0-9]+}/state", async (c) => {
    const seen = await see(c)
    const { state: kept } = await bodyOf(c, state)
    await keepUse(store, seen.view.id, c.get("person").actor, { state: kept }, clock())
    return c.json({ kept: true })
  })

  /** Agrees to what the view reads and may do in the version that is seen. */
  app.post("/:id{[0-9]+}/agree", async (c) => {
    const seen = await see(c)
    const { version: shown } = await bodyOf(c, version)
    if (shown !== seen.version.version) throw new StaleRow("There is another version now. Look at what it may do.")
    const { agreed } = await useOf(store, seen.view.id, c.get("person").actor)
    const all = [...new Set([...agreed, ...seen.version.rights])]
    await keepUse(store, seen.view.id, c.get("person").actor, { agreed: all }, clock())
    return deedAnswer(c, { agreed: all }, back(seen))
  })

  app.post("/:id{[0-9]+}/share", async (c) => {
    const seen = await see(c)
    const { version: number, navigation } = await bodyOf(c, sharing)
    const shared = { version: number, inNavigation: navigation }
    changedOr(await shareView(store, authorOf(c), seen.view.id, shared, clock()))
    return deedAnswer(c, { shared: number }, back(seen))
  })

  app.post("/:id{[0-9]+}/unshare", async (c) => {
    const seen = await see(c)
    changedOr(await shareView(store, authorOf(c), seen.view.id, { version: null, inNavigation: false }, clock()))
    return deedAnswer(c, { shared: null }, back(seen))
  })

  app.post("/:id{[0-9]+}/version", async (c) => {
    const seen = await see(c)
    const { version: number } = await bodyOf(c, version)
    changedOr(await chooseVersion(store, authorOf(c), seen.view.id, number, clock()))
    return deedAnswer(c, { version: number }, back(seen))
  })

  app.post("/:id{[0-9]+}/remove", async (c) => {
    const seen = await see(c)
    changedOr(await removeView(store, authorOf(c), seen.view.id, clock()))
    return deedAnswer(c, { removed: seen.view.id }, "/views")
  })

  /** The call that a proposal comes to, by the row as it is now, within what this person agreed to and may do. */
  async function weighed(c: Context<DoEnv>, seen: SeenView) {
    const sent = await bodyOf(c, acting)
    needs(c, "member")
    if (!views) throw new Refused("This viewer only shows views.", "Open it with giant viewer or giant start.")
    const weighed = await weighWanted(store, views.queries, c.get("person").actor, seen, wantedIn(sent))
    if (weighed.kind === "stale") throw new StaleRow(weighed.reason)
    if (weighed.kind === "wrong") throw new Refused(weighed.reason, "Nothing was done.")
    const { name, args, words } = weighed
    return { call: { name, args, words }, sent, port: views satisfies ViewsPort }
  }

  /** The same, where a person has confirmed what has to be. */
  async function confirmed(c: Context<DoEnv>, seen: SeenView) {
    const { call, sent, port } = await weighed(c, seen)
    if (seen.version.kind === "html" && sent.seal === undefined) {
      throw new Refused("Nobody has confirmed this.", "What such a view proposes is confirmed outside of it.")
    }
    if (sent.seal !== undefined && sent.seal !== sealOf(call)) {
      throw new StaleRow("What would be done is not what you saw any more. Look again, then decide.")
    }
    return { call, port }
  }

  /** What came of a click, also to who sends it again. */
  function answerOf(c: Context<DoEnv>, outcome: JsonObject, seen: SeenView): Response {
    if (outcome.done !== true) throw new Refused(String(outcome.reason), "Nothing was done.")
    return deedAnswer(c, outcome, back(seen))
  }

  return app
}

function authorOf(c: Context<DoEnv>) {
  return { actor: c.get("person").actor, kind: "edit", note: "views" }
}

function changedOr(changed: Changed): void {
  if (changed.kind === "refused") throw new Refused(changed.reason, "Reload the page and look again.")
}

function sealOf(call: { name: string; args: unknown }): string {
  return createHash("sha256")
    .update(JSON.stringify([call.name, call.args]))
    .digest("hex")
}

/** Whom a call is about, by the database and not by what the view shows. */
async function aboutOf(store: Store, { name, args }: { name: string; args: unknown[] }): Promise<string | null> {
  const table = name.startsWith("leads.") ? tables.leads : name.startsWith("companies.") ? tables.companies : null
  const [id] = args
  if (!table || typeof id !== "number") return null
  const [row] = await store.read((db) => db.select({ name: table.name }).from(table).where(eq(table.id, id)))
  return row?.name ?? null
}
