import { eq } from "drizzle-orm"
import type { Settled } from "../actions/define.ts"
import type { Read } from "../browser/reader.ts"
import { type Lead, type Task, tables } from "../db/tables.ts"
import { clockOf } from "../harness/clock.ts"
import type { WorkDeps, WorkEvent } from "../harness/job.ts"
import type { Outcome } from "../harness/loop.ts"
import { giveBackLeases, type TaskResult } from "../harness/tasks.ts"
import { type Worked, type WorkOptions, workTasks } from "../harness/workers.ts"
import { type AccountRoom, openAccountRoom } from "./account-room.ts"
import { endLost } from "./at-work.ts"
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
  const { withRecipes = true, onEvent } = options
  const clock = clockOf(host.home.store)
  const { presence } = host
  const room = openAccountRoom(host.home, host.world.web, host.whereIs)
  if (host.world.model.kind !== "none") await reopenForModel(host, clock.now())
  const deps: WorkDeps = {
    store: host.home.store,
    gate: host.gate,
    clock,
    random: Math.random,
    dayUsd: host.dayUsd,
    worker: presence ? workerName(presence.id) : `process ${process.pid}`,
    ...(presence ? { reach: presence.reach } : {}),
    person: host.home.person,
    prepare: (task, signal) => prepare(host, room, agent, task, withRecipes, signal),
  }
  return workTasks(deps, {
    ...options,
    onEvent(event) {
      if (event.kind !== "task-started" && event.kind !== "run") room.leave(event.task.id)
      onEvent?.(event)
    },
  })
}

type Agent = Awaited<ReturnType<Host["agent"]>>

async function prepare(
  host: Host,
  room: AccountRoom,
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
  const later = await room.admit(task, lead, store.now())
  if (later) return later
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
function judge(outcome: Outcome, settled: Settled | null, reads: Read[], isEnriched: boolean): TaskResult {
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

/** Gives back what hosts of this home had leased that were killed: the home's lock says that none of them is at work any more. What
 * other machines have leased is theirs until it runs out. */
export async function takeOverLostTasks({ home: { store }, presence }: Host): Promise<number> {
  const resumed = await giveBackLeases(store, presence?.fallen.map(workerName) ?? [])
  await endLost(store, store.now())
  return resumed
}

/** A host as it stands with the tasks that it has leased. */
function workerName(host: number): string {
  return `host ${host}`
}
