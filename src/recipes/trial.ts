import { and, desc, eq, exists, isNotNull, isNull } from "drizzle-orm"
import { z } from "zod"
import { claim } from "../actions/answers.ts"
import type { Action } from "../actions/define.ts"
import type { Services } from "../actions/services.ts"
import type { Db, Store } from "../db/store.ts"
import { type RecipeTrial, tables } from "../db/tables.ts"
import { fieldNamed } from "../leads/custom-fields.ts"
import { EntityNotFound, isSame, presentValue, rowOf, type Subject } from "../leads/values.ts"
import type { Recipe } from "./recipe.ts"
import type { Replay, Replayed } from "./replay.ts"

export type TrialDeps = {
  store: Store
  /** Replays with these actions in the place of the catalogue's. */
  replay(run: Replay, actions: readonly Action<Services>[]): Promise<Replayed>
  catalogue: readonly Action<Services>[]
}

export type TrialOptions = { person: string; leads: number; signal: AbortSignal }

/** What a recipe's script would have learned, lead by lead. */
type Wanted = { subject: Subject; field: string; value: unknown }

/** Replays a recipe on leads that are known already, changing nothing, and compares what it would learn with what is known. */
export async function tryRecipe(deps: TrialDeps, recipe: Recipe, options: TrialOptions): Promise<RecipeTrial> {
  const trial: RecipeTrial = { leads: 0, agree: 0, differ: [], more: 0 }
  for (const lead of await knownLeads(deps.store, options.leads)) {
    const wanted: Wanted[] = []
    const run = { recipe, input: { lead }, person: options.person, taskId: null, leadId: lead, isTrial: true }
    const replayed = await deps.replay({ ...run, signal: options.signal }, onlyTried(deps.catalogue, wanted))
    if (replayed.kind === "stopped") break
    trial.leads += 1
    for (const one of wanted) {
      const verdict = await deps.store.read((db) => compare(db, one))
      if (verdict === "differs") trial.differ.push({ lead, field: one.field })
      else trial[verdict === "agrees" ? "agree" : "more"] += 1
    }
  }
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
    const entity = ({ "leads.learn": "lead", "companies.learn": "company" } as const)[action.name]
    if (!entity) return { ...action, run: async () => null }
    return {
      ...action,
      run: async (_context, args) => {
        const { id, facts } = learning.parse(args)
        for (const { field, value } of facts) wanted.push({ subject: { entity, id }, field, value })
        return facts.map(({ field }) => ({ field, kind: "learned", reason: "Only tried." }))
      },
    }
  })
}

/** What ends a recipe's run changes nothing by itself. */
const settling = ["tasks.done", "tasks.wait", "recipes.handOver"]
const learning = z.object({ id: z.int(), facts: z.array(claim) })

async function compare(db: Db, { subject, field: name, value }: Wanted): Promise<"agrees" | "differs" | "new"> {
  const field = await fieldNamed(db, subject.entity, name)
  const normal = field && (typeof value === "string" || typeof value === "number") ? field.normalise(value) : null
  if (!field || normal === null) return "differs"
  try {
    const present = presentValue(await rowOf(db, subject), field)
    if (present === null) return "new"
    return isSame(present, normal) ? "agrees" : "differs"
  } catch (error) {
    if (error instanceof EntityNotFound) return "differs"
    throw error
  }
}
