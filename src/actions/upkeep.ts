import { z } from "zod"
import { likelyDuplicates } from "../leads/duplicates.ts"
import { setScore } from "../leads/score.ts"
import { text } from "./answers.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const id = z.int().positive()

/** What keeps the leads in order. */
export const upkeepActions = [
  action({
    name: "leads.score",
    effect: "write",
    summary: "Scores a lead from 0 to 100, with the reason in the words of its facts; a person's score stays",
    example: 'await leads.score(17, 80, "title CTO fits; size 51-200 fits; place unknown")',
    parameters: { id, score: z.int().min(0).max(100), reason: z.string().trim().min(1).max(1_000) },
    returns: z.null(),
    whenTainted: "allowed",
    taints: false,
    subjects: ({ id }) => [{ entity: "lead", id }],
    fields: () => ["score"],
    run: async ({ store, author, clock }, { id, score, reason }) => {
      const scored = await setScore(store, author, id, { score, reason }, clock())
      if (scored.kind === "refused") throw new ActionRefused(scored.reason)
      return null
    },
  }),
  action({
    name: "leads.duplicates",
    effect: "read",
    summary: "Pairs of leads that are likely one person, the likeliest first, with the reasons",
    example: "return show(await leads.duplicates(20))",
    parameters: { limit: z.int().min(1).max(500).optional() },
    returns: z.array(
      z.object({ keep: z.int(), name: text, drop: z.int(), otherName: text, score: z.number(), reasons: z.string() }),
    ),
    run: async ({ store }, { limit = 20 }) =>
      (await likelyDuplicates(store, { limit })).pairs.map(({ keep, drop, score, reasons }) => ({
        ...{ keep: keep.id, name: keep.name, drop: drop.id, otherName: drop.name },
        score: Math.round(score * 100) / 100,
        reasons: reasons.join(", "),
      })),
  }),
]
