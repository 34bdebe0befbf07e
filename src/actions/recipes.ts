import { z } from "zod"
import { proposeRecipe, title } from "../recipes/proposals.ts"
import { recipeShape, recipesInForce } from "../recipes/recipe.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const { name, purpose, inputs, actions, script } = recipeShape.shape
const recipe = z
  .object({
    name: z.string(),
    version: z.int(),
    purpose: z.string(),
    inputs,
    actions: z.array(z.string()),
    script: z.string(),
  })
  .meta({ id: "Recipe" })

/** Scripts that are replayed without a model. */
export const recipeActions = [
  action({
    name: "recipes.find",
    effect: "read",
    summary: "Recipes in force that are about some words, with their scripts; without words, all of them",
    example: 'return (await recipes.find("enrich")).map(({ name, purpose }) => [name, purpose])',
    parameters: { words: z.string().max(200).optional() },
    returns: z.array(recipe),
    taints: false,
    run: async ({ store, services }, { words = "" }) => {
      const asked = words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
      const all = await recipesInForce(store, services.recipeFolders ?? [])
      return all
        .filter(({ name, purpose }) => asked.every((word) => `${name} ${purpose}`.toLowerCase().includes(word)))
        .map(({ from: _, ...recipe }) => recipe)
    },
  }),
  action({
    name: "recipes.keep",
    effect: "write",
    summary:
      "Proposes a script that worked as a recipe, or as the next version of one: it is tried and accepted by a person. Its inputs stand in `input`; in it, recipes.handOver(reason, known) leaves to an agent what a script cannot decide",
    example:
      'return await recipes.keep({ name: "greet", purpose: "Notes a hello.", inputs: { lead: "its number" }, actions: ["leads.note"], script: \'await leads.note(input.lead, "Hello")\' })',
    parameters: {
      recipe: z.strictObject({ name, purpose, inputs, actions, script, reason: z.string().max(1_000).optional() }),
    },
    returns: z.object({ recipe: z.string(), state: z.string() }),
    // A proposal does nothing until a person has looked at it.
    whenTainted: "allowed",
    taints: false,
    subjects: () => [],
    fields: () => [],
    run: async ({ store, services, author, clock }, { recipe: { reason = null, ...draft } }) => {
      const kept = await proposeRecipe(store, services.recipeFolders ?? [], author, { ...draft, reason }, clock())
      return { recipe: title(kept), state: kept.state }
    },
  }),
  action({
    name: "recipes.handOver",
    effect: "write",
    summary: "In a recipe: leaves the work in hand to an agent, with the reason and what is known so far",
    example: 'return await recipes.handOver("Two people of that name work there.", { seen: ["Ada", "Ada B."] })',
    parameters: { reason: z.string().trim().min(1).max(2_000), known: z.json().optional() },
    returns: z.null(),
    whenTainted: "allowed",
    taints: false,
    subjects: () => [],
    fields: () => [],
    run: async ({ services }, { reason, known = null }) => {
      if (!services.handOver)
        throw new ActionRefused("Only a recipe hands over; you are the one it would hand over to.")
      services.handOver(reason, known)
      return null
    },
  }),
]
