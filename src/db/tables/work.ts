import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"
import type { JsonObject } from "../json.ts"

export const taskStates = ["open", "leased", "done", "waiting", "failed"] as const

/** What is to be done: by agents, by people, and by the clock. */
export function workTables(c: Columns) {
  return {
    tasks: c.table(
      "tasks",
      {
        id: c.id(),
        kind: c.text("kind").notNull(),
        leadId: c.integer("lead_id"),
        state: c.choice("state", taskStates).notNull().default("open"),
        priority: c.integer("priority").notNull().default(0),
        attempts: c.integer("attempts").notNull().default(0),
        notBefore: c.time("not_before").notNull(),
        leasedBy: c.text("leased_by"),
        leaseUntil: c.time("lease_until"),
        outcome: c.text("outcome"),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
      },
      (t) => [
        c.index("tasks_due").on(t.state, t.notBefore),
        c.index("tasks_urgent").on(t.state, sql`priority DESC`, t.notBefore, t.id),
        c.uniqueIndex("tasks_one_open").on(t.kind, t.leadId).where(sql`state in ('open', 'leased', 'waiting')`),
        c.index("tasks_lead").on(t.leadId),
      ],
    ),

    /** What a person has to do later. Work for agents is a task. */
    reminders: c.table(
      "reminders",
      {
        id: c.id(),
        leadId: c.integer("lead_id").notNull(),
        text: c.text("text").notNull(),
        /** Who is reminded. */
        person: c.text("person").notNull(),
        dueAt: c.time("due_at").notNull(),
        doneAt: c.time("done_at"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [
        c.index("reminders_lead").on(t.leadId),
        c.index("reminders_due").on(t.dueAt, t.id).where(sql`done_at is null`),
      ],
    ),

    /** When a recipe or a prompt is run by itself. */
    schedules: c.table("schedules", {
      id: c.id(),
      /** A cron expression, in the zone that stands with it. */
      cron: c.text("cron").notNull(),
      zone: c.text("zone").notNull(),
      /** When, as the person said it. */
      words: c.text("words").notNull(),
      /** One of the two. */
      recipe: c.text("recipe"),
      prompt: c.text("prompt"),
      /** What the recipe is given. */
      input: c.json<JsonObject>("input").notNull().default({}),
      person: c.text("person").notNull(),
      nextAt: c.time("next_at").notNull(),
      lastAt: c.time("last_at"),
      lastOutcome: c.text("last_outcome"),
      /** The host that is at work on it; null where none is. */
      takenBy: c.integer("taken_by"),
      /** How often the turn at hand was begun. */
      attempts: c.integer("attempts").notNull().default(0),
      pausedAt: c.time("paused_at"),
      createdAt: c.time("created_at").notNull(),
    }),
  }
}
