import { converse } from "../conversation/turn.ts"
import type { Schedule } from "../db/tables.ts"
import { systemClock } from "../harness/clock.ts"
import { findRecipe } from "../recipes/recipe.ts"
import { noteOutcome, takeDue } from "../recipes/schedule.ts"
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

/** Runs what is due now, one after the other. Returns how many were run. */
export async function runDue(host: Host, signal: AbortSignal): Promise<number> {
  const { store } = host.home
  const due = await takeDue(store, store.now())
  for (const schedule of due) {
    // One that goes wrong says so in the list and keeps none of the others.
    const outcome = await run(host, schedule, signal).catch(wordsOf)
    await noteOutcome(store, schedule.id, outcome)
  }
  return due.length
}

async function run(host: Host, schedule: Schedule, signal: AbortSignal): Promise<string> {
  const { recipe: name, prompt, person } = schedule
  if (name === null) {
    const turn = await converse(talkerOf(host), prompt ?? "", { person, after: null, signal })
    const { outcome, runId } = turn
    return `Run ${runId}: ${outcome.kind === "done" ? outcome.text || "answered with a table" : outcome.reason}`
  }
  const recipe = await findRecipe(host.home.store, host.recipeFolders, name)
  const within = await host.agent("lead" in recipe.inputs ? "enricher" : "sales", person)
  const runs = await inputsFor(host, recipe, { input: schedule.input, where: [], limit: mostLeads })
  const counted = { done: 0, waiting: 0, "handed-over": 0, stopped: 0 }
  let last = ""
  for (const run of runs) {
    const replayed = await host.replay({ recipe, ...run, person, taskId: null, signal }, within)
    counted[replayed.kind] += 1
    last = replayed.kind === "done" || replayed.kind === "waiting" ? replayed.outcome : ""
    if (replayed.kind === "handed-over") last = replayed.reason
    if (replayed.kind === "stopped") break
  }
  if (runs.length === 1) return last || "Stopped."
  return `${count(runs.length, "run")}: ${counted.done} done, ${counted.waiting} waiting, ${counted["handed-over"]} left to an agent.`
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
