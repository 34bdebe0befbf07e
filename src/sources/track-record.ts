import { and, count, desc, eq, inArray } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { type Check, tables } from "../db/tables.ts"
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

/** Measures a source by its evidence, and by what became of the facts that rest on it: what the auditor derived again from it, and what
 * people rejected. */
export async function trackRecord(store: Store, source: Source): Promise<TrackRecord> {
  const { evidence } = tables
  const kind = evidenceKind(source)
  const answers = await store.read((db) =>
    db
      .select({ id: evidence.id, reading: evidence.reading })
      .from(evidence)
      .where(eq(evidence.kind, kind))
      .orderBy(desc(evidence.id))
      .limit(remembered),
  )
  const { right, wrong } = await judgements(store, kind)
  const fields = answers.map(({ reading }) => withFields.safeParse(reading).data?.fields ?? {})
  return {
    hitRate(field) {
      const hits = fields.filter((known) => known[field] !== undefined).length
      return (hits + assumed.hits / 2) / (answers.length + assumed.hits)
    },
    precision: (source.precision * assumed.values + right) / (assumed.values + right + wrong),
  }
}

async function judgements(store: Store, kind: string): Promise<{ right: number; wrong: number }> {
  const { checks, evidence, facts } = tables
  const of = (verdicts: Check["verdict"][]) => and(eq(checks.source, kind), inArray(checks.verdict, verdicts))
  return store.read(async (db) => {
    const [right] = await db
      .select({ of: count() })
      .from(checks)
      .where(of(["right"]))
    const [wrong] = await db
      .select({ of: count() })
      .from(checks)
      .where(of(["wrong", "absent"]))
    const [rejected] = await db
      .select({ of: count() })
      .from(facts)
      .innerJoin(evidence, eq(evidence.id, facts.evidenceId))
      .where(and(eq(evidence.kind, kind), eq(facts.state, "rejected")))
    return { right: right?.of ?? 0, wrong: (wrong?.of ?? 0) + (rejected?.of ?? 0) }
  })
}

const withFields = z.object({ fields: z.record(z.string(), z.unknown()) })
