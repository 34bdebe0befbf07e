import { and, eq, gte, isNotNull, like, notLike, or, sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

/** What one recipe did on tasks, without a model. */
export type RecipeStats = {
  recipe: string
  /** Leads that it did alone. */
  done: number
  /** Leads that it left to an agent. */
  handedOver: number
  /** Leads that wait, because nobody could have gone on. */
  waiting: number
  /** What agents would have used for the leads done: as much as they use for a lead on average; null while none has worked one. */
  saved: { tokens: number; usd: number } | null
}

/** What recipes did, the busiest first; `since` (ISO 8601) counts only what began from then on. */
export async function recipeStats(store: Store, since = ""): Promise<RecipeStats[]> {
  const { runs } = tables
  const ofTasks = and(isNotNull(runs.taskId), gte(runs.startedAt, since))
  const number = (outcome: "done" | "handed-over" | "waiting") =>
    sql<number>`sum(case when ${eq(runs.outcome, outcome)} then 1 else 0 end)`
  return store.read(async (db) => {
    const [agents] = await db
      .select({
        runs: sql<number>`count(*)`,
        tokens: sql<number>`avg(${runs.inputTokens} + ${runs.outputTokens} + ${runs.cachedTokens})`,
        usd: sql<number>`avg(${runs.costUsd})`,
      })
      .from(runs)
      .where(
        and(
          isNotNull(runs.taskId),
          notLike(runs.agent, "recipe:%"),
          or(eq(runs.outcome, "done"), eq(runs.outcome, "waiting")),
        ),
      )
    const rows = await db
      .select({
        agent: runs.agent,
        done: number("done"),
        handedOver: number("handed-over"),
        waiting: number("waiting"),
      })
      .from(runs)
      .where(and(ofTasks, like(runs.agent, "recipe:%")))
      .groupBy(runs.agent)
    return rows
      .map(({ agent, ...counts }) => ({
        recipe: agent.slice("recipe:".length),
        ...counts,
        saved:
          agents && agents.runs > 0
            ? { tokens: Math.round(agents.tokens * counts.done), usd: agents.usd * counts.done }
            : null,
      }))
      .toSorted((one, other) => other.done - one.done)
  })
}
