import { and, count as countRows, eq, gt, inArray, lte, max, sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { WorkEvent } from "../harness/job.ts"
import type { Worked } from "../harness/workers.ts"
import type { Host } from "./host.ts"
import type { Io } from "./io.ts"
import { openPacing } from "./pacing.ts"
import { bar, openProgress } from "./progress.ts"
import { plainText } from "./table.ts"
import { count, duration } from "./wording.ts"
import { work } from "./work.ts"

type WorkOptions = Omit<Parameters<typeof work>[1], "signal" | "onEvent">

/** Works the queue and shows meanwhile who is at work, on whom, what was done, what it has cost, and what time is left. `rest` is
 * said while nothing is to be done. */
export async function workShown(
  io: Io,
  host: Host,
  options: WorkOptions & { isQuiet: boolean; rest: string; onEvent?(event: WorkEvent): void },
): Promise<Worked["end"]> {
  const { isQuiet, rest, onEvent, ...wish } = options
  const { store } = host.home
  const progress = openProgress(io, isQuiet)
  const pacing = openPacing(io, host.home, host.world.web)
  const begun = { at: io.clock().getTime(), ...(await marks(store)) }
  const agents = new Map<number, number | null>()
  let ended = 0
  const draw = async () => {
    const now = await state(store, begun, store.now())
    if (now.left === 0 && agents.size === 0) return progress.show(rest)
    const who = await nameOf(store, [...agents.values()].at(-1) ?? null)
    const cost = now.costUsd > 0 ? `  $${now.costUsd.toFixed(2)}` : ""
    const left = await timeLeft(ended, now.left)
    const line = `${bar(ended, ended + now.left, 20)}  ${count(agents.size, "agent")}  ${who}`
    progress.show(`${line}  ${count(now.facts, "fact")}${cost}${left}`)
  }

  async function timeLeft(ended: number, left: number): Promise<string> {
    const slowest = await pacing()
    const time = io.clock().getTime()
    const byAgents = ended > 0 ? ((time - begun.at) / ended) * left : 0
    const byLimits = slowest ? Date.parse(slowest.doneAt) - time : 0
    const longest = Math.max(byAgents, byLimits)
    if (longest <= 0) return ""
    return `  about ${duration(longest)} left${slowest && byLimits > byAgents ? ` at the pace of ${slowest.account}` : ""}`
  }

  let isDrawing = false
  const timer = setInterval(() => {
    if (host.presence?.reach().aborted) return progress.show(outOfReach)
    if (isDrawing) return
    isDrawing = true
    // While the database is away a look takes long and may fail; the next one tells how far it is.
    draw()
      .catch(() => {})
      .finally(() => {
        isDrawing = false
      })
  }, everyMs)
  try {
    const worked = await work(host, {
      ...wish,
      signal: io.signal,
      onEvent(event) {
        if (event.kind === "task-started") agents.set(event.task.id, event.task.leadId)
        else if (event.kind !== "run") agents.delete(event.task.id)
        if (event.kind === "task-ended") ended += 1
        onEvent?.(event)
      },
    })
    return worked.end
  } finally {
    clearInterval(timer)
    progress.end()
  }
}

const outOfReach = "The database cannot be reached, so agents have stopped. They go on when it is back."

/** What is asked so often must stay cheap at a million leads. */
const everyMs = 500

/** The newest fact and run: what comes after them is what this work has brought and cost. */
async function marks(store: Store): Promise<{ fact: number; run: number }> {
  const { facts, runs } = tables
  return store.read(async (db) => {
    const [fact] = await db.select({ id: max(facts.id) }).from(facts)
    const [run] = await db.select({ id: max(runs.id) }).from(runs)
    return { fact: fact?.id ?? 0, run: run?.id ?? 0 }
  })
}

async function state(store: Store, since: { fact: number; run: number }, now: Date) {
  const { facts, runs, tasks } = tables
  return store.read(async (db) => {
    const [learned] = await db.select({ rows: countRows() }).from(facts).where(gt(facts.id, since.fact))
    const [ran] = await db
      .select({ usd: sql<number>`coalesce(sum(${runs.costUsd}), 0)` })
      .from(runs)
      .where(gt(runs.id, since.run))
    const [due] = await db
      .select({ rows: countRows() })
      .from(tasks)
      .where(and(inArray(tasks.state, ["open", "leased"]), lte(tasks.notBefore, now.toISOString())))
    return { facts: learned?.rows ?? 0, costUsd: ran?.usd ?? 0, left: due?.rows ?? 0 }
  })
}

async function nameOf(store: Store, leadId: number | null): Promise<string> {
  if (leadId === null) return ""
  const { leads } = tables
  const [lead] = await store.read((db) => db.select({ name: leads.name }).from(leads).where(eq(leads.id, leadId)))
  return plainText(lead?.name ?? "")
}
