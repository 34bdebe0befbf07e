import { and, eq, gte, isNotNull, isNull, like, sql } from "drizzle-orm"
import { tables } from "../db/tables.ts"
import type { Host } from "./host.ts"
import { tableText } from "./table.ts"
import { count } from "./wording.ts"

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
  const { leads, facts, tasks, runs } = tables
  const number = (where: ReturnType<typeof and>) => sql<number>`sum(case when ${where} then 1 else 0 end)`
  return home.store.read(async (db) => {
    const [people] = await db
      .select({ leads: sql<number>`count(*)`, enriched: number(gte(leads.enrichedAt, since)) })
      .from(leads)
      .where(isNull(leads.mergedInto))
    const [known] = await db.select({ facts: sql<number>`count(*)` }).from(facts).where(gte(facts.createdAt, since))
    const failed = await db
      .select({ lead: tasks.leadId, name: leads.name, reason: tasks.outcome })
      .from(tasks)
      .leftJoin(leads, eq(leads.id, tasks.leadId))
      .where(and(eq(tasks.state, "failed"), gte(tasks.updatedAt, since)))
      .orderBy(tasks.id)
    const now = home.store.now().toISOString()
    const waiting = await db
      .select({
        lead: tasks.leadId,
        name: leads.name,
        reason: tasks.outcome,
        until: tasks.notBefore,
        state: tasks.state,
      })
      .from(tasks)
      .leftJoin(leads, eq(leads.id, tasks.leadId))
      .where(
        and(
          isNotNull(tasks.outcome),
          sql`${tasks.state} = 'waiting' or (${tasks.state} = 'open' and ${tasks.notBefore} > ${now})`,
        ),
      )
      .orderBy(tasks.id)
    const [ran] = await db
      .select({
        byRecipe: number(and(eq(runs.outcome, "done"), like(runs.agent, "recipe:%"), isNotNull(runs.taskId))),
        handedOver: number(and(eq(runs.outcome, "handed-over"), isNotNull(runs.taskId))),
        runs: sql<number>`count(*)`,
        tokens: sql<number>`sum(${runs.inputTokens} + ${runs.outputTokens})`,
        cachedTokens: sql<number>`sum(${runs.cachedTokens})`,
        costUsd: sql<number>`sum(${runs.costUsd})`,
      })
      .from(runs)
      .where(gte(runs.startedAt, since))
    return {
      leads: people?.leads ?? 0,
      enriched: people?.enriched ?? 0,
      facts: known?.facts ?? 0,
      failed: failed.map(({ lead, name, reason }) => ({ lead: lead ?? 0, name, reason: reason ?? "" })),
      waiting: waiting.map(({ lead, name, reason, until }) => ({
        lead: lead ?? 0,
        name,
        reason: reason ?? "",
        until: until.startsWith("9999") ? null : until,
      })),
      byRecipe: ran?.byRecipe ?? 0,
      handedOver: ran?.handedOver ?? 0,
      runs: ran?.runs ?? 0,
      tokens: ran?.tokens ?? 0,
      cachedTokens: ran?.cachedTokens ?? 0,
      costUsd: ran?.costUsd ?? 0,
    }
  })
}

/** The leads whose tasks failed, with why, as a person reads it; nothing where none did. */
export function failedText(failed: Tally["failed"]): string {
  const [first] = failed
  if (!first) return ""
  const rows = failed.slice(0, 20).map(({ lead, name, reason }) => ({ lead, name, why: reason }))
  const head = `${count(failed.length, "lead")} failed after three attempts (giant enrich --where id=${first.lead} tries one again):`
  return `${head}\n${tableText(rows, { width: 110, colour: false })}\n`
}
