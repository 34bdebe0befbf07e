import { setTimeout as sleep } from "node:timers/promises"
import { type Context, Hono } from "hono"
import { z } from "zod"
import type { JsonObject } from "../../src/db/json.ts"
import { noteBounce, noteReply } from "../../src/outreach/answers.ts"
import { approveDraft, withdrawApproval } from "../../src/outreach/approve.ts"
import { type Drafted, draftIn, rejectDraft, reopenDraft, reviseDraft, snoozeDraft } from "../../src/outreach/draft.ts"
import { markAsSent, type Sent, settleUnknown } from "../../src/outreach/send.ts"
import { bodyOf, type DoDeps, type DoEnv, deedAnswer } from "../deed.ts"
import { Refused } from "../errors.ts"

const back = z.string().max(2_000).default("/drafts/review")
const day = 24 * 3_600_000
const longestSnooze = 365
/** Messages as old as that are still asked after. */
const daysHeard = 30
/** How long an answer waits for a message to be sent, in milliseconds. A person who presses takes longer, and is not waited for. */
const patienceMs = 2_500

const approval = z.object({ back, seal: z.string().max(100) })
/** `3:SEAL`: of several drafts each with what was seen of it. */
const approvals = z.object({
  back,
  chosen: z
    .union([z.string(), z.array(z.string()).max(200)])
    .transform((given) => [given].flat())
    .pipe(z.array(z.string().regex(/^\d+:[0-9a-f]{64}$/)).min(1, "Choose at least one draft.")),
})
const edit = z.object({
  back,
  body: z.string().max(60_000),
  subject: z.string().max(1_000).optional(),
  to: z.string().max(300).optional(),
})
const rejection = z.object({ back, reason: z.string().max(2_000).default("") })
const snooze = z.object({ back, days: z.coerce.number().int().min(1).max(longestSnooze).default(1) })
const several = z.object({
  back,
  ids: z
    .union([z.coerce.number().int(), z.array(z.coerce.number().int()).max(200)])
    .transform((given) => [given].flat())
    .pipe(z.array(z.number()).min(1, "Choose at least one draft.")),
})
const said = z.object({ back, text: z.string().trim().min(1).max(20_000) })
const only = z.object({ back })

/** What people decide about drafts. Nobody else can. */
export function draftDeeds({ store, clock, outreach }: DoDeps): Hono<DoEnv> {
  const app = new Hono<DoEnv>()
  const idOf = (c: Context<DoEnv>) => Number(c.req.param("id"))
  const author = (c: Context<DoEnv>, kind = "draft") => ({ actor: c.get("person").actor, kind })
  const port = () => {
    if (outreach) return outreach
    throw new Refused("Nothing is approved or sent from here.", "Run giant start or giant viewer in this home.")
  }

  app.post("/:id{[0-9]+}/approve", async (c) => {
    const { seal, back } = await bodyOf(c, approval)
    await approve(c, idOf(c), seal)
    return deedAnswer(c, { approved: [idOf(c)] }, back)
  })
  app.post("/approve", async (c) => {
    const { chosen, back } = await bodyOf(c, approvals)
    const approved: number[] = []
    for (const one of chosen) {
      const [id = "", seal = ""] = one.split(":")
      await approve(c, Number(id), seal)
      approved.push(Number(id))
    }
    return deedAnswer(c, { approved }, back)
  })
  app.post("/:id{[0-9]+}/withdraw", async (c) => {
    const { back } = await bodyOf(c, only)
    await withdrawApproval(store, author(c, "approve"), idOf(c), clock())
    return deedAnswer(c, { withdrawn: idOf(c) }, back)
  })
  app.post("/:id{[0-9]+}/edit", async (c) => {
    const { body, subject, to, back } = await bodyOf(c, edit)
    const change = { body, subject: subject === "" ? null : subject, to: to === "" ? undefined : to }
    return answer(c, await reviseDraft(store, author(c), idOf(c), change, clock()), back)
  })
  app.post("/:id{[0-9]+}/reject", async (c) => {
    const { reason, back } = await bodyOf(c, rejection)
    return answer(c, await rejectDraft(store, author(c), idOf(c), reason, clock()), back)
  })
  app.post("/:id{[0-9]+}/snooze", async (c) => {
    const { days, back } = await bodyOf(c, snooze)
    const until = new Date(clock().getTime() + days * day)
    return answer(c, await snoozeDraft(store, author(c), idOf(c), until, clock()), back)
  })
  app.post("/:id{[0-9]+}/reopen", async (c) => {
    const { back } = await bodyOf(c, only)
    return answer(c, await reopenDraft(store, author(c), idOf(c), clock()), back)
  })
  app.post("/:id{[0-9]+}/send", async (c) => {
    const { back } = await bodyOf(c, only)
    const [sent] = await begun(port().send(author(c, "send"), [idOf(c)]))
    if (sent?.kind === "not begun") throw new Refused(sent.reason, "Nothing was sent; the approval still holds.")
    if (sent && sent.kind !== "sent") throw new Refused(sent.reason, outcomeHints[sent.kind])
    return deedAnswer(c, { kind: sent?.kind ?? "under way" }, back)
  })
  app.post("/send", async (c) => {
    const { ids, back } = await bodyOf(c, several)
    const sent = await begun(port().send(author(c, "send"), ids))
    return deedAnswer(c, { sent: sent.map(toJson), under_way: sent.length === 0 }, back)
  })
  app.post("/replies", async (c) => {
    const { back } = await bodyOf(c, only)
    const since = new Date(clock().getTime() - daysHeard * day)
    const heard = await begun(port().hear(author(c, "reply"), since))
    const replies = heard.reduce((sum, one) => sum + (one.kind === "read" ? one.replies : 0), 0)
    return deedAnswer(c, { replies, under_way: heard.length === 0 }, back)
  })
  app.post("/:id{[0-9]+}/sent", async (c) => {
    const { back } = await bodyOf(c, only)
    const sent = await markAsSent(store, author(c, "send"), idOf(c), port().deciding, clock)
    if (sent.kind === "not begun") throw new Refused(sent.reason, "Approve it first.")
    return deedAnswer(c, toJson(sent), back)
  })
  app.post("/:id{[0-9]+}/arrived", (c) => settle(c, true))
  app.post("/:id{[0-9]+}/not-arrived", (c) => settle(c, false))
  app.post("/:id{[0-9]+}/reply", async (c) => {
    const { text, back } = await bodyOf(c, said)
    const { leadId } = await store.read((db) => draftIn(db, idOf(c)))
    await noteReply(store, author(c, "reply"), leadId, { text, at: clock() }, clock())
    return deedAnswer(c, { replied: leadId }, back)
  })
  app.post("/:id{[0-9]+}/bounced", async (c) => {
    const { back } = await bodyOf(c, only)
    const why = await noteBounce(store, author(c, "bounce"), idOf(c), "said by hand", clock())
    if (why) throw new Refused(why, "Look at the draft again.")
    return deedAnswer(c, { bounced: idOf(c) }, back)
  })

  async function approve(c: Context<DoEnv>, id: number, seal: string): Promise<void> {
    const approving = await approveDraft(store, author(c, "approve"), id, seal, port().deciding, clock())
    if (approving.kind !== "approved") throw new Refused(approving.reason, "Nothing was approved.")
  }

  async function settle(c: Context<DoEnv>, wasSent: boolean): Promise<Response> {
    const { back } = await bodyOf(c, only)
    const why = await settleUnknown(store, author(c, "send"), idOf(c), wasSent, clock())
    if (why) throw new Refused(why, "Look at the draft again.")
    return deedAnswer(c, { settled: idOf(c) }, back)
  }

  function answer(c: Context<DoEnv>, drafted: Drafted, back: string): Response {
    if (drafted.kind === "refused") throw new Refused(drafted.reason, "Nothing was changed.")
    const { id, state } = drafted.draft
    return deedAnswer(c, { id, state }, back)
  }

  return app
}

const outcomeHints = {
  refused: "It waits in the review again.",
  blocked: "It waits in the review again; mend the account first.",
  unknown: "Look whether it arrived, and say so on the draft. It is not sent again by itself.",
}

/** What came of it by the time that a person waits for an answer; nothing yet where it takes longer. */
async function begun<T>(work: Promise<T[]>): Promise<T[]> {
  const first = await Promise.race([work, sleep(patienceMs, null)])
  // What comes of it later, an error too, stands with the send itself, and nobody waits here any more.
  if (first === null) void work.catch(() => {})
  return first ?? []
}

function toJson(sent: Sent): JsonObject {
  return sent.kind === "sent" ? { kind: sent.kind } : { kind: sent.kind, reason: sent.reason }
}
