import type { ActionContext, Settled } from "../actions/define.ts"
import type { Gate } from "../actions/gate.ts"
import { apiOf, callsThrough } from "../actions/scripts.ts"
import type { Json, JsonObject } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { beginWatchedRun } from "../harness/presence.ts"
import { addMessage, endRun, startRun } from "../harness/transcript.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import { title } from "./proposals.ts"
import type { Recipe } from "./recipe.ts"

/** What a recipe's run needs of the process that it runs in. */
export type ReplayDeps = {
  store: Store
  sandbox: Sandbox
  catalogue: Parameters<typeof apiOf>[0]
  clock: () => Date
  /** The gate of the run that began, with the recipe's own grant. */
  gate(run: { runId: number; recipe: Recipe; heard: Heard }): Gate
}

/** What the gate's actions tell of the run. */
export type Heard = Required<Pick<ActionContext, "settle">> & { handOver(reason: string, known: Json): void }

export type Replay = {
  recipe: Recipe
  input: JsonObject
  /** On whose behalf. */
  person: string
  taskId: number | null
  leadId: number | null
  /** The run that it is a part of. */
  parentId?: number
  /** Whether nothing is changed by it, so that it does not count as work. */
  isTrial?: boolean
  signal: AbortSignal
  onBegin?(runId: number): Promise<unknown>
}

/** done: the recipe did it. waiting: nobody can go on now. handed-over: an agent has to decide, with what is known so far.
 * stopped: the signal ended it. */
export type Replayed = { runId: number } & (
  | { kind: "done"; outcome: string; value: Json; isShown: boolean }
  | { kind: "waiting"; outcome: string; until: string | null }
  | { kind: "handed-over"; reason: string; known: Json }
  | { kind: "stopped" }
)

/** Runs a recipe's script without a model: in the sandbox, under the gate, as a run of its own, which is ended in every case. What
 * its script cannot do is handed over. */
export async function replay(deps: ReplayDeps, asked: Replay): Promise<Replayed> {
  const { store, clock } = deps
  const { recipe, input, isTrial, person, taskId, leadId, parentId = null } = asked
  const prompt = promptOf(recipe, input)
  const agent = `${isTrial ? "trial" : "recipe"}:${recipe.name}`
  const run = { agent, model: "none", prompt, person, taskId, leadId, parentId }
  const begun =
    taskId === null
      ? await beginWatchedRun(store, run, clock())
      : { id: await startRun(store, run, clock()), release() {} }
  try {
    return await replayIn(deps, asked, begun.id, prompt)
  } catch (error) {
    const summary = error instanceof Error ? error.message : String(error)
    await store.write((db) => endRun(db, begun.id, { outcome: "failed", summary }, clock()))
    throw error
  } finally {
    begun.release()
  }
}

async function replayIn(deps: ReplayDeps, asked: Replay, runId: number, prompt: string): Promise<Replayed> {
  const { store, sandbox, catalogue, clock } = deps
  const { recipe, input, signal } = asked
  await asked.onBegin?.(runId)
  const said: Said = { settled: null, handedOver: null }
  const heard: Heard = {
    settle(settled) {
      said.settled = settled
    },
    handOver(reason, known) {
      said.handedOver = { reason, known }
    },
  }
  const calls = callsThrough(deps.gate({ runId, recipe, heard }))
  const source = withInput(recipe.script, input)
  const script = { source, api: apiOf(catalogue), now: clock().getTime(), seed: runId }
  const outcome = await sandbox.run(script, calls.call, { signal })
  const replayed: Replayed = { runId, ...judged(outcome, said) }
  const { kind, words } = endOf(replayed)
  await store.write(async (db) => {
    const text = [outcome.printed.trim(), words].filter((one) => one !== "").join("\n")
    await addMessage(db, runId, { role: "user", content: [{ type: "text", text: prompt }] }, clock())
    await addMessage(db, runId, { role: "assistant", content: [{ type: "text", text }] }, clock())
    await endRun(db, runId, { outcome: kind, summary: words }, clock())
  })
  return replayed
}

/** What the run of a recipe is called to do. */
export function promptOf(recipe: Recipe, input: JsonObject): string {
  return `${title(recipe)} ${JSON.stringify(input)}`
}

/** The script with its inputs before its first line. They stand there as JSON in a string, so that they can be no code. */
export function withInput(script: string, input: JsonObject): string {
  return `const input = JSON.parse(${JSON.stringify(JSON.stringify(input))});${script}`
}

type Verdict = Replayed extends infer One ? (One extends { runId: number } ? Omit<One, "runId"> : never) : never

type Said = { settled: Settled | null; handedOver: { reason: string; known: Json } | null }

function judged(outcome: Awaited<ReturnType<Sandbox["run"]>>, { settled, handedOver }: Said): Verdict {
  if (outcome.kind === "aborted") return { kind: "stopped" }
  if (handedOver) return { kind: "handed-over", ...handedOver }
  if (outcome.kind === "paused") {
    const asked = outcome.waiting.map(({ name }) => name).join(", ")
    return { kind: "handed-over", reason: `A person has to agree to ${asked}, and a recipe cannot ask.`, known: null }
  }
  if (outcome.kind !== "returned")
    return { kind: "handed-over", reason: `The script failed: ${outcome.message}`, known: null }
  if (settled?.kind === "waiting") return settled
  const { value, marker } = outcome
  const isShown = marker === "show"
  return { kind: "done", outcome: settled?.outcome ?? (isShown ? "Shown." : textOf(value)), value, isShown }
}

function endOf(replayed: Replayed): { kind: "done" | "handed-over" | "waiting" | "aborted"; words: string } {
  switch (replayed.kind) {
    case "done":
      return { kind: "done", words: replayed.outcome }
    case "waiting":
      return { kind: "waiting", words: replayed.outcome }
    case "handed-over":
      return { kind: "handed-over", words: replayed.reason }
    case "stopped":
      return { kind: "aborted", words: "It was stopped." }
  }
}

function textOf(value: Json): string {
  if (value === null) return "Done."
  return typeof value === "string" ? value : JSON.stringify(value).slice(0, 500)
}
