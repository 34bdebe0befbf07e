import type { Columns } from "../columns.ts"
import type { Json, JsonObject } from "../json.ts"
import { entities } from "./leads.ts"

export const bases = ["human", "imported", "observed", "inferred"] as const
export const factStates = ["current", "superseded", "suggested", "rejected"] as const
export const checkVerdicts = ["right", "wrong", "absent"] as const

/** What is known of leads and companies, and why. */
export function factTables(c: Columns) {
  return {
    facts: c.table(
      "facts",
      {
        id: c.id(),
        entity: c.choice("entity", entities).notNull(),
        entityId: c.integer("entity_id").notNull(),
        field: c.text("field").notNull(),
        value: c.json<Json>("value"),
        basis: c.choice("basis", bases).notNull(),
        state: c.choice("state", factStates).notNull(),
        evidenceId: c.integer("evidence_id"),
        quote: c.text("quote"),
        /** Why the fact has its basis and state. */
        reason: c.text("reason"),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [
        c.index("facts_entity").on(t.entity, t.entityId, t.field),
        c.index("facts_run").on(t.runId),
        c.index("facts_evidence").on(t.evidenceId),
      ],
    ),

    evidence: c.table(
      "evidence",
      {
        id: c.id(),
        url: c.text("url").notNull(),
        /** The page as its adapter names it, e.g. `linkedin.profile`. */
        kind: c.text("kind").notNull(),
        title: c.text("title"),
        text: c.text("text").notNull(),
        /** Of `text`, as lower-case hex. */
        sha256: c.text("sha256").notNull(),
        capturedAt: c.time("captured_at").notNull(),
        account: c.text("account"),
        /** Where the page answered, after redirects. */
        finalUrl: c.text("final_url"),
        outcome: c.text("outcome").notNull(),
        reason: c.text("reason"),
        /** What the adapter read: fields with their quotes and hooks. Values learned from here need no second proof. */
        reading: c.json<JsonObject>("reading"),
        /** The raw page below the home's `captures/`, while it is kept. */
        capture: c.text("capture"),
        /** The home that read it and has the raw page. */
        place: c.text("place"),
        runId: c.integer("run_id"),
      },
      (t) => [c.index("evidence_url").on(t.url, t.capturedAt), c.index("evidence_run").on(t.runId)],
    ),

    /** Facts that were derived again from their evidence, by somebody who did not see the value. */
    checks: c.table(
      "checks",
      {
        id: c.id(),
        factId: c.integer("fact_id").notNull(),
        /** The page that the fact rests on, as its adapter names it. */
        source: c.text("source").notNull(),
        field: c.text("field").notNull(),
        verdict: c.choice("verdict", checkVerdicts).notNull(),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("checks_fact").on(t.factId), c.index("checks_source").on(t.source)],
    ),
  }
}
