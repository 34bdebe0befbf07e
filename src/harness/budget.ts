import { and, eq, gte, inArray, isNull, or, sql } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { costOf, type Price } from "./prices.ts"
import type { Usage } from "./reply.ts"

/** What one run may use. */
export type Limits = { usd: number; tokens: number; turns: number; minutes: number }

/** A run and what it may use. */
export type Bound = { runId: number; limits: Limits }

/** A request that may be made. Its worst case counts as spent until it is settled. */
type Hold = { kind: "held"; runId: number; maxTokens: number; usd: number }

/** `day`: the whole team's limit, so that no other run may go on either. */
export type OverBudget = { kind: "over-budget"; scope: "run" | "day"; reason: string }

type Wish = {
  runId: number
  limits: Limits
  /** The runs that pay for this one too: who asked it, who asked that one, and so on. */
  askers?: Bound[]
  /** What all runs together may cost on one day (UTC). */
  dayUsd: number
  price: Price
  turn: number
  /** Tokens that the prompt has at most. */
  promptTokens: number
  /** Output tokens wished for. */
  maxTokens: number
}

/** With less room than this for an answer, asking is a waste. */
const leastOutput = 2_048

/** Sets the worst case of a request aside before it is made, in one transaction with the check, so that no number of
 * agents or processes can overspend. Less output than wished for is granted where only that fits. What a killed
 * process had set aside stays counted, because it may have been paid. */
export async function reserve(db: Db, wish: Wish, now: Date): Promise<Hold | OverBudget> {
  const { runId, limits, price, promptTokens } = wish
  const spent = await spentByRun(db, runId)
  const minutes = (now.getTime() - Date.parse(spent.startedAt)) / 60_000
  if (wish.turn > limits.turns) return over("run", `It has used its ${limits.turns} turns.`)
  if (minutes >= limits.minutes) return over("run", `It has worked for its ${limits.minutes} minutes.`)

  let room = wish.maxTokens
  for (const bound of [{ runId, limits }, ...(wish.askers ?? [])]) {
    const used = bound.runId === runId ? spent : await spentByRun(db, bound.runId)
    const whose = bound.runId === runId ? "It has" : `Run ${bound.runId}, which asked for it, has`
    const tokensLeft = bound.limits.tokens - used.tokens - promptTokens
    if (tokensLeft < leastOutput)
      return over("run", `${whose} used ${used.tokens} of its ${bound.limits.tokens} tokens.`)
    const bought = affordable(price, promptTokens, bound.limits.usd - used.usd)
    if (bought < leastOutput)
      return over("run", `${whose} spent ${dollars(used.usd)} of its ${dollars(bound.limits.usd)}.`)
    room = Math.min(room, tokensLeft, bought)
  }
  const spentToday = await spentOn(db, now)
  const ofDay = affordable(price, promptTokens, wish.dayUsd - spentToday)
  if (ofDay < leastOutput) {
    return over(
      "day",
      `Today's runs have spent ${dollars(spentToday)} of ${dollars(wish.dayUsd)}. Raise it with --budget.`,
    )
  }

  const maxTokens = Math.floor(Math.min(room, ofDay))
  const usd = worstCase(price, promptTokens, maxTokens)
  await db
    .update(tables.runs)
    .set({ costUsd: sql`${tables.runs.costUsd} + ${usd}`, requests: sql`${tables.runs.requests} + 1` })
    .where(eq(tables.runs.id, runId))
  return { kind: "held", runId, maxTokens, usd }
}

/** Replaces what was set aside by what the request took; null if it took nothing. */
export async function settle(db: Db, hold: Hold, price: Price, usage: Usage | null): Promise<void> {
  const { runs } = tables
  const [run] = await db.select({ costUsd: runs.costUsd }).from(runs).where(eq(runs.id, hold.runId))
  if (!run) throw new RunNotFound(hold.runId)
  const cost = run.costUsd - hold.usd + (usage ? costOf(price, usage) : 0)
  await db
    .update(runs)
    .set({
      // A billionth of a dollar is dust of the arithmetic.
      costUsd: Math.max(0, Number(cost.toFixed(9))),
      inputTokens: sql`${runs.inputTokens} + ${usage ? usage.input + usage.cacheWrite : 0}`,
      outputTokens: sql`${runs.outputTokens} + ${usage?.output ?? 0}`,
      cachedTokens: sql`${runs.cachedTokens} + ${usage?.cacheRead ?? 0}`,
    })
    .where(eq(runs.id, hold.runId))
}

/** USD that the runs of a day (UTC) have cost, with what they have set aside. A run that spans midnight counts on both
 * days. */
export async function spentOn(db: Db, now: Date): Promise<number> {
  const { runs } = tables
  const today = now.toISOString().slice(0, 10)
  const yesterday = new Date(now.getTime() - 86_400_000).toISOString().slice(0, 10)
  const [row] = await db
    .select({ usd: sql<number>`coalesce(sum(${runs.costUsd}), 0)` })
    .from(runs)
    .where(
      and(
        gte(runs.startedAt, yesterday),
        or(gte(runs.startedAt, today), gte(runs.endedAt, today), isNull(runs.endedAt)),
      ),
    )
  return row?.usd ?? 0
}

/** What a run has used, together with the runs that it asked, and those that these asked. */
export async function spentByRun(db: Db, runId: number): Promise<{ usd: number; tokens: number; startedAt: string }> {
  const { runs } = tables
  const columns = {
    id: runs.id,
    usd: runs.costUsd,
    tokens: sql<number>`${runs.inputTokens} + ${runs.outputTokens} + ${runs.cachedTokens}`,
    startedAt: runs.startedAt,
  }
  const [own] = await db.select(columns).from(runs).where(eq(runs.id, runId))
  if (!own) throw new RunNotFound(runId)
  const family = [own]
  for (let asking = [runId]; asking.length > 0; ) {
    const asked = await db
      .select(columns)
      .from(runs)
      .where(and(gte(runs.startedAt, own.startedAt), inArray(runs.parentId, asking)))
    family.push(...asked)
    asking = asked.map((run) => run.id)
  }
  const usd = family.reduce((sum, run) => sum + run.usd, 0)
  const tokens = family.reduce((sum, run) => sum + run.tokens, 0)
  return { usd, tokens, startedAt: own.startedAt }
}

export class RunNotFound extends Error {
  readonly code = "not_found"
  readonly hint = "giant runs lists them."
  constructor(id: number) {
    super(`There is no run ${id}.`)
  }
}

/** Output tokens that so much money buys after the prompt is paid. */
function affordable(price: Price, promptTokens: number, usd: number): number {
  if (worstCase(price, promptTokens, 1) === 0) return Number.POSITIVE_INFINITY
  const rate = rateFor(price, promptTokens)
  return (usd - worstCase(price, promptTokens, 0)) / (rate.output / 1_000_000)
}

/** USD, as if nothing of the prompt were cached yet. */
function worstCase(price: Price, promptTokens: number, maxTokens: number): number {
  return costOf(price, { input: 0, cacheWrite: promptTokens, cacheRead: 0, output: maxTokens })
}

function rateFor(price: Price, promptTokens: number): Price {
  return price.longPrompt && promptTokens > price.longPrompt.over ? price.longPrompt : price
}

function over(scope: OverBudget["scope"], reason: string): OverBudget {
  return { kind: "over-budget", scope, reason }
}

function dollars(usd: number): string {
  return `${usd.toFixed(usd < 0.1 ? 4 : 2)} USD`
}
