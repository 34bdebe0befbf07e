import { and, desc, eq, exists, isNotNull, isNull } from "drizzle-orm"
import { z } from "zod"
import { claim } from "../actions/answers.ts"
import type { Action } from "../actions/define.ts"
import type { Services } from "../actions/services.ts"
import type { Json } from "../db/json.ts"
import type { Db, Store } from "../db/store.ts"
import type { RecipeTrial, TrialVerdict } from "../db/tables/knowledge.ts"
import { type Recipe as RecipeRow, tables } from "../db/tables.ts"
import { beginWatchedRun } from "../harness/presence.ts"
import { endRun } from "../harness/transcript.ts"
import { fieldNamed } from "../leads/custom-fields.ts"
import { EntityNotFound, factsOf, isSame, presentValue, rowOf, type Subject } from "../leads/values.ts"
import { noteTrial, title, trialText } from "./proposals.ts"
import { ofRow } from "./recipe.ts"
import type { Replay, Replayed } from "./replay.ts"

export type TrialDeps = {
  store: Store
  clock: () => Date
  /** Replays with these actions in the place of the catalogue's. */
  replay(run: Replay, actions: readonly Action<Services>[]): Promise<Replayed>
  catalogue: readonly Action<Services>[]
}

export type TrialOptions = { person: string; leads: number; signal: AbortSignal; onBegin?(): void }

/** What a recipe's script would have learned. */
type Wanted = { subject: Subject; field: string; value: unknown; evidence: number | null }

/** Replays a version on leads that are known already, changing nothing, and compares what it would learn with what is known. It is a run
 * of its own, and how far it has come stands with the version all the while. */
export async function tryVersion(deps: TrialDeps, row: RecipeRow, options: TrialOptions): Promise<RecipeTrial> {
  const { store, clock } = deps
  const { person } = options
  const known = await knownLeads(store, options.leads)
  const prompt = `${title(row)} on ${known.length} known ${known.length === 1 ? "lead" : "leads"}`
  const run = await beginWatchedRun(store, { agent: `trial:${row.name}`, model: "none", prompt, person }, clock())
  try {
    const trial: RecipeTrial = { runId: run.id, of: known.length, isDone: false, leads: [] }
    await noteTrial(store, { actor: person, kind: "recipe" }, row.id, trial, clock())
    options.onBegin?.()
    const tried = await tryOn(deps, row, trial, known, options)
    const end = { outcome: tried.isDone ? "done" : "aborted", summary: trialText(tried) } as const
    await store.write((db) => endRun(db, run.id, end, clock()))
    return tried
  } catch (error) {
    const summary = error instanceof Error ? error.message : String(error)
    await store.write((db) => endRun(db, run.id, { outcome: "failed", summary }, clock()))
    throw error
  } finally {
    run.release()
  }
}

async function tryOn(
  { store, clock, replay, catalogue }: TrialDeps,
  row: RecipeRow,
  begun: RecipeTrial,
  known: number[],
  { person, signal }: TrialOptions,
): Promise<RecipeTrial> {
  const author = { actor: person, kind: "recipe" }
  const recipe = ofRow(row)
  let trial = begun
  for (const lead of known) {
    const wanted: Wanted[] = []
    const run = { recipe, input: { lead }, person, taskId: null, leadId: lead, isTrial: true, parentId: begun.runId }
    const replayed = await replay({ ...run, signal }, onlyTried(catalogue, wanted))
    if (replayed.kind === "stopped") return trial
    const fields = []
    for (const one of wanted) fields.push({ field: labelOf(one), verdict: await store.read((db) => compare(db, one)) })
    trial = { ...trial, leads: [...trial.leads, { lead, runId: replayed.runId, fields }] }
    await noteTrial(store, author, row.id, trial, clock())
  }
  trial = { ...trial, isDone: true }
  await noteTrial(store, author, row.id, trial, clock())
  return trial
}

/** The newest of the leads of which something was observed. */
async function knownLeads(store: Store, limit: number): Promise<number[]> {
  const { leads, facts } = tables
  const rows = await store.read((db) =>
    db
      .select({ id: leads.id })
      .from(leads)
      .where(
        and(
          isNull(leads.mergedInto),
          isNotNull(leads.enrichedAt),
          exists(
            db
              .select({ id: facts.id })
              .from(facts)
              .where(
                and(
                  eq(facts.entity, "lead"),
                  eq(facts.entityId, leads.id),
                  eq(facts.state, "current"),
                  eq(facts.basis, "observed"),
                ),
              ),
          ),
        ),
      )
      .orderBy(desc(leads.enrichedAt), desc(leads.id))
      .limit(limit),
  )
  return rows.map(({ id }) => id)
}

/** The catalogue, with every write only noted down. */
function onlyTried(catalogue: readonly Action<Services>[], wanted: Wanted[]): Action<Services>[] {
  return catalogue.map((action): Action<Services> => {
    if (action.effect !== "write" || settling.includes(action.name)) return action
    const entity = entityOf(action.name)
    if (!entity) return { ...action, run: async () => null }
    return {
      ...action,
      run: async (_context, args) => {
        const { id, facts } = learning.parse(args)
        for (const { field, value, evidence = null } of facts)
          wanted.push({ subject: { entity, id }, field, value, evidence })
        return facts.map(({ field }) => ({ field, kind: "learned", reason: "Only tried." }))
      },
    }
  })
}

/** What ends a recipe's run changes nothing by itself. */
const settling = ["tasks.done", "tasks.wait", "recipes.handOver"]
export const learning = z.object({ id: z.int(), facts: z.array(claim) })

/** Of what an action learns; undefined where it is none that does. */
export function entityOf(action: string): Subject["entity"] | undefined {
  return ({ "leads.learn": "lead", "companies.learn": "company" } as const)[action]
}

/** A field as a trial names it: `title`, `company.industry`. */
export function labelOf({ subject: { entity }, field }: { subject: Pick<Subject, "entity">; field: string }): string {
  return entity === "company" ? `company.${field}` : field
}

/** Where sources say different things, one of them is the value: a page that says what it said before agrees with what is known of it. */
async function compare(db: Db, { subject, field: name, value, evidence }: Wanted): Promise<TrialVerdict> {
  const field = await fieldNamed(db, subject.entity, name)
  const normal = field && (typeof value === "string" || typeof value === "number") ? field.normalise(value) : null
  if (!field || normal === null) return "differs"
  try {
    const present = presentValue(await rowOf(db, subject), field)
    if (present === null) return "new"
    if (isSame(present, normal)) return "agrees"
    const before = evidence === null ? null : await saidBefore(db, subject, name, evidence)
    return before !== null && isSame(before, normal) ? "agrees" : "differs"
  } catch (error) {
    if (error instanceof EntityNotFound) return "differs"
    throw error
  }
}

/** What was learned last from the page that a piece of evidence was captured on. */
async function saidBefore(db: Db, subject: Subject, field: string, evidenceId: number): Promise<Json | null> {
  const { evidence, facts } = tables
  const [page] = await db.select({ url: evidence.url }).from(evidence).where(eq(evidence.id, evidenceId))
  if (!page) return null
  const [last] = await db
    .select({ value: facts.value })
    .from(facts)
    .innerJoin(evidence, eq(evidence.id, facts.evidenceId))
    .where(and(factsOf(subject, field), eq(evidence.url, page.url)))
    .orderBy(desc(facts.id))
    .limit(1)
  return last?.value ?? null
}
