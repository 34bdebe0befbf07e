import { z } from "zod"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

/** The task in hand, and questions to the database in its own language. */
export const workActions = [
  action({
    name: "tasks.done",
    effect: "write",
    summary: "Ends the task in hand with one sentence on what came of it",
    parameters: { outcome: z.string().trim().min(1).max(500) },
    returns: "null",
    run: async (context, { outcome }) => context.settle({ kind: "done", outcome }),
  }),
  action({
    name: "tasks.wait",
    effect: "write",
    summary: "Puts the task in hand aside, with the reason, until a time (ISO) or until a person has acted",
    parameters: { reason: z.string().trim().min(1).max(500), until: z.iso.datetime().nullish() },
    returns: "null",
    run: async (context, { reason, until }) => context.settle({ kind: "waiting", outcome: reason, until: until ?? null }),
  }),
  action({
    name: "sql.query",
    effect: "read",
    summary: "SELECT over the tables (snake_case, as documented), at most 1000 rows",
    parameters: { text: z.string().max(10_000) },
    returns: "Record<string, string | number | null>[]",
    taints: true,
    run: async ({ services }, { text }) => {
      const result = await services.query(text)
      if (result.kind === "refused") throw new ActionRefused(result.reason)
      return result.rows
    },
  }),
]
