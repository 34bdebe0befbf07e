import { and, eq, inArray, like, or, sql } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { mentions } from "./person-mentions.ts"
import { forgotten, type Traces } from "./person-traces.ts"

/** Tables that are what a run said and did. */
export const transcripts = ["messages", "calls", "questions", "results", "answers", "readings"] as const

/** The runs that worked on these leads, or in whose words one of them stands. */
export async function runsThatTouched(db: Db, ids: number[], traces: Traces): Promise<number[]> {
  const { runs, tasks, facts, evidence, changes, changesets, calls, drafts } = tables
  const found = [
    await db.select({ id: runs.id }).from(runs).where(inArray(runs.leadId, ids)),
    await db.select({ id: drafts.runId }).from(drafts).where(inArray(drafts.leadId, ids)),
    await db.select({ id: tasks.runId }).from(tasks).where(inArray(tasks.leadId, ids)),
    await db
      .select({ id: facts.runId })
      .from(facts)
      .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids))),
    await db
      .select({ id: changesets.runId })
      .from(changesets)
      .innerJoin(changes, eq(changes.changesetId, changesets.id))
      .where(and(eq(changes.tableName, "leads"), inArray(changes.rowId, ids))),
    await db
      .select({ id: evidence.runId })
      .from(evidence)
      .innerJoin(facts, eq(facts.evidenceId, evidence.id))
      .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids))),
  ].flat()
  const touched = new Set(found.flatMap(({ id }) => (id === null ? [] : [id])))
  for await (const row of mentions(db, "runs", traces)) touched.add(Number(row.id))
  for (const table of transcripts) for await (const row of mentions(db, table, traces)) touched.add(Number(row.run_id))
  const about = ids.flatMap((id) => [
    like(sql`${calls.arguments}`, `[${id}]`),
    like(sql`${calls.arguments}`, `[${id},%`),
  ])
  const named = await db
    .select({ run: calls.runId })
    .from(calls)
    .where(and(like(calls.action, "leads.%"), or(...about)))
  for (const { run } of named) touched.add(run)
  return [...touched]
}

export async function eraseTranscripts(db: Db, runs: number[]): Promise<void> {
  for (let i = 0; i < runs.length; i += 500) {
    const some = runs.slice(i, i + 500)
    for (const name of transcripts) await db.delete(tables[name]).where(inArray(tables[name].runId, some))
    await db.update(tables.runs).set({ prompt: forgotten, summary: null }).where(inArray(tables.runs.id, some))
  }
}
