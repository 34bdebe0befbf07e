import { and, eq, inArray, isNull } from "drizzle-orm"
import { z } from "zod"
import { tables } from "../db/tables.ts"
import { undoChangeset } from "../leads/undo.ts"
import { action } from "./services.ts"
import { lineOf } from "./taint.ts"

/** An agent takes back what it did itself; what others did is theirs to undo. */
export const undoActions = [
  action({
    name: "runs.undo",
    effect: "write",
    summary: "Takes back all that this conversation has changed so far; what was changed again since is kept and told",
    example: "return await runs.undo()",
    parameters: {},
    returns: z.object({ rows: z.int(), kept: z.array(z.string()) }),
    whenTainted: "allowed",
    taints: false,
    run: async ({ store, author, runId }) => {
      const line = (await lineOf(store, runId)).map(({ id }) => id)
      const { changesets } = tables
      const made = await store.read((db) =>
        db
          .select({ id: changesets.id })
          .from(changesets)
          .where(and(inArray(changesets.runId, line), eq(changesets.actor, author.actor), isNull(changesets.undoes))),
      )
      let rows = 0
      const kept: string[] = []
      for (const { id } of made.toSorted((one, other) => other.id - one.id)) {
        const undone = await undoChangeset(store, { actor: author.actor, runId }, id, { preview: false })
        // One that was taken back before is left as it is.
        if (undone.kind === "refused") continue
        const { updated, removed, brought_back } = undone.plan.restored
        rows += updated + removed + brought_back
        kept.push(...undone.plan.kept.map(({ table, row, reason }) => `${table} ${row}: ${reason}`))
      }
      return { rows, kept: kept.slice(0, 50) }
    },
  }),
]
