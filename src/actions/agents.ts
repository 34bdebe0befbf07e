import { z } from "zod"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const answer = z
  .object({
    run: z.int(),
    kind: z.enum(["answered", "waits", "ended"]),
    /** Its words, or why it did not come to an end. */
    text: z.string(),
    /** What it showed beside words. */
    shown: z.any(),
  })
  .meta({ id: "AgentAnswer" })

/** Questions to other agents. Each works in a context of its own and may do no more than its asker. */
export const agentActions = [
  action({
    name: "agents.ask",
    effect: "write",
    summary:
      "Hands a question to another agent, such as researcher, which sees only these words; budget: USD at most, of what this run has left",
    example:
      'const { text } = await agents.ask("researcher", "What is worth saying to lead 7 tomorrow?", { budget: 0.2 })\nreturn text',
    parameters: {
      agent: z.string().max(100),
      question: z.string().trim().min(1).max(10_000),
      options: z.strictObject({ budget: z.number().positive().max(1_000).optional() }).optional(),
    },
    returns: answer,
    // It takes part in its asker's taint and grant, so asking does nothing that its asker could not do.
    whenTainted: "allowed",
    subjects: () => [],
    fields: () => [],
    run: async ({ services }, { agent, question, options }) => {
      const answered = await services.ask({ agent, question, usd: options?.budget ?? null })
      if (answered.kind === "refused") throw new ActionRefused(answered.reason)
      return answered
    },
  }),
]
