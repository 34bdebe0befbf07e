import { and, eq, gte, isNotNull, isNull, like, lte, sql } from "drizzle-orm"
import type { Settled } from "../actions/define.ts"
import type { Read } from "../browser/reader.ts"
import { type Lead, type Task, tables } from "../db/tables.ts"
import { systemClock } from "../harness/clock.ts"
import type { Outcome } from "../harness/loop.ts"
import { endLostRuns } from "../harness/presence.ts"
import type { TaskResult } from "../harness/tasks.ts"
import { type WorkDeps, type WorkEvent, type Worked, type WorkOptions, workTasks } from "../harness/workers.ts"
import type { Host } from "./host.ts"
import { lastRunOf, recipeFirst, reopenForModel } from "./replays.ts"

/** Works the queue of enrichment with so many agents at once. */
export async function work(
  host: Host,
  options: {
    parallel: number
    signal: AbortSignal
    until: WorkOptions["until"]
    /** False leaves every lead to agents. */
    withRecipes?: boolean
    onEvent?: (event: WorkEvent) => void
  },
): Promise<Worked> {
  const agent = await host.agent("enricher")
  const { withRecipes = true } = options
  if (host.world.model.kind !== "none") await reopenForModel(host, systemClock.now())
  const deps: WorkDeps = {
    store: host.home.store,
    gate: host.gate,
    clock: systemClock,
    random: Math.random,
    dayUsd: host.dayUsd,
    worker: `process ${process.pid}`,
    person: host.home.person,
    prepare: (task, signal) => prepare(host, agent, task, withRecipes, signal),
  }
  return workTasks(deps, options)
}

type Agent = Awaited<ReturnType<Host["agent"]>>

async function prepare(
  host: Host,
  agent: Agent,
  task: Task,
  withRecipes: boolean,
  signal: AbortSignal,
): ReturnType<WorkDeps["prepare"]> {
  const { store } = host.home
  const [lead] =
    task.leadId === null
      ? []
      : await store.read((db) =>
          db
            .select()
            .from(tables.leads)
            .where(eq(tables.leads.id, task.leadId ?? 0)),
        )
  if (!lead || lead.mergedInto !== null) return { kind: "done", outcome: "The lead is no longer there." }
  const first = withRecipes
    ? await recipeFirst(host, task, lead, agent, signal, async (settled, reads) =>
        judge({ kind: "done", text: "", answer: null }, settled, reads, await isEnrichedSince(host, lead)),
      )
    : ({ kind: "not-tried" } as const)
  if (first.kind === "settled") return first.result
  if (first.kind === "stopped") return first
  const last = await lastRunOf(host, task)
  const heard: { settled: Settled | null; reads: Read[] } = { settled: null, reads: [] }
  return {
    kind: "job",
    agent,
    model: host.model(agent),
    prompt: first.kind === "handed-over" ? `${promptFor(lead)}\n\n${first.words}` : promptFor(lead),
    goesOn: first.kind === "not-tried" && !last?.isRecipe,
    tools: ({ runId, signal }) =>
      host.tools({
        runId,
        agent,
        taskId: task.id,
        leadId: lead.id,
        signal,
        onSettled: (settled) => {
          heard.settled = settled
        },
        onRead: (read) => heard.reads.push(read),
      }),
    judge: async (outcome) => judge(outcome, heard.settled, heard.reads, await isEnrichedSince(host, lead)),
  }
}

/** The lead as its agent gets to know it: what the team knows, and nothing that a page said. */
function promptFor(lead: Lead): string {
  const known = {
    title: lead.title,
    company: lead.company,
    email: lead.email,
    linkedin: lead.linkedinUrl,
    x: lead.xHandle,
  }
  const lines = Object.entries(known).flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []))
  return [`Enrich lead ${lead.id}: ${lead.name ?? "(no name)"}`, ...lines].join("\n")
}

/** What came of the task: as the agent says, unless nothing was learned because pages could not be had. */
export function judge(outcome: Outcome, settled: Settled | null, reads: Read[], isEnriched: boolean): TaskResult {
  const parked = reads.find((read) => read.kind === "parked")
  const blocked = reads.find((read) => read.kind === "read" && read.reading.kind === "blocked")
  const until = parked?.kind === "parked" ? parked.until : null
  if (settled?.kind === "waiting") return { ...settled, until: settled.until ?? until }
  if (outcome.kind !== "done") return { kind: "failed", outcome: outcome.reason }
  if (!isEnriched && parked?.kind === "parked") return { kind: "waiting", outcome: parked.reason, until }
  if (!isEnriched && blocked?.kind === "read") {
    return { kind: "waiting", outcome: blocked.reading.reason ?? "The page was blocked.", until: null }
  }
  return { kind: "done", outcome: settled?.outcome ?? (outcome.text || "Done.") }
}

async function isEnrichedSince({ home }: Host, before: Lead): Promise<boolean> {
  const [now] = await home.store.read((db) =>
    db.select({ at: tables.leads.enrichedAt }).from(tables.leads).where(eq(tables.leads.id, before.id)),
  )
  return now !== undefined && now.at !== before.enrichedAt
}

/** Gives back what a process that was killed had leased: the host's lock says that nobody else is at work here. */
export async function takeOverLostTasks(host: Host): Promise<number> {
  const { tasks } = tables
  const at = new Date().toISOString()
  const resumed = await host.home.store.write(async (db) => {
    const lost = await db
      .update(tasks)
      .set({ state: "open", leasedBy: null, leaseUntil: null, attempts: sql`${tasks.attempts} - 1`, updatedAt: at })
      .where(eq(tasks.state, "leased"))
      .returning({ id: tasks.id })
    return lost.length
  })
  await endLostRuns(host.home.store, new Date())
  return resumed
}

/** What the database says of the work, for progress and summaries. */
export type Tally = {
  leads: number
  enriched: number
  /** Tasks that a recipe did without a model, and those that it handed over. */
  byRecipe: number
  handedOver: number
  facts: number
  open: number
  done: number
  failed: number
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
    const now = new Date().toISOString()
    const [queue] = await db
      .select({
        open: number(and(sql`${tasks.state} in ('open', 'leased')`, lte(tasks.notBefore, now))),
        done: number(and(eq(tasks.state, "done"), gte(tasks.updatedAt, since))),
        failed: number(eq(tasks.state, "failed")),
      })
      .from(tasks)
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
      open: queue?.open ?? 0,
      done: queue?.done ?? 0,
      failed: queue?.failed ?? 0,
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
