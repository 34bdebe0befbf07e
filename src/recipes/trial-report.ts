import { and, asc, eq, inArray } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import type { RecipeTrial, TrialVerdict } from "../db/tables/knowledge.ts"
import { type Run, tables } from "../db/tables.ts"
import { fieldNamed } from "../leads/custom-fields.ts"
import { EntityNotFound, presentValue, rowOf, type Subject } from "../leads/values.ts"
import { entityOf, labelOf, learning } from "./trial.ts"

/** untried, or on its way, or at its end. cut-off: its process ended, or it failed. */
export type TrialState =
  | { kind: "untried" }
  | { kind: "trying"; done: number; of: number }
  | { kind: "tried" }
  | { kind: "cut-off"; done: number; of: number; why: string }

/** A lead of a trial: what was learned of it, beside what is known now. A value that was forgotten since is null. */
export type TriedLead = {
  lead: number
  name: string | null
  runId: number
  outcome: Run["outcome"]
  summary: string | null
  fields: { field: string; verdict: TrialVerdict; learned: string | null; known: string | null }[]
}

/** How far the trial of a version has come, as its rows say. */
export async function trialState(store: Store, trial: RecipeTrial | null, now: Date): Promise<TrialState> {
  if (trial === null) return { kind: "untried" }
  if (trial.isDone) return { kind: "tried" }
  const { runs } = tables
  const [run] = await store.read((db) => db.select().from(runs).where(eq(runs.id, trial.runId)))
  const [done, of] = [trial.leads.length, trial.of]
  if (run?.endedAt === null && (run.watchedUntil ?? "") > now.toISOString()) return { kind: "trying", done, of }
  const failed = run?.outcome === "failed" ? run.summary : null
  return { kind: "cut-off", done, of, why: failed ?? "Its process ended in the middle." }
}

/** The leads of a trial with the values at issue. */
export async function triedLeads(store: Store, { leads: tried }: RecipeTrial): Promise<TriedLead[]> {
  const { leads, runs } = tables
  const ids = tried.map(({ lead }) => lead)
  const runIds = tried.map(({ runId }) => runId)
  const known = await store.read((db) =>
    db.select({ id: leads.id, name: leads.name }).from(leads).where(inArray(leads.id, ids)),
  )
  const ended = await store.read((db) => db.select().from(runs).where(inArray(runs.id, runIds)))
  const names = new Map(known.map(({ id, name }) => [id, name]))
  const runOf = new Map(ended.map((run) => [run.id, run]))
  const values = await learnedIn(store, runIds)
  return tried.map(({ lead, runId, fields }) => {
    const { outcome = null, summary = null } = runOf.get(runId) ?? {}
    const learned = values.get(runId) ?? new Map()
    return {
      ...{ lead, name: names.get(lead) ?? null, runId, outcome, summary },
      fields: fields.map(({ field, verdict }) => ({
        ...{ field, verdict, learned: null, known: null },
        ...learned.get(field),
      })),
    }
  })
}

type Value = { learned: string; known: string | null }

/** By run, and by field as a trial names it. The calls of a run say what it would have learned. */
async function learnedIn(store: Store, runIds: number[]): Promise<Map<number, Map<string, Value>>> {
  const { calls } = tables
  const rows = await store.read((db) =>
    db
      .select()
      .from(calls)
      .where(and(inArray(calls.runId, runIds), eq(calls.effect, "write")))
      .orderBy(asc(calls.id)),
  )
  const found = new Map<number, Map<string, Value>>()
  for (const { runId, action, arguments: args } of rows) {
    const entity = entityOf(action)
    const [id, facts] = Array.isArray(args) ? args : []
    const parsed = learning.safeParse({ id, facts })
    if (!entity || !parsed.success) continue
    const of = found.get(runId) ?? new Map<string, Value>()
    found.set(runId, of)
    for (const { field, value } of parsed.data.facts) {
      const subject = { entity, id: parsed.data.id }
      of.set(labelOf({ subject, field }), { learned: String(value), known: await knownValue(store, subject, field) })
    }
  }
  return found
}

function knownValue(store: Store, subject: Subject, name: string): Promise<string | null> {
  return store.read(async (db) => {
    const field = await fieldNamed(db, subject.entity, name)
    if (!field) return null
    try {
      const value = presentValue(await rowOf(db, subject), field)
      return value === null ? null : String(value)
    } catch (error) {
      if (error instanceof EntityNotFound) return null
      throw error
    }
  })
}
