import type { Command } from "commander"
import { queueLeads, queueNewLeads } from "../leads/enrichment.ts"
import { findLeads } from "../leads/find.ts"
import { type Home, withHome } from "./home.ts"
import { openHost } from "./host.ts"
import { takeHost } from "./host-lock.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { leadFilter } from "./leads.ts"
import { numberOption } from "./number-option.ts"
import { failedText, type Tally, tally } from "./tally.ts"
import { count, duration, tokensText } from "./wording.ts"
import { takeOverLostTasks } from "./work.ts"
import { workShown } from "./working.ts"
import { agreedBudget, keepToOneWeb, type World, type WorldOptions, wishedWorld } from "./world.ts"

type Options = WorldOptions & { where: string[]; limit?: string; parallel: string; recipe: boolean }

export function enrichCommand(program: Command, io: Io): void {
  program
    .command("enrich")
    .summary("queue leads for enrichment and work them")
    .description(
      "Queues leads (those never enriched, or those that --where names) and works the queue until nothing is left that can be done now. A recipe does what needs no model; agents do the rest. Without a key, the rest waits.",
    )
    .option("--where <filter...>", 'filters such as status=qualified "score>=70" title= (those without one)', [])
    .option("--limit <n>", "how many leads at most")
    .option("--parallel <n>", "agents at work at the same time", "10")
    .option("--no-recipe", "leave every lead to agents")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const parallel = numberOption(options.parallel, "--parallel", 1, 100)
      await withHome(io, options, async (home) => {
        const world = withoutKey(wishedWorld(options, io.environment, home.settings), home, options)
        if (world.model.kind === "none") {
          if (!options.recipe)
            throw new CommandFailed(
              "no_model",
              "Agents need a model.",
              "Leave out --no-recipe, or set ANTHROPIC_API_KEY.",
            )
          io.err("No model: recipes do what they can, and leads that need judgement wait for one.\n")
        }
        const dayUsd =
          world.model.kind === "rehearsal"
            ? 0
            : await agreedBudget(io, home.path, home.settings, { world, budget: options.budget })
        if (dayUsd === null) {
          throw new CommandFailed(
            "not_agreed",
            "Nobody has agreed yet to what the model may cost.",
            "giant enrich --budget 5 agrees to 5 USD a day; --rehearse costs nothing.",
          )
        }
        const since = io.clock().toISOString()
        const lock = takeHost(home.path)
        try {
          await keepToOneWeb(home.store, home.path, home.settings, world.web)
          const host = await openHost(io, home, world, { dayUsd, isPlain: options.plain, lock, serves: true })
          try {
            await host.chromium()
            await takeOverLostTasks(host)
            const queued = await queue(io, home, options)
            const end = await workShown(io, host, {
              ...{ parallel, until: "idle", withRecipes: options.recipe, isQuiet: options.json ?? false },
              rest: "Nothing is left that can be done now.",
            })
            const now = await tally(host, since)
            const done = summary(queued, now)
            if (!options.json) io.out(summaryText(queued, now, io.clock().getTime() - Date.parse(since)))
            if (end.kind === "stopped")
              throw new CommandFailed("stopped", end.reason, "Nothing is lost; enrich again when that is mended.", done)
            if (options.json) printJson(io, done)
          } finally {
            await host.close()
          }
        } finally {
          lock.release()
        }
      })
    })
}

/** Without a key there is no model, and recipes work alone; only a home of the rehearsal goes on rehearsing. */
function withoutKey(world: World, { settings }: Home, { web }: Options): World {
  const rehearses = web === "replica" || settings.web === "replica"
  if (world.because === null || rehearses) return world
  return { model: { kind: "none" }, web: "live", because: null }
}

async function queue(io: Io, home: Home, options: Options): Promise<number> {
  const limit = options.limit === undefined ? undefined : numberOption(options.limit, "--limit", 1, 1_000_000)
  if (options.where.length === 0 && limit === undefined) return queueNewLeads(home.store, io.clock())
  const ids: number[] = []
  let after: string | undefined
  do {
    const page = await findLeads(
      home.store,
      leadFilter([], { where: options.where, limit: "500", ...(after ? { after } : {}) }),
    )
    ids.push(...page.rows.map((lead) => lead.id))
    after = page.next ?? undefined
  } while (after && (limit === undefined || ids.length < limit))
  return queueLeads(home.store, ids.slice(0, limit), io.clock())
}

function summary(queued: number, now: Tally) {
  return {
    queued,
    enriched: now.enriched,
    by_recipe: now.byRecipe,
    handed_over: now.handedOver,
    waiting: now.waiting.length,
    failed: now.failed.length,
    facts: now.facts,
    runs: now.runs,
    tokens: now.tokens,
    cached_tokens: now.cachedTokens,
    cost_usd: now.costUsd,
  }
}

function summaryText(queued: number, now: Tally, milliseconds: number): string {
  const { enriched, facts, byRecipe, handedOver, waiting, failed } = now
  const told = [
    `${count(queued, "lead")} queued`,
    `${enriched} enriched with ${count(facts, "fact")}`,
    `${byRecipe} done by recipes and ${handedOver} handed over`,
    `${waiting.length} waiting`,
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    duration(milliseconds),
    tokensText(now),
    `$${now.costUsd.toFixed(2)}`,
  ]
  return `${told.join(", ")}.\n${failedText(failed)}`
}
