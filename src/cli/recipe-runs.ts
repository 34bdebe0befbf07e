import { catalogue } from "../actions/catalogue.ts"
import { taint } from "../actions/taint.ts"
import { converse } from "../conversation/turn.ts"
import type { Json, JsonObject } from "../db/json.ts"
import type { RecipeTrial } from "../db/tables/knowledge.ts"
import type { Recipe as RecipeRow } from "../db/tables.ts"
import { findLeads } from "../leads/find.ts"
import type { Recipe } from "../recipes/recipe.ts"
import type { Replayed } from "../recipes/replay.ts"
import { type TrialDeps, tryVersion } from "../recipes/trial.ts"
import { withHome } from "./home.ts"
import { type Host, openHost } from "./host.ts"
import { takeHost } from "./host-lock.ts"
import { CommandFailed, type Io } from "./io.ts"
import { leadFilter } from "./leads.ts"
import { handOverText } from "./replays.ts"
import { plainText, tableText } from "./table.ts"
import { talkerOf } from "./talker.ts"
import { agreedBudget, keepToOneWeb, type WorldOptions, wishedWorld } from "./world.ts"

/** Leads that a recipe for many is given at once. */
const atOnce = 100

/** Opens what a recipe needs. A model is there only if somebody has agreed to what it costs; no recipe needs it. */
export async function withRecipes(io: Io, options: WorldOptions, work: (host: Host) => Promise<void>): Promise<void> {
  await withHome(io, options, async (home) => {
    const world = wishedWorld(options, io.environment, home.settings)
    const rehearses = options.rehearse || options.web === "replica" || home.settings.web === "replica"
    const web = rehearses ? "replica" : "live"
    const lock = takeHost(home.path)
    try {
      await keepToOneWeb(home.store, home.path, home.settings, web)
      const quiet = { ...io, isInteractive: false }
      const dayUsd = await agreedBudget(quiet, home.path, home.settings, { world, budget: options.budget })
      const isPaid = world.model.kind === "real" && dayUsd !== null
      const model = isPaid ? world.model : ({ kind: "none" } as const)
      const host = await openHost(io, home, { model, web, because: null }, { dayUsd: dayUsd ?? 0, lock })
      try {
        await work(host)
      } finally {
        await host.close()
      }
    } finally {
      lock.release()
    }
  })
}

export type OneRun = { input: JsonObject; leadId: number | null }

/** What each run of a recipe is given: a lead, a number of leads, or only what was said. */
export async function inputsFor(
  host: Host,
  recipe: Recipe,
  said: { input: JsonObject; lead?: number; where: string[]; limit: number },
): Promise<OneRun[]> {
  const { input, lead } = said
  if (!("lead" in recipe.inputs || "leads" in recipe.inputs)) return [{ input, leadId: null }]
  const ids = lead === undefined ? await leadsFor(host, said) : [lead]
  if ("lead" in recipe.inputs) return ids.map((id) => ({ input: { ...input, lead: id }, leadId: id }))
  const chunks = Array.from({ length: Math.ceil(ids.length / atOnce) }, (_, at) =>
    ids.slice(at * atOnce, (at + 1) * atOnce),
  )
  return chunks.map((leads) => ({ input: { ...input, leads }, leadId: null }))
}

async function leadsFor(host: Host, { where, limit }: { where: string[]; limit: number }): Promise<number[]> {
  const ids: number[] = []
  let after: string | undefined
  do {
    const filter = leadFilter([], {
      where,
      limit: String(Math.min(500, limit - ids.length)),
      ...(after ? { after } : {}),
    })
    const page = await findLeads(host.home.store, filter)
    ids.push(...page.rows.map(({ id }) => id))
    after = page.next ?? undefined
  } while (after && ids.length < limit)
  return ids
}

/** `days=30` as an input; a value is JSON, else text. */
export function parseInput(text: string): [string, JsonObject[string]] {
  const [, name, value = ""] = /^(\w+)=(.*)$/s.exec(text) ?? []
  if (!name)
    throw new CommandFailed("usage", `${plainText(text)} is no input.`, 'Write it like days=30 or profile="...".')
  try {
    return [name, JSON.parse(value)]
  } catch {
    return [name, value]
  }
}

/** Has the sales agent decide what a recipe for no single lead left open; it may propose the recipe's next version. Null without a
 * model, and for a lead, whose task goes to an agent by `giant enrich`. */
export async function decidedByAgent(
  host: Host,
  recipe: Recipe,
  replayed: Replayed,
  signal: AbortSignal,
): Promise<string | null> {
  if (replayed.kind !== "handed-over" || "lead" in recipe.inputs || host.world.model.kind === "none") return null
  const { store, person } = host.home
  const turn = await converse(talkerOf(host), handOverText(recipe, replayed), {
    ...{ person, after: null, signal },
    // What a recipe saw may be a page's words. The mark stands in the queue before anything the run itself writes.
    onBegin: (runId) => void store.write((db) => taint(db, runId)),
  })
  return `Run ${turn.runId}: ${turn.outcome.kind === "done" ? turn.outcome.text : turn.outcome.reason}`
}

/** What came of a run, in a person's words. */
export function resultText(io: Io, replayed: Replayed, lead: number | null): string {
  const of = lead === null ? "" : `lead ${lead}: `
  switch (replayed.kind) {
    case "done":
      return replayed.isShown ? tableOf(io, replayed.value) : `${of}${plainText(replayed.outcome)}`
    case "waiting":
      return `${of}waits: ${plainText(replayed.outcome)}`
    case "handed-over":
      return `${of}left to an agent: ${plainText(replayed.reason)}`
    case "stopped":
      return `${of}stopped`
  }
}

function tableOf(io: Io, value: Json): string {
  const rows = (Array.isArray(value) ? value : [value]).flatMap((row) =>
    typeof row === "object" && row !== null && !Array.isArray(row) ? [row] : [],
  )
  return tableText(rows, { width: io.width, colour: io.isTerminal }) || "Nothing found."
}

/** Tries a kept version on leads that are known, and writes down how it went. */
export async function trialOf(io: Io, host: Host, row: RecipeRow, leads: number): Promise<RecipeTrial> {
  const { person } = host.home
  return tryVersion(await trialDepsOf(host, person), row, { person, leads, signal: io.signal })
}

/** What a trial needs of this process, on somebody's behalf. */
export async function trialDepsOf(host: Host, person: string): Promise<TrialDeps> {
  const within = await host.agent("enricher", person)
  const { store } = host.home
  return { store, clock: store.now, catalogue, replay: (run, actions) => host.replay(run, within, { actions }) }
}
