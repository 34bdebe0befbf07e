import { desc, eq, inArray } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Source } from "./source.ts"

/** How a source has done so far: of its answers, how many had a field, and of its values, how many stood up. Both from 0 to 1,
 * and near to what was assumed while little was measured. */
export type TrackRecord = { hitRate: (field: string) => number; precision: number }

/** So many answers of a source count, the newest. */
const remembered = 1_000
/** What is assumed weighs as much as so many measurements. */
const assumed = { hits: 2, values: 10 }

/** What a source's evidence is called. */
export function evidenceKind(source: Pick<Source, "name">): string {
  return `source.${source.name}`
}

/** Measures a source by its evidence, and by what became of the facts that rest on it. */
export async function trackRecord(store: Store, source: Source): Promise<TrackRecord> {
  const { evidence, facts } = tables
  const kind = evidenceKind(source)
  const answers = await store.read((db) =>
    db
      .select({ id: evidence.id, reading: evidence.reading })
      .from(evidence)
      .where(eq(evidence.kind, kind))
      .orderBy(desc(evidence.id))
      .limit(remembered),
  )
  const ids = answers.map(({ id }) => id)
  const judged = await store.read((db) =>
    db.select({ state: facts.state }).from(facts).where(inArray(facts.evidenceId, ids)),
  )
  const wrong = judged.filter(({ state }) => state === "rejected").length
  const fields = answers.map(({ reading }) => withFields.safeParse(reading).data?.fields ?? {})
  return {
    hitRate(field) {
      const hits = fields.filter((known) => known[field] !== undefined).length
      return (hits + assumed.hits / 2) / (answers.length + assumed.hits)
    },
    precision: (source.precision * assumed.values + judged.length - wrong) / (assumed.values + judged.length),
  }
}

const withFields = z.object({ fields: z.record(z.string(), z.unknown()) })
