import type { Command } from "commander"
import type { Schedule } from "../db/tables.ts"
import { findRecipe } from "../recipes/recipe.ts"
import {
  addSchedule,
  momentIn,
  pauseSchedule,
  removeSchedule,
  type Scheduled,
  schedulesOf,
} from "../recipes/schedule.ts"
import { type HomeOptions, withHome, withHomeToLookAt } from "./home.ts"
import { recipeFoldersOf } from "./host.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { parseInput } from "./recipe-runs.ts"
import { plainText, tableText } from "./table.ts"

type AddOptions = HomeOptions & { recipe?: string; prompt?: string; input: string[]; zone?: string }

export function schedulesCommand(program: Command, io: Io): void {
  const schedules = program
    .command("schedules")
    .summary("recipes and prompts that run by themselves")
    .description(
      "Lists what giant start runs by itself, and when. What was missed while nothing ran is caught up once, and what was cut off in the middle goes on.",
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, async ({ store }) => {
        const rows = await schedulesOf(store)
        if (options.json) return printJson(io, { schedules: rows })
        if (rows.length === 0)
          return io.out('Nothing runs by itself yet. giant schedules add "every morning" --recipe find-stale\n')
        io.out(`${tableText(rows.map(rowOf), { width: io.width, colour: io.isTerminal })}\n`)
      })
    })

  schedules
    .command("add")
    .summary("run a recipe or a prompt by itself")
    .argument("<when>", '"every morning", "every weekday at 9:30", or a cron expression such as "0 8 * * 1-5"')
    .option("--recipe <name>", "the recipe to run")
    .option("--prompt <words>", "what to ask the sales agent")
    .option("--input <name=value...>", "the recipe's inputs", [])
    .option("--zone <zone>", "the time zone, such as Europe/Berlin; left out, this machine's")
    .action(async (when: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<AddOptions>()
      const { recipe, prompt, zone = Intl.DateTimeFormat().resolvedOptions().timeZone } = options
      await withHome(io, options, async (home) => {
        if ((recipe === undefined) === (prompt === undefined)) {
          throw new CommandFailed(
            "usage",
            "Name a recipe or a prompt.",
            'giant schedules add "every morning" --prompt "..."',
          )
        }
        if (recipe !== undefined) await findRecipe(home.store, recipeFoldersOf(home.path), recipe)
        const input = Object.fromEntries(options.input.map(parseInput))
        const does = recipe === undefined ? { prompt: prompt ?? "" } : { recipe, input }
        const asked = { words: when, zone, person: home.person, does }
        tell(io, options, await addSchedule(home.store, authorOf(home.person), asked, io.clock()), "runs next at")
      })
    })

  for (const [name, summary] of Object.entries({
    pause: "stop it for now",
    resume: "let it go on",
    remove: "take it away",
  })) {
    schedules
      .command(name)
      .summary(summary)
      .argument("<id>", "its number")
      .action(async (text: string, _options: unknown, command: Command) => {
        const options = command.optsWithGlobals<HomeOptions>()
        const id = numberOption(text, "ID", 1, Number.MAX_SAFE_INTEGER)
        await withHome(io, options, async ({ store, person }) => {
          const author = authorOf(person)
          if (name === "remove")
            return tell(io, options, await removeSchedule(store, author, id), "is removed; it would have run at")
          const isPaused = name === "pause"
          const words = isPaused ? "is paused; it would run at" : "goes on; it runs next at"
          tell(io, options, await pauseSchedule(store, author, id, isPaused, io.clock()), words)
        })
      })
  }
}

function rowOf({ id, words, zone, recipe, prompt, nextAt, lastAt, lastOutcome, pausedAt }: Schedule) {
  const next = pausedAt === null ? momentIn(zone, nextAt) : "paused"
  const last = lastAt === null ? null : momentIn(zone, lastAt)
  return { id, when: words, zone, does: recipe ?? `"${prompt}"`, next, last, outcome: lastOutcome }
}

function tell(io: Io, { json }: HomeOptions, scheduled: Scheduled, words: string): void {
  if (scheduled.kind === "refused") throw new CommandFailed("refused", scheduled.reason, "giant schedules lists them.")
  const { id, nextAt, zone } = scheduled.schedule
  if (json) printJson(io, scheduled.schedule)
  else io.out(`Schedule ${id} ${words} ${momentIn(zone, nextAt)} (${plainText(zone)}).\n`)
}

function authorOf(person: string) {
  return { actor: person, kind: "schedule" }
}
