import { and, eq, gte, inArray, sql } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { costOf, type Price } from "./prices.ts"
import type { Usage } from "./reply.ts"

/** What one run may use. */
export type Limits = { usd: number; tokens: number; turns: number; minutes: number }

/** A run and what it may use. */
export type Bound = { runId: number; limits: Limits }

/** A request that may be made. Its worst case, in money and in tokens, counts as used until it is settled. `day`: on which it counts. */
type Hold = { kind: "held"; runId: number; promptTokens: number; maxTokens: number; usd: number; day: string }

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
  if (ofDay < leastOutput) return over("day", dayText(spentToday, wish.dayUsd))

  const maxTokens = Math.floor(Math.min(room, ofDay))
  const usd = worstCase(price, promptTokens, maxTokens)
  const { runs } = tables
  await db
    .update(runs)
    .set({
      ...costing(usd, now),
      requests: sql`${runs.requests} + 1`,
      inputTokens: sql`${runs.inputTokens} + ${promptTokens}`,
      outputTokens: sql`${runs.outputTokens} + ${maxTokens}`,
    })
    .where(eq(runs.id, runId))
  return { kind: "held", runId, promptTokens, maxTokens, usd, day: dayOf(now) }
}

/** Replaces what was set aside by what the request took; null if it took nothing. */
export async function settle(db: Db, hold: Hold, price: Price, usage: Usage | null): Promise<void> {
  const { runs } = tables
  const [run] = await db
    .select({ costUsd: runs.costUsd, paidOn: runs.paidOn, dayUsd: runs.dayUsd })
    .from(runs)
    .where(eq(runs.id, hold.runId))
  if (!run) throw new RunNotFound(hold.runId)
  const more = (usage ? costOf(price, usage) : 0) - hold.usd
  await db
    .update(runs)
    .set({
      costUsd: withoutDust(run.costUsd + more),
      // What was set aside before midnight was paid before midnight.
      ...(run.paidOn === hold.day ? { dayUsd: withoutDust(run.dayUsd + more) } : {}),
      inputTokens: sql`${runs.inputTokens} + ${(usage ? usage.input + usage.cacheWrite : 0) - hold.promptTokens}`,
      outputTokens: sql`${runs.outputTokens} + ${(usage?.output ?? 0) - hold.maxTokens}`,
      cachedTokens: sql`${runs.cachedTokens} + ${usage?.cacheRead ?? 0}`,
    })
    .where(eq(runs.id, hold.runId))
}

/** What a run buys that is no request to a model. A negative price is paid back. */
type Purchase = {
  runId: number
  /** What the run and those that asked it may use. */
  bounds: Bound[]
  usd: number
  /** What all runs together may cost on one day (UTC). */
  dayUsd: number
}

type Paid = { kind: "paid" } | { kind: "refused"; reason: string }

/** Pays before something is bought, in one transaction with the check, as `reserve` does for a request. */
export async function pay(db: Db, purchase: Purchase, now: Date): Promise<Paid> {
  const { runId, bounds, usd, dayUsd } = purchase
  if (usd > 0) {
    for (const bound of bounds) {
      const spent = (await spentByRun(db, bound.runId)).usd
      const whose = bound.runId === runId ? "The run" : `Run ${bound.runId}, which asked for it,`
      if (spent + usd > bound.limits.usd)
        return { kind: "refused", reason: `${whose} has spent ${dollars(spent)} of its ${dollars(bound.limits.usd)}.` }
    }
    const spentToday = await spentOn(db, now)
    if (spentToday + usd > dayUsd) return { kind: "refused", reason: dayText(spentToday, dayUsd) }
  }
  await db.update(tables.runs).set(costing(usd, now)).where(eq(tables.runs.id, runId))
  return { kind: "paid" }
}

/** USD that was paid or set aside on a day (UTC), whenever the runs that did began. */
export async function spentOn(db: Db, now: Date): Promise<number> {
  const { runs } = tables
  const [row] = await db
    .select({ usd: sql<number>`coalesce(sum(${runs.dayUsd}), 0)` })
    .from(runs)
    .where(eq(runs.paidOn, dayOf(now)))
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

/** What so much money more changes of a run. What comes back on a later day does not make that day's budget larger. */
function costing(usd: number, now: Date) {
  const { runs } = tables
  const day = dayOf(now)
  return {
    costUsd: sql`${runs.costUsd} + ${usd}`,
    dayUsd: sql`CASE WHEN ${runs.paidOn} = ${day} THEN ${runs.dayUsd} + ${usd} ELSE ${Math.max(0, usd)} END`,
    paidOn: day,
  }
}

/** The day of a time in UTC. */
function dayOf(now: Date): string {
  return now.toISOString().slice(0, 10)
}

/** A billionth of a dollar is dust of the arithmetic. */
function withoutDust(usd: number): number {
  return Math.max(0, Number(usd.toFixed(9)))
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

function dayText(spentToday: number, dayUsd: number): string {
  return `Today's runs have spent ${dollars(spentToday)} of ${dollars(dayUsd)}. Raise it with --budget.`
}

function over(scope: OverBudget["scope"], reason: string): OverBudget {
  return { kind: "over-budget", scope, reason }
}

function dollars(usd: number): string {
  return `${usd.toFixed(usd < 0.1 ? 4 : 2)} USD`
}
