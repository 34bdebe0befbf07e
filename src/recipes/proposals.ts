import { isDeepStrictEqual } from "node:util"
import { and, eq } from "drizzle-orm"
import type { z } from "zod"
import type { Author, Store } from "../db/store.ts"
import type { RecipeTrial, TrialVerdict } from "../db/tables/knowledge.ts"
import { type Recipe as RecipeRow, tables } from "../db/tables.ts"
import { newestVersion, type recipeShape } from "./recipe.ts"

/** What somebody thinks is worth keeping, with where it came from. */
export type RecipeDraft = z.output<typeof recipeShape> & { reason: string | null }

export type Decided = { kind: "done"; recipe: RecipeRow } | { kind: "refused"; reason: string }

/** Keeps a script as the next version of its recipe, proposed: it does nothing until a person accepts it. The same recipe is not
 * proposed twice. */
export async function proposeRecipe(
  store: Store,
  folders: string[],
  author: Author,
  draft: RecipeDraft,
  now: Date,
): Promise<RecipeRow> {
  const newest = await newestVersion(store, folders, draft.name)
  const at = now.toISOString()
  return store.change(author, async (db) => {
    const { recipes } = tables
    const kept = await db.select().from(recipes).where(eq(recipes.name, draft.name))
    const same = kept.find((row) => row.state === "proposed" && isDeepStrictEqual(shapeOf(row), shapeOf(draft)))
    if (same) return same
    const [row] = await db
      .insert(recipes)
      .values({
        ...draft,
        // Others may have proposed one since the folders were read.
        version: Math.max(newest, ...kept.map(({ version }) => version)) + 1,
        state: "proposed",
        author: author.actor,
        runId: author.runId ?? null,
        createdAt: at,
        updatedAt: at,
      })
      .returning()
    if (!row) throw new Error("The database made no row for a recipe.")
    return row
  })
}

function shapeOf({ purpose, inputs, actions, script }: Pick<RecipeRow, keyof z.output<typeof recipeShape>>) {
  return { purpose, inputs, actions, script }
}

/** Writes down how far a trial on known leads has come, and how it went. */
export async function noteTrial(
  store: Store,
  author: Author,
  id: number,
  trial: RecipeTrial,
  now: Date,
): Promise<void> {
  await store.change(author, (db) =>
    db
      .update(tables.recipes)
      .set({ trial, ...(trial.isDone ? { reason: trialText(trial) } : {}), updatedAt: now.toISOString() })
      .where(eq(tables.recipes.id, id)),
  )
}

/** Puts a version in force, as a person; the one before it is retired. A recipe for leads must have been tried, and have learned
 * nothing else than is known. */
export async function acceptRecipe(store: Store, author: Author, id: number, now: Date): Promise<Decided> {
  return store.change(author, async (db): Promise<Decided> => {
    const { recipes } = tables
    const [row] = await db.select().from(recipes).where(eq(recipes.id, id))
    if (!row) return { kind: "refused", reason: `There is no version ${id}.` }
    if (row.state === "accepted") return { kind: "refused", reason: `${title(row)} is in force already.` }
    const why = untried(row)
    if (why) return { kind: "refused", reason: why }
    const at = now.toISOString()
    await db
      .update(recipes)
      .set({ state: "retired", updatedAt: at })
      .where(and(eq(recipes.name, row.name), eq(recipes.state, "accepted")))
    const [accepted] = await db
      .update(recipes)
      .set({ state: "accepted", updatedAt: at })
      .where(eq(recipes.id, id))
      .returning()
    return accepted ? { kind: "done", recipe: accepted } : { kind: "refused", reason: `${title(row)} is gone.` }
  })
}

/** Turns a proposed version down, or takes one out of force, as a person. */
export async function rejectRecipe(
  store: Store,
  author: Author,
  id: number,
  reason: string | null,
  now: Date,
): Promise<Decided> {
  return store.change(author, async (db): Promise<Decided> => {
    const { recipes } = tables
    const [row] = await db.select().from(recipes).where(eq(recipes.id, id))
    if (!row) return { kind: "refused", reason: `There is no version ${id}.` }
    if (row.state !== "proposed" && row.state !== "accepted")
      return { kind: "refused", reason: `${title(row)} was ${row.state} before.` }
    const state = row.state === "proposed" ? "rejected" : "retired"
    const [changed] = await db
      .update(recipes)
      .set({ state, reason: reason ?? row.reason, updatedAt: now.toISOString() })
      .where(eq(recipes.id, id))
      .returning()
    return changed ? { kind: "done", recipe: changed } : { kind: "refused", reason: `${title(row)} is gone.` }
  })
}

/** `enrich@2`. */
export function title({ name, version }: { name: string; version: number }): string {
  return `${name}@${version}`
}

/** A trial in numbers: values that are known too, those that differ from what is known, and those of which nothing is known. */
export function trialCounts({ leads }: RecipeTrial) {
  const all = leads.flatMap(({ lead, fields }) => fields.map(({ field, verdict }) => ({ lead, field, verdict })))
  const number = (wanted: TrialVerdict) => all.filter(({ verdict }) => verdict === wanted).length
  return {
    leads: leads.length,
    agree: number("agrees"),
    differ: all.flatMap(({ lead, field, verdict }) => (verdict === "differs" ? [{ lead, field }] : [])),
    more: number("new"),
  }
}

/** A trial in words. */
export function trialText(trial: RecipeTrial): string {
  const { leads, agree, differ, more } = trialCounts(trial)
  if (!trial.isDone) return `Tried on ${leads} of ${trial.of} known leads.`
  if (leads === 0) return "There was no known lead to try it on."
  const wrong = differ.slice(0, 5).map(({ lead, field }) => `${field} of lead ${lead}`)
  return [
    `Tried on ${leads} known ${leads === 1 ? "lead" : "leads"}: ${agree} ${agree === 1 ? "fact agrees" : "facts agree"}`,
    differ.length > 0 ? `, ${differ.length} differ (${wrong.join(", ")})` : ", none differs",
    more > 0 ? `, ${more} would be new.` : ".",
  ].join("")
}

/** Why a recipe for leads may not be accepted yet; null if it may. */
export function untried(row: RecipeRow): string | null {
  if (!("lead" in row.inputs)) return null
  if (!row.trial?.isDone)
    return `${title(row)} was not tried on known leads yet: /recipes in the viewer does it, or giant recipes trial ${title(row)}.`
  const { leads, agree, differ } = trialCounts(row.trial)
  if (leads > 0 && agree === 0) return `${title(row)} learned nothing that is known. ${trialText(row.trial)}`
  if (differ.length === 0) return null
  return `${title(row)} would learn something else than is known. ${trialText(row.trial)}`
}
