import { and, count, eq, gt, gte, isNotNull, isNull, like, or, type SQL, type SQLWrapper, sql } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Host } from "./host.ts"
import { tableText } from "./table.ts"
import { count as counted } from "./wording.ts"

/** What the database says of the work, for summaries. */
export type Tally = {
  leads: number
  enriched: number
  /** Tasks that a recipe did without a model, and those that it handed over. */
  byRecipe: number
  handedOver: number
  facts: number
  /** Tasks that were given up after every attempt. */
  failed: { lead: number; name: string | null; reason: string }[]
  waiting: { lead: number; name: string | null; reason: string; until: string | null }[]
  runs: number
  tokens: number
  /** Tokens of prompts that the model's server had in its cache. */
  cachedTokens: number
  costUsd: number
}

/** `since` counts only what was enriched, learned and run from then on. */
export async function tally({ home }: Host, since: string): Promise<Tally> {
  return home.store.read(async (db) => ({
    ...(await countsOf(db, since)),
    failed: await failedOf(db, since),
    waiting: await waitingOf(db, home.store.now()),
    ...(await runsOf(db, since)),
  }))
}

const number = (where: SQL | undefined) => sql<number>`coalesce(sum(case when ${where} then 1 else 0 end), 0)`
const sum = (value: SQLWrapper) => sql<number>`coalesce(sum(${value}), 0)`

async function countsOf(db: Db, since: string): Promise<Pick<Tally, "leads" | "enriched" | "facts">> {
  const { leads, facts } = tables
  const [people] = await db
    .select({ leads: count(), enriched: number(gte(leads.enrichedAt, since)) })
    .from(leads)
    .where(isNull(leads.mergedInto))
  const learned = await db.$count(facts, gte(facts.createdAt, since))
  return { leads: people?.leads ?? 0, enriched: people?.enriched ?? 0, facts: learned }
}

async function failedOf(db: Db, since: string): Promise<Tally["failed"]> {
  const { leads, tasks } = tables
  const found = await db
    .select({ lead: tasks.leadId, name: leads.name, reason: tasks.outcome })
    .from(tasks)
    .leftJoin(leads, eq(leads.id, tasks.leadId))
    .where(and(eq(tasks.state, "failed"), gte(tasks.updatedAt, since)))
    .orderBy(tasks.id)
  return found.map(({ lead, name, reason }) => ({ lead: lead ?? 0, name, reason: reason ?? "" }))
}

async function waitingOf(db: Db, now: Date): Promise<Tally["waiting"]> {
  const { leads, tasks } = tables
  const isPutOff = and(eq(tasks.state, "open"), gt(tasks.notBefore, now.toISOString()))
  const found = await db
    .select({ lead: tasks.leadId, name: leads.name, reason: tasks.outcome, until: tasks.notBefore })
    .from(tasks)
    .leftJoin(leads, eq(leads.id, tasks.leadId))
    .where(and(isNotNull(tasks.outcome), or(eq(tasks.state, "waiting"), isPutOff)))
    .orderBy(tasks.id)
  return found.map(({ lead, name, reason, until }) => ({
    lead: lead ?? 0,
    name,
    reason: reason ?? "",
    until: until.startsWith("9999") ? null : until,
  }))
}

type Ran = Pick<Tally, "byRecipe" | "handedOver" | "runs" | "tokens" | "cachedTokens" | "costUsd">

async function runsOf(db: Db, since: string): Promise<Ran> {
  const { runs } = tables
  const [ran] = await db
    .select({
      byRecipe: number(and(eq(runs.outcome, "done"), like(runs.agent, "recipe:%"), isNotNull(runs.taskId))),
      handedOver: number(and(eq(runs.outcome, "handed-over"), isNotNull(runs.taskId))),
      runs: count(),
      tokens: sum(sql`${runs.inputTokens} + ${runs.outputTokens}`),
      cachedTokens: sum(runs.cachedTokens),
      costUsd: sum(runs.costUsd),
    })
    .from(runs)
    .where(gte(runs.startedAt, since))
  return ran ?? { byRecipe: 0, handedOver: 0, runs: 0, tokens: 0, cachedTokens: 0, costUsd: 0 }
}

/** The leads whose tasks failed, with why, as a person reads it; nothing where none did. */
export function failedText(failed: Tally["failed"]): string {
  const [first] = failed
  if (!first) return ""
  const rows = failed.slice(0, 20).map(({ lead, name, reason }) => ({ lead, name, why: reason }))
  const head = `${counted(failed.length, "lead")} failed after three attempts (giant enrich --where id=${first.lead} tries one again):`
  return `${head}\n${tableText(rows, { width: 110, colour: false })}\n`
}
