import { and, eq, like } from "drizzle-orm"
import { catalogue } from "../actions/catalogue.ts"
import type { Action, Settled } from "../actions/define.ts"
import { covers } from "../actions/grants.ts"
import type { Read, Services } from "../actions/services.ts"
import { type Lead, type Run, type Task, tables } from "../db/tables.ts"
import type { Agent } from "../harness/agent-files.ts"
import { setTaskRun, type TaskResult } from "../harness/tasks.ts"
import { findRecipe, type Recipe, RecipeNotFound } from "../recipes/recipe.ts"
import { type Replay, type Replayed, replay } from "../recipes/replay.ts"
import { gateAtWork, type Machines } from "./at-work.ts"
import type { Host } from "./host.ts"

export type ReplayOptions = {
  /** What there is to call, in the place of the catalogue. */
  actions?: readonly Action<Services>[]
  onRead?(read: Read): void
}

/** Runs a recipe with this process's machines: within its own actions, and within what `within` may do. */
export function replayAtWork(
  machines: Machines,
  run: Replay,
  within: Agent,
  { actions, onRead }: ReplayOptions = {},
): Promise<Replayed> {
  const { home, sandbox, clock } = machines
  return replay(
    {
      ...{ store: home.store, sandbox, catalogue, clock },
      gate: ({ runId, recipe, heard }) =>
        gateAtWork(machines, {
          ...{ runId, agent: grantedTo(recipe, within), taskId: run.taskId, leadId: run.leadId, signal: run.signal },
          person: run.person,
          onSettled: heard.settle,
          onHandOver: heard.handOver,
          ...(onRead ? { onRead } : {}),
          ...(actions ? { actions } : {}),
        }),
    },
    run,
  )
}

/** What came of a task's recipe: the task's result, or what an agent has to know to go on with it. */
type RecipeFirst =
  | { kind: "settled"; result: TaskResult }
  | { kind: "handed-over"; words: string }
  | { kind: "stopped" }
  /** There is no recipe for it, or an agent broke off in the middle of it and goes on. */
  | { kind: "not-tried" }

/** Has the recipe of a task's kind do it without a model; `judge` says what that means for the task. What it cannot decide waits for a model, if there is none. */
export async function recipeFirst(
  host: Host,
  task: Task,
  lead: Lead,
  within: Agent,
  signal: AbortSignal,
  judge: (settled: Settled, reads: Read[]) => Promise<TaskResult>,
): Promise<RecipeFirst> {
  const recipe = await recipeOf(host, task.kind)
  const last = await lastRunOf(host, task)
  const isBrokenOff = last?.outcome === "interrupted" || last?.outcome === "aborted"
  if (!recipe || (last && !last.isRecipe && isBrokenOff)) return { kind: "not-tried" }
  // A process that was killed right after the recipe had done it: it is not done twice.
  if (last?.isRecipe && last.outcome === "done" && task.outcome === null) {
    return { kind: "settled", result: { kind: "done", outcome: last.summary ?? "Done." } }
  }
  const reads: Read[] = []
  const replayed = await host.replay(
    {
      ...{ recipe, input: { lead: lead.id }, person: host.home.person, taskId: task.id, leadId: lead.id, signal },
      onBegin: (runId) => host.home.store.write((db) => setTaskRun(db, task, runId)),
    },
    within,
    { onRead: (read) => reads.push(read) },
  )
  switch (replayed.kind) {
    case "done":
      return { kind: "settled", result: await judge({ kind: "done", outcome: replayed.outcome }, reads) }
    case "waiting":
      return { kind: "settled", result: await judge(replayed, reads) }
    case "stopped":
      return { kind: "stopped" }
    case "handed-over":
      if (host.world.model.kind !== "none") return { kind: "handed-over", words: handOverText(recipe, replayed) }
      return {
        kind: "settled",
        result: { kind: "waiting", outcome: `${forAModel} ${replayed.reason}`.slice(0, 500), until: null },
      }
  }
}

/** Opens the tasks again that wait for a model, now that there is one. Returns how many. */
export async function reopenForModel({ home }: Host, now: Date): Promise<number> {
  const { tasks } = tables
  const at = now.toISOString()
  const reopened = await home.store.write((db) =>
    db
      .update(tasks)
      .set({ state: "open", notBefore: at, updatedAt: at })
      .where(and(eq(tasks.state, "waiting"), like(tasks.outcome, `${forAModel}%`)))
      .returning({ id: tasks.id }),
  )
  return reopened.length
}

/** The last run of a task, as far as it matters to who takes the task up again. */
export async function lastRunOf(
  { home }: Host,
  task: Task,
): Promise<{ isRecipe: boolean; outcome: Run["outcome"]; summary: string | null } | null> {
  if (task.runId === null) return null
  const { agent, outcome, summary } = tables.runs
  const [run] = await home.store.read((db) =>
    db
      .select({ agent, outcome, summary })
      .from(tables.runs)
      .where(eq(tables.runs.id, task.runId ?? 0)),
  )
  return run ? { isRecipe: run.agent.startsWith("recipe:"), outcome: run.outcome, summary: run.summary } : null
}

/** How the outcome of a task begins that only a model can go on with. */
const forAModel = "Waits for a model:"

async function recipeOf(host: Host, name: string): Promise<Recipe | null> {
  try {
    return await findRecipe(host.home.store, host.recipeFolders, name)
  } catch (error) {
    if (error instanceof RecipeNotFound) return null
    throw error
  }
}

/** What an agent is told of a recipe's work, beside the task itself. The known is what pages said. */
export function handOverText(
  { name, version, inputs }: Recipe,
  { reason, known }: Extract<Replayed, { kind: "handed-over" }>,
): string {
  const told = known === null ? [] : [`What it saw, as pages said it: ${JSON.stringify(known).slice(0, 4_000)}`]
  return [
    `The recipe ${name}@${version} did what it could without you and leaves this to you: ${reason.slice(0, 1_000)}`,
    ...told,
    "lead" in inputs
      ? "Decide only that. Learn what is proved, leave a note on what is doubtful, and end the task."
      : "Decide only that, for the leads it names, as far as the database proves it, and say in a sentence what you did.",
    `If a script could do such leads without you, propose it: recipes.find("${name}") has the present one, recipes.keep the next.`,
  ].join("\n")
}

function grantedTo(recipe: Recipe, within: Agent): Agent {
  const { grant } = within
  const granted = recipe.actions.filter((action) => grant.actions === null || covers(grant.actions, action))
  return {
    ...within,
    name: `recipe:${recipe.name}`,
    grant: { ...grant, actions: [...granted, "recipes.handOver"] },
  }
}
