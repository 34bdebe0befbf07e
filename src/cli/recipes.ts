import type { Command } from "commander"
import type { Recipe as RecipeRow } from "../db/tables.ts"
import { acceptRecipe, proposeRecipe, rejectRecipe, title, trialCounts, trialText } from "../recipes/proposals.ts"
import { findRecipe, recipeShape, recipesInForce, versionsOf } from "../recipes/recipe.ts"
import type { Replayed } from "../recipes/replay.ts"
import { triedLeads } from "../recipes/trial-report.ts"
import { leadsOfTrial } from "../recipes/trials.ts"
import { confirm } from "./confirm.ts"
import { type Home, withHome, withHomeToLookAt } from "./home.ts"
import { recipeFoldersOf } from "./host.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { decidedByAgent, inputsFor, parseInput, resultText, trialOf, withRecipes } from "./recipe-runs.ts"
import { scriptOfRun } from "./run-script.ts"
import { plainText, tableText } from "./table.ts"
import { prettify } from "./wording.ts"
import type { WorldOptions } from "./world.ts"

type RunOptions = WorldOptions & { where: string[]; input: string[]; limit: string }

const usualLeads = "500"

export function recipesCommand(program: Command, io: Io): void {
  const recipes = program
    .command("recipes")
    .summary("scripts that are replayed without a model")
    .description(
      "Lists the recipes in force and those that wait for you. A recipe does what needs no judgement, without a model; what it cannot decide it hands over.",
    )
    .action(async (_options: unknown, command: Command) => {
      await withHomeToLookAt(io, command.optsWithGlobals<WorldOptions>(), async (home) => {
        const inForce = await recipesInForce(home.store, recipeFoldersOf(home.path))
        const proposed = (await versionsOf(home.store)).filter(({ state }) => state === "proposed")
        if (command.optsWithGlobals<WorldOptions>().json) return printJson(io, { in_force: inForce, proposed })
        const rows = [
          ...inForce.map((one) => ({ recipe: title(one), state: "in force", for: one.purpose, trial: "" })),
          ...proposed.map((one) => ({
            recipe: title(one),
            state: "proposed",
            for: one.purpose,
            trial: one.reason ?? "",
          })),
        ]
        io.out(`${tableText(rows, { width: io.width, colour: io.isTerminal })}\n`)
        if (proposed.length > 0) io.out("giant recipes show NAME@VERSION shows one; accept or reject decides.\n")
      })
    })

  recipes
    .command("show")
    .summary("one recipe with its script")
    .argument("<name>", "its name, or one version as enrich@2")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions>()
      await withHomeToLookAt(io, options, async (home) => {
        const recipe = await findRecipe(home.store, recipeFoldersOf(home.path), name)
        if (options.json) return printJson(io, recipe)
        io.out(`${title(recipe)}: ${plainText(recipe.purpose)}\n`)
        for (const [input, what] of Object.entries(recipe.inputs)) io.out(`  ${input}: ${plainText(what)}\n`)
        io.out(`May call ${recipe.actions.join(", ")}.\n\n${recipe.script.split("\n").map(plainText).join("\n")}\n`)
      })
    })

  recipes
    .command("run")
    .summary("replay a recipe, without a model")
    .argument("<name>", "its name, or one version as enrich@2")
    .argument("[lead]", "the lead it is for")
    .option("--where <filter...>", "the leads it is for, as giant leads filters them", [])
    .option("--limit <n>", "how many leads at most", usualLeads)
    .option("--input <name=value...>", "its inputs; a value is JSON or text", [])
    .action(async (name: string, lead: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RunOptions>()
      await withRecipes(io, options, async (host) => {
        const recipe = await findRecipe(host.home.store, host.recipeFolders, name)
        const ended: Replayed[] = []
        const said = {
          input: Object.fromEntries(options.input.map(parseInput)),
          where: options.where,
          limit: numberOption(options.limit, "--limit", 1, 1_000_000),
          ...(lead === undefined ? {} : { lead: numberOption(lead, "LEAD", 1, Number.MAX_SAFE_INTEGER) }),
        }
        for (const run of await inputsFor(host, recipe, said)) {
          const person = host.home.person
          const replayed = await host.replay(
            { recipe, ...run, person, taskId: null, signal: io.signal },
            await host.agent("lead" in recipe.inputs ? "enricher" : "sales"),
          )
          ended.push(replayed)
          if (!options.json) io.out(`${resultText(io, replayed, run.leadId)}\n`)
          const decided = await decidedByAgent(host, recipe, replayed, io.signal)
          if (decided && !options.json) io.out(`${plainText(decided)}\n`)
          if (replayed.kind === "stopped") break
        }
        if (options.json) printJson(io, { recipe: title(recipe), runs: ended })
      })
    })

  recipes
    .command("trial")
    .summary("try a proposed version on leads already known, changing nothing")
    .description(
      "Replays a proposed version on leads already known, changes nothing, and tells what it would learn otherwise. It has to agree with what is known before it can be put in force.",
    )
    .argument("<name>", "one version, as enrich@2")
    .option("--leads <n>", "how many leads", String(leadsOfTrial))
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions & { leads: string }>()
      const leads = numberOption(options.leads, "--leads", 1, 1_000)
      await withRecipes(io, options, async (host) => {
        const row = await keptVersion(host.home, name)
        const trial = await trialOf(io, host, row, leads)
        const tried = await triedLeads(host.home.store, trial)
        if (options.json) return printJson(io, { recipe: title(row), ...trialCounts(trial), tried })
        io.out(`${title(row)}: ${trialText(trial)}\n`)
        const odd = tried.flatMap(({ lead, name, fields }) =>
          fields
            .filter(({ verdict }) => verdict !== "agrees")
            .map(({ field, learned, known }) => ({ lead, name, field, "would learn": learned, known })),
        )
        if (odd.length > 0) io.out(`${tableText(odd, { width: io.width, colour: io.isTerminal })}\n`)
      })
    })

  recipes
    .command("keep")
    .summary("propose the script of a run as a recipe")
    .argument("<name>", "what it is called; the name of a recipe makes its next version")
    .requiredOption("--run <id>", "the run whose last script that worked is kept")
    .option("--purpose <sentence>", "what it is for; left out, as the recipe's version before")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions & { run: string; purpose?: string }>()
      await withHome(io, options, async (home) => {
        const found = await scriptOfRun(home.store, Number(options.run))
        if (!found)
          throw new CommandFailed(
            "no_script",
            `Run ${plainText(options.run)} has no script that worked.`,
            "giant runs lists them.",
          )
        const before = (await recipesInForce(home.store, recipeFoldersOf(home.path))).find((one) => one.name === name)
        const purpose = options.purpose ?? before?.purpose ?? found.prompt.slice(0, 200)
        const draft = recipeShape.safeParse({ ...found.recipe, name, purpose })
        if (!draft.success) throw new CommandFailed("usage", prettify(draft.error), "giant recipes keep --help")
        const author = { actor: home.person, kind: "recipe" }
        const reason = `From run ${options.run}.`
        const kept = await proposeRecipe(
          home.store,
          recipeFoldersOf(home.path),
          author,
          { ...draft.data, reason },
          io.clock(),
        )
        if (options.json) return printJson(io, { recipe: title(kept), state: kept.state })
        io.out(`${title(kept)} is proposed. giant recipes trial ${title(kept)} tries it; accept puts it in force.\n`)
      })
    })

  recipes
    .command("accept")
    .summary("put a proposed version in force")
    .description(
      "Tries the version on leads already known, shows its script, and has you type its name. Needs a terminal; /recipes of the viewer does the same.",
    )
    .argument("<name>", "one version, as enrich@2")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions>()
      await withRecipes(io, options, async (host) => {
        const row = await keptVersion(host.home, name)
        const trial = "lead" in row.inputs ? await trialOf(io, host, row, leadsOfTrial) : null
        const tried = trial ? `\n${trialText(trial)}` : ""
        const asked = `${title(row)}: ${plainText(row.purpose)}\nFrom ${plainText(row.author)}; it may call ${row.actions.join(", ")}.${tried}`
        await confirm(io, `${row.script.split("\n").map(plainText).join("\n")}\n\n${asked}`, title(row))
        const decided = await acceptRecipe(host.home.store, authorOf(host.home), row.id, io.clock())
        if (decided.kind === "refused")
          throw new CommandFailed("refused", decided.reason, "giant recipes lists what there is.")
        io.out(`${title(decided.recipe)} is in force. giant undo takes it back.\n`)
      })
    })

  recipes
    .command("reject")
    .summary("turn a proposed version down, or take one out of force")
    .argument("<name>", "one version, as enrich@2")
    .option("--reason <words>", "why")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions & { reason?: string }>()
      await withHome(io, options, async (home) => {
        const row = await keptVersion(home, name)
        const decided = await rejectRecipe(home.store, authorOf(home), row.id, options.reason ?? null, io.clock())
        if (decided.kind === "refused")
          throw new CommandFailed("refused", decided.reason, "giant recipes lists what there is.")
        if (options.json) return printJson(io, { recipe: title(decided.recipe), state: decided.recipe.state })
        io.out(`${title(decided.recipe)} is ${decided.recipe.state}.\n`)
      })
    })
}

async function keptVersion({ store }: Home, asked: string): Promise<RecipeRow> {
  const [name, version] = asked.split("@")
  const rows = await versionsOf(store, name)
  const row =
    version === undefined
      ? rows.find(({ state }) => state === "proposed")
      : rows.find((one) => one.version === Number(version))
  if (row) return row
  throw new CommandFailed("recipe_not_found", `No version ${plainText(asked)} was kept.`, "giant recipes lists them.")
}

function authorOf({ person }: Home) {
  return { actor: person, kind: "recipe" }
}
