import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"
import type { Json } from "../json.ts"

export const runOutcomes = [
  "done",
  "handed-over",
  "waiting",
  "failed",
  "refused",
  "over-budget",
  "aborted",
  "interrupted",
] as const
/** What a person and an agent said to one another is theirs, so no query of somebody else's reads it. */
export const ownWords = ["runs.prompt", "runs.summary"]
const questionAnswers = ["approved", "denied"] as const

/** A call that waits for a person. `id` is its number within its script. */
export type AskedCall = { id: number; action: string; arguments: Json[]; reason: string }

/** Agents at work: what was said, called, asked and answered. */
export function runTables(c: Columns) {
  return {
    runs: c.table(
      "runs",
      {
        id: c.id(),
        agent: c.text("agent").notNull(),
        model: c.text("model").notNull(),
        prompt: c.text("prompt").notNull(),
        /** Null while it works. */
        outcome: c.choice("outcome", runOutcomes),
        /** The last words of the run, or why it ended. */
        summary: c.text("summary"),
        inputTokens: c.integer("input_tokens").notNull().default(0),
        outputTokens: c.integer("output_tokens").notNull().default(0),
        cachedTokens: c.integer("cached_tokens").notNull().default(0),
        costUsd: c.real("cost_usd").notNull().default(0),
        /** The day (UTC) on which it last paid or set aside something, and what it has cost on that day. */
        paidOn: c.text("paid_on"),
        dayUsd: c.real("day_usd").notNull().default(0),
        requests: c.integer("requests").notNull().default(0),
        parentId: c.integer("parent_id"),
        taskId: c.integer("task_id"),
        leadId: c.integer("lead_id"),
        /** Who asked for it. */
        person: c.text("person").notNull(),
        /** Set by the first untrusted text the run read, and never cleared. */
        tainted: c.flag("tainted").notNull().default(false),
        startedAt: c.time("started_at").notNull(),
        /** Until when the process of a run without a task is believed to live, if nothing else is known of it. */
        watchedUntil: c.time("watched_until"),
        endedAt: c.time("ended_at"),
      },
      (t) => [
        c.index("runs_started").on(t.startedAt, t.id),
        c.index("runs_paid").on(t.paidOn, t.dayUsd),
        c.index("runs_lead").on(t.leadId),
        c.index("runs_open").on(t.endedAt).where(sql`ended_at is null`),
        c.index("runs_parent").on(t.parentId).where(sql`parent_id is not null`),
      ],
    ),

    /** The transcript: what was said to the model and by it, in order. */
    messages: c.table(
      "messages",
      {
        id: c.id(),
        runId: c.integer("run_id").notNull(),
        role: c.choice("role", ["user", "assistant"]).notNull(),
        content: c.json<Json>("content").notNull(),
        stopReason: c.text("stop_reason"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("messages_run").on(t.runId, t.id)],
    ),

    /** Every action call that came to the gate, with its verdict. */
    calls: c.table(
      "calls",
      {
        id: c.id(),
        runId: c.integer("run_id").notNull(),
        action: c.text("action").notNull(),
        effect: c.text("effect").notNull(),
        arguments: c.json<Json>("arguments").notNull(),
        verdict: c.choice("verdict", ["allowed", "denied", "ask"]).notNull(),
        reason: c.text("reason").notNull(),
        /** Null until it ended; then `ok` or the error's words. */
        result: c.text("result"),
        /** The page that it read, if it read one. */
        evidenceId: c.integer("evidence_id"),
        /** What it cost beside the model: questions to sources. */
        costUsd: c.real("cost_usd").notNull().default(0),
        milliseconds: c.integer("milliseconds"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("calls_run").on(t.runId, t.id)],
    ),

    /** What a run may do only if a person agrees: it waits here with its calls, and with its script as far as it had come. */
    questions: c.table(
      "questions",
      {
        id: c.id(),
        runId: c.integer("run_id").notNull(),
        taskId: c.integer("task_id"),
        leadId: c.integer("lead_id"),
        calls: c.json<AskedCall[]>("calls").notNull(),
        /** The API that it was asked under, as the sandbox keys it: under another the calls may mean something else. */
        api: c.text("api").notNull(),
        /** The stopped script; null where single calls wait. */
        snapshot: c.bytes("snapshot"),
        /** SHA-256 of what is asked, as lower-case hex: an answer names it, so that it answers this and nothing else. */
        seal: c.text("seal").notNull(),
        answer: c.choice("answer", questionAnswers),
        answeredBy: c.text("answered_by"),
        answeredAt: c.time("answered_at"),
        /** What came of it, in words. */
        outcome: c.text("outcome"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [
        c.index("questions_run").on(t.runId),
        c.index("questions_open").on(t.createdAt, t.id).where(sql`answer is null`),
      ],
    ),

    /** What a run answered a person with beside words, as they saw it. */
    answers: c.table(
      "answers",
      {
        id: c.id(),
        runId: c.integer("run_id").notNull(),
        answer: c.json<Json>("answer").notNull(),
        /** The page of the viewer that shows the same rows; null where there is none. */
        path: c.text("path"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("answers_run").on(t.runId)],
    ),

    /** Results that were too long for a run's conversation; it reads on in them by their ids. */
    results: c.table(
      "results",
      {
        id: c.id(),
        runId: c.integer("run_id").notNull(),
        text: c.text("text").notNull(),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("results_run").on(t.runId)],
    ),
  }
}
