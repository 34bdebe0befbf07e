import { and, desc, eq, gte, inArray, isNull } from "drizzle-orm"
import { converse } from "../conversation/turn.ts"
import type { Store } from "../db/store.ts"
import { type Run, type Schedule, tables } from "../db/tables.ts"
import { systemClock } from "../harness/clock.ts"
import { endLostRuns } from "../harness/presence.ts"
import { findRecipe, type Recipe } from "../recipes/recipe.ts"
import { promptOf } from "../recipes/replay.ts"
import { endTurn, leaveTurn, type Turn, takeNext } from "../recipes/schedule.ts"
import type { Host } from "./host.ts"
import { inputsFor } from "./recipe-runs.ts"
import { talkerOf } from "./talker.ts"
import { count } from "./wording.ts"

/** Milliseconds between two looks at the schedules. */
const lookEvery = 20_000
const mostLeads = 500

/** Runs what is due until the signal aborts; what was missed before is caught up at once, and once. A look that fails is told, and
 * made again. */
export async function keepSchedules(
  host: Host,
  signal: AbortSignal,
  onTrouble: (words: string) => void,
): Promise<void> {
  while (!signal.aborted) {
    await runDue(host, signal).catch((error: unknown) => onTrouble(wordsOf(error)))
    await systemClock.sleep(lookEvery, signal)
  }
}

/** Runs what is due now, one after the other, and goes on with what an earlier process was cut off at. Returns how many were run. */
export async function runDue(host: Host, signal: AbortSignal): Promise<number> {
  const { home, presence } = host
  const { store } = home
  const by = store.now()
  for (let ran = 0; ; ran += 1) {
    const ending = presence ? AbortSignal.any([signal, presence.reach()]) : signal
    const turn = ending.aborted ? null : await takeNext(store, presence?.id ?? 0, { by, now: store.now() })
    if (!turn) return ran
    // One that goes wrong says so in the list and keeps none of the others.
    const outcome = await run(host, turn, ending).catch(wordsOf)
    await (ending.aborted ? leaveTurn(store, turn) : endTurn(store, turn, outcome))
  }
}

async function run(host: Host, turn: Turn, signal: AbortSignal): Promise<string> {
  const { recipe: name, prompt, person } = turn.schedule
  if (turn.isAgain) await endLostRuns(host.home.store, host.home.store.now())
  if (name === null) return ask(host, turn, prompt ?? "", signal)
  const recipe = await findRecipe(host.home.store, host.recipeFolders, name)
  const within = await host.agent("lead" in recipe.inputs ? "enricher" : "sales", person)
  const all = await inputsFor(host, recipe, { input: turn.schedule.input, where: [], limit: mostLeads })
  const done = turn.isAgain ? await endedSince(host.home.store, recipe, turn.schedule.lastAt) : new Set()
  const runs = all.filter(({ input }) => !done.has(promptOf(recipe, input)))
  const counted = { done: 0, waiting: 0, "handed-over": 0, stopped: 0 }
  let last = ""
  for (const run of runs) {
    const replayed = await host.replay({ recipe, ...run, person, taskId: null, signal }, within)
    counted[replayed.kind] += 1
    last = replayed.kind === "done" || replayed.kind === "waiting" ? replayed.outcome : ""
    if (replayed.kind === "handed-over") last = replayed.reason
    if (replayed.kind === "stopped") break
  }
  if (runs.length === 0 && all.length > 0) return "All of it was done before it was cut off."
  if (all.length === 1) return last
  const before = all.length > runs.length ? `${all.length - runs.length} before it was cut off; ` : ""
  return `${before}${count(runs.length, "run")}: ${counted.done} done, ${counted.waiting} waiting, ${counted["handed-over"]} left to an agent.`
}

/** Asks the sales agent. What was cut off goes on in its own conversation, so that nothing of it is done twice. */
async function ask(host: Host, { schedule, isAgain }: Turn, prompt: string, signal: AbortSignal): Promise<string> {
  const { person } = schedule
  const before = isAgain ? await runBefore(host.home.store, schedule, prompt) : null
  if (before?.outcome === "done") return `Run ${before.id}: ${before.summary}`
  const { outcome, runId } = await converse(talkerOf(host), before ? null : prompt, {
    ...{ person, after: before?.id ?? null, signal },
  })
  return `Run ${runId}: ${outcome.kind === "done" ? outcome.text || "answered with a table" : outcome.reason}`
}

/** The run in which a turn was cut off; null if it had not begun. */
async function runBefore(store: Store, { person, lastAt }: Schedule, prompt: string): Promise<Run | null> {
  const { runs } = tables
  const [before] = await store.read((db) =>
    db
      .select()
      .from(runs)
      .where(
        and(eq(runs.person, person), eq(runs.prompt, prompt), isNull(runs.taskId), gte(runs.startedAt, lastAt ?? "")),
      )
      .orderBy(desc(runs.id))
      .limit(1),
  )
  return before ?? null
}

/** What a recipe's runs since a moment were called to do, as far as they came to an end. */
async function endedSince(store: Store, recipe: Recipe, since: string | null): Promise<Set<string>> {
  const { runs } = tables
  const rows = await store.read((db) =>
    db
      .select({ prompt: runs.prompt })
      .from(runs)
      .where(
        and(
          eq(runs.agent, `recipe:${recipe.name}`),
          gte(runs.startedAt, since ?? ""),
          inArray(runs.outcome, ["done", "waiting", "handed-over"]),
        ),
      ),
  )
  return new Set(rows.map(({ prompt }) => prompt))
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
