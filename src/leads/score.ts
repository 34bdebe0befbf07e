import type { Author, Store } from "../db/store.ts"
import { teamFields } from "./fields.ts"
import { isSame, presentValue, rowOf, setCurrent, standingOf } from "./values.ts"

type Scored = { kind: "scored" } | { kind: "unchanged" } | { kind: "refused"; reason: string }

/** Scores a lead from 0 to 100 with the reason, unless a person set its score. Throws EntityNotFound. */
export async function setScore(
  store: Store,
  author: Author,
  leadId: number,
  { score, reason }: { score: number; reason: string },
  now: Date,
): Promise<Scored> {
  const field = teamFields.score
  return store.change(author, async (db): Promise<Scored> => {
    const row = await rowOf(db, { entity: "lead", id: leadId })
    if (!field) return { kind: "unchanged" }
    const standing = await standingOf(db, "lead", row, field)
    if (standing?.basis === "human")
      return { kind: "refused", reason: `A person set the score of lead ${leadId}, so a person changes it.` }
    if (isSame(presentValue(row, field), score) && standing?.fact?.reason === reason) return { kind: "unchanged" }
    const fact = { value: score, basis: "inferred", evidenceId: null, quote: null, reason } as const
    await setCurrent(db, author, { entity: "lead", id: row.id }, row, field, fact, now.toISOString())
    return { kind: "scored" }
  })
}
