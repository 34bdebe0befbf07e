import { z } from "zod"
import { entities, fieldTypes } from "../db/tables/leads.ts"
import { ownWords } from "../db/tables/runs.ts"
import { defineField } from "../leads/custom-fields.ts"
import { ActionRefused } from "./define.ts"
import { resultLength, resultOf } from "./results.ts"
import { action } from "./services.ts"
import { holdsText } from "./taint.ts"

const sentence = z.string().trim().min(1).max(500)

/** Tables and columns that agents do not read by SQL: what was said in other runs, what waits for a person, what people keep for themselves; and
 * the journal, which has all of it. */
export const hiddenTables = [
  "changes",
  "messages",
  "calls",
  "questions",
  "results",
  "answers",
  "journal_context",
  "sessions",
  "approvals",
  "view_states",
  "view_acts",
  "memories",
  "bookmarks",
  "views",
  "view_versions",
  ...ownWords,
]

/** The task in hand, questions to the database in its own language, and what was too long to be read at once. */
export const workActions = [
  action({
    name: "tasks.done",
    effect: "write",
    summary: "Ends the task in hand, with one sentence on what came of it",
    example: 'return await tasks.done("Learned title and company; no X account is known.")',
    parameters: { outcome: sentence },
    returns: z.null(),
    whenTainted: "allowed",
    taints: false,
    subjects: () => [],
    fields: () => [],
    run: async (context, { outcome }) => {
      context.settle({ kind: "done", outcome })
      return null
    },
  }),
  action({
    name: "tasks.wait",
    effect: "write",
    summary:
      "Puts the task in hand aside, with the reason, until a person has acted or until a time (ISO), which also books a re-check",
    example:
      'const seen = await linkedin.profile("ada-example")\nif (seen.kind === "blocked") return await tasks.wait(seen.reason)',
    parameters: { reason: sentence, until: z.iso.datetime().nullish() },
    returns: z.null(),
    whenTainted: "allowed",
    taints: false,
    subjects: () => [],
    fields: () => [],
    run: async (context, { reason, until }) => {
      if (until && Date.parse(until) <= context.clock().getTime()) {
        throw new ActionRefused(`A task waits for a time that is still to come: ${until} is past.`)
      }
      context.settle({ kind: "waiting", outcome: reason, until: until ?? null })
      return null
    },
  }),
  action({
    name: "sql.query",
    effect: "read",
    summary:
      "A SELECT over the tables (snake_case: leads, companies, facts, evidence, timeline, runs ...), at most 1000 rows",
    example: 'return show(await sql.query("SELECT status, count(*) AS leads FROM leads GROUP BY status"))',
    parameters: { text: z.string().max(10_000) },
    returns: z.array(z.record(z.string(), z.any())),
    taints: (rows) => rows.some(holdsText),
    run: async ({ services }, { text }) => {
      const result = await services.query(text)
      if (result.kind === "refused") throw new ActionRefused(result.reason)
      return result.rows
    },
  }),
  action({
    name: "results.read",
    effect: "read",
    summary: `Reads on in a result that was cut: ${resultLength} characters from there, and where it goes on`,
    example: "print((await results.read(4, 12000)).text)",
    parameters: { id: z.int().positive(), from: z.int().min(0).optional() },
    returns: z.object({ text: z.string(), next: z.int().nullable() }),
    // It stands in the run's own conversation, or in one that it goes on with.
    taints: false,
    run: async ({ store, runId }, { id, from = 0 }) => {
      const text = await resultOf(store, runId, id)
      if (text === null) throw new ActionRefused(`This run has no result ${id}.`)
      const end = from + resultLength
      return { text: text.slice(from, end), next: end < text.length ? end : null }
    },
  }),
  action({
    name: "fields.define",
    effect: "write",
    summary: "Adds a field of the team's own to leads or companies; its values are learned like any other",
    example: 'return await fields.define("lead", "renewal_date", "date")',
    parameters: {
      entity: z.enum(entities),
      name: z.string().max(100),
      type: z.enum(fieldTypes),
      choices: z.array(z.string().max(100)).max(50).optional(),
    },
    returns: z.object({ name: z.string(), isNew: z.boolean() }),
    taints: false,
    fields: () => [],
    run: async ({ store, author, clock }, { choices, ...field }) => {
      const defined = await defineField(store, author, { ...field, ...(choices && { choices }) }, clock())
      if (defined.kind === "refused") throw new ActionRefused(defined.reason)
      return { name: defined.field.name, isNew: defined.kind === "defined" }
    },
  }),
]
