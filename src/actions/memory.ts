import { z } from "zod"
import { findConversations } from "../memory/conversations.ts"
import { findMemories, longestNote, remember, team } from "../memory/memory.ts"
import { action } from "./services.ts"
import { lineOf } from "./taint.ts"

const most = 10
const hit = z
  .object({
    kind: z.enum(["memory", "conversation"]),
    id: z.int(),
    text: z.string(),
    at: z.string(),
    /** Whether a page or imported text may speak here. */
    foreign: z.boolean(),
  })
  .meta({ id: "Hit" })

/** What the team and the person asked to be remembered, and what was said before. */
export const memoryActions = [
  action({
    name: "memory.find",
    effect: "read",
    summary: "Notes of the team and of the person about some words, then earlier conversations of theirs",
    example: 'return await memory.find("pricing")',
    parameters: { words: z.string().trim().min(1).max(200) },
    returns: z.array(hit),
    // Notes were accepted by a person; a conversation may quote what its run had read.
    taints: (hits) => hits.some(({ foreign }) => foreign),
    run: async ({ store, person, runId }, { words }) => {
      const notes = await findMemories(store, person, words)
      const before = await findConversations(store, person, words, { limit: most, but: runId })
      return [
        ...notes
          .slice(0, most)
          .map(({ id, text, updatedAt: at }) => ({ kind: "memory" as const, id, text, at, foreign: false })),
        ...before.map(({ runId: id, text, at, isForeign: foreign }) => ({
          ...{ kind: "conversation" as const, id, text, at, foreign },
        })),
      ]
    },
  }),
  action({
    name: "memory.propose",
    effect: "write",
    summary:
      "Remembers a short note for the person, or for the team; always: in every prompt. What is the team's, or came from pages, waits for a person's yes",
    example: 'return await memory.propose("Quotes go out on Fridays.", { team: true })',
    parameters: {
      text: z.string().trim().min(1).max(longestNote),
      options: z.strictObject({ team: z.boolean().optional(), always: z.boolean().optional() }).optional(),
    },
    returns: z.object({ id: z.int(), state: z.enum(["proposed", "accepted", "rejected", "retired"]) }),
    // It only proposes then.
    whenTainted: "allowed",
    taints: false,
    fields: () => [],
    run: async ({ store, author, person, runId, clock }, { text, options = {} }) => {
      const isTainted = (await lineOf(store, runId)).some((run) => run.tainted)
      const owner = options.team ? team : person
      const note = {
        ...{ owner, text, isAlways: options.always ?? false, source: `run ${runId}` },
        state: isTainted || options.team ? ("proposed" as const) : ("accepted" as const),
      }
      const { id, state } = await remember(store, author, note, clock())
      return { id, state }
    },
  }),
]
