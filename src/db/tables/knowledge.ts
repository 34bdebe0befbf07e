import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"
import type { JsonObject } from "../json.ts"

const proposalStates = ["proposed", "accepted", "rejected", "retired"] as const

/** A recipe's version against what is known, lead by lead. What it would have learned stands in the calls of the lead's run. */
export type RecipeTrial = {
  /** The run of the whole trial. */
  runId: number
  /** On how many leads it is tried. */
  of: number
  /** False while it goes on, and where it was cut off. */
  isDone: boolean
  leads: { lead: number; runId: number; fields: { field: string; verdict: TrialVerdict }[] }[]
}
/** Of a value that a recipe would learn: the same is known, something else is known, nothing is known. */
export type TrialVerdict = "agrees" | "differs" | "new"

/** What agents proposed to keep, as a script or in words. */
export function knowledgeTables(c: Columns) {
  return {
    /** Scripts over the actions that are replayed without a model. A version is a row. */
    recipes: c.table(
      "recipes",
      {
        id: c.id(),
        name: c.text("name").notNull(),
        version: c.integer("version").notNull(),
        /** What it is for, in one sentence. */
        purpose: c.text("purpose").notNull(),
        /** Inputs by name, with what each is. */
        inputs: c.json<JsonObject>("inputs").notNull().default({}),
        /** The actions it may call. */
        actions: c.json<string[]>("actions").notNull(),
        script: c.text("script").notNull(),
        state: c.choice("state", proposalStates).notNull(),
        /** How a trial on leads already known went; null before there was one. */
        trial: c.json<RecipeTrial>("trial"),
        /** How a trial on leads already known went, or why it was rejected. */
        reason: c.text("reason"),
        author: c.text("author").notNull(),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
      },
      (t) => [
        c.uniqueIndex("recipes_version").on(t.name, t.version),
        c.uniqueIndex("recipes_accepted").on(t.name).where(sql`state = 'accepted'`),
      ],
    ),

    /** What agents were told to remember. */
    memories: c.table(
      "memories",
      {
        id: c.id(),
        /** A person, or `team`. */
        owner: c.text("owner").notNull(),
        text: c.text("text").notNull(),
        /** Who said it, or where it comes from. */
        source: c.text("source").notNull(),
        /** Whether it stands in every prompt, as far as there is room. */
        isAlways: c.flag("is_always").notNull().default(false),
        state: c.choice("state", proposalStates).notNull(),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
      },
      (t) => [c.index("memories_owner").on(t.owner, t.state)],
    ),
  }
}
