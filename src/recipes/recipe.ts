import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { asc, desc, eq } from "drizzle-orm"
import { parse, YAMLParseError } from "yaml"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { type Recipe as RecipeRow, tables } from "../db/tables.ts"

const name = z.string().regex(/^[a-z][a-z0-9-]{0,60}$/, "lower-case letters, digits and hyphens")
const action = z.string().regex(/^[a-z]\w*\.[a-z]\w*$/i, "an action, such as leads.get")

/** What a recipe is, apart from where it stands. */
export const recipeShape = z.strictObject({
  name,
  /** What it is for, in one sentence. */
  purpose: z.string().trim().min(1).max(500),
  /** Inputs by name, with what each is. One called `lead` makes it a recipe for one lead at a time. */
  inputs: z.record(z.string().regex(/^[a-z]\w{0,40}$/i), z.string().max(300)).default({}),
  /** The actions it may call; whatever is not named is denied. */
  actions: z.array(action).min(1).max(60),
  /** The body of an async function in TypeScript over the actions; `input` holds its inputs. */
  script: z.string().min(1).max(50_000),
})

/** A recipe that may be replayed, and where it stands. */
export type Recipe = z.output<typeof recipeShape> & {
  version: number
  /** kept: a version of the database, by its row. file: the team's own or a built-in one. */
  from: { kind: "kept"; id: number } | { kind: "file"; path: string }
}

export class RecipeNotFound extends Error {
  readonly code = "recipe_not_found"
  readonly hint = "giant recipes lists them."
  constructor(asked: string) {
    super(`There is no recipe ${asked}.`)
  }
}

export class RecipeFileInvalid extends Error {
  readonly code = "recipe_file_invalid"
  readonly hint = "It begins with a YAML head of name, purpose, inputs and actions between /* and */."
  constructor(path: string, problem: string) {
    super(`${path} is no recipe: ${problem}`)
  }
}

/** The version in force of each recipe: what a person accepted, else the first folder's file. Throws RecipeFileInvalid. */
export async function recipesInForce(store: Store, folders: string[]): Promise<Recipe[]> {
  const { recipes } = tables
  const accepted = await store.read((db) =>
    db.select().from(recipes).where(eq(recipes.state, "accepted")).orderBy(asc(recipes.name)),
  )
  const found = new Map(accepted.map((row) => [row.name, ofRow(row)]))
  for (const recipe of await recipesIn(folders)) if (!found.has(recipe.name)) found.set(recipe.name, recipe)
  return [...found.values()].toSorted((one, other) => one.name.localeCompare(other.name))
}

/** A recipe by its name, or one version of it as `enrich@2`, also a proposed one. Throws RecipeNotFound, RecipeFileInvalid. */
export async function findRecipe(store: Store, folders: string[], asked: string): Promise<Recipe> {
  const [wanted = "", version] = asked.split("@")
  const inForce = (await recipesInForce(store, folders)).find((recipe) => recipe.name === wanted)
  if (version === undefined || inForce?.version === Number(version)) {
    if (inForce) return inForce
    throw new RecipeNotFound(asked)
  }
  const rows = await versionsOf(store, wanted)
  const row = rows.find((one) => one.version === Number(version))
  const file = (await recipesIn(folders)).find((one) => one.name === wanted && one.version === Number(version))
  if (row) return ofRow(row)
  if (file) return file
  throw new RecipeNotFound(asked)
}

/** Every version that was kept, of one recipe or of all, the newest first. */
export async function versionsOf(store: Store, name?: string): Promise<RecipeRow[]> {
  const { recipes } = tables
  return store.read((db) =>
    db
      .select()
      .from(recipes)
      .where(name === undefined ? undefined : eq(recipes.name, name))
      .orderBy(asc(recipes.name), desc(recipes.version)),
  )
}

/** The newest version that a recipe has anywhere; 0 if there is none. */
export async function newestVersion(store: Store, folders: string[], name: string): Promise<number> {
  const files = (await recipesIn(folders)).filter((recipe) => recipe.name === name)
  const kept = await versionsOf(store, name)
  return Math.max(0, ...[...files, ...kept].map(({ version }) => version))
}

/** A row of the database as a recipe. */
export function ofRow({ id, name, version, purpose, inputs, actions, script }: RecipeRow): Recipe {
  const given = Object.fromEntries(Object.entries(inputs).map(([key, what]) => [key, String(what)]))
  return { name, version, purpose, inputs: given, actions, script, from: { kind: "kept", id } }
}

/** Every file of the folders, the team's own folder first. */
async function recipesIn(folders: string[]): Promise<Recipe[]> {
  const found: Recipe[] = []
  for (const folder of folders) {
    for (const file of await filesIn(folder)) {
      const path = join(folder, file)
      found.push(parseRecipe(await readFile(path, "utf8"), path))
    }
  }
  return found
}

const head = recipeShape.omit({ script: true }).extend({ version: z.int().positive().default(1) })

/** A file: its head in a comment, then either a function to export or the script itself. */
function parseRecipe(text: string, path: string): Recipe {
  const [, yaml = "", body = ""] = /^\/\*\r?\n([\s\S]*?)\r?\n\*\/\r?\n([\s\S]*)$/.exec(text) ?? []
  const parsed = head.safeParse(parseYaml(yaml, path))
  if (!parsed.success) throw new RecipeFileInvalid(path, z.prettifyError(parsed.error))
  return { ...parsed.data, script: scriptOf(body), from: { kind: "file", path } }
}

/** A module's one function is called with the inputs, so that a file is a module that editors understand. */
function scriptOf(body: string): string {
  const exported = /^export default async function (\w+)/m.exec(body)
  if (!exported) return body.trim()
  return `${body.replace(exported[0], `async function ${exported[1]}`).trim()}\nreturn await ${exported[1]}(input)`
}

function parseYaml(yaml: string, path: string): unknown {
  try {
    return parse(yaml)
  } catch (error) {
    if (error instanceof YAMLParseError) throw new RecipeFileInvalid(path, error.message)
    throw error
  }
}

async function filesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((file) => file.endsWith(".ts")).toSorted()
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return []
    throw error
  }
}
