import { Command, CommanderError } from "commander"
import { askCommand, chat } from "./ask.ts"
import { enrichCommand } from "./enrich.ts"
import { historyCommand } from "./history.ts"
import { importCommand } from "./import.ts"
import { type Io, printJson } from "./io.ts"
import { leadsCommand } from "./leads.ts"
import { readCommand } from "./read.ts"
import { runsCommand } from "./runs.ts"
import { sqlCommand } from "./sql.ts"
import { startCommand } from "./start.ts"
import { undoCommand } from "./undo.ts"
import { viewerCommand } from "./viewer.ts"
import type { WorldOptions } from "./world.ts"

/** Runs one command line. Returns 0, or 2 where it was called wrongly; throws what the command throws. */
export async function runProgram(io: Io, args: string[]): Promise<number> {
  try {
    await createProgram(io).parseAsync(args, { from: "user" })
    return 0
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    if (args.includes("--json")) {
      const message = error.message.replace(/^error: /, "")
      printJson(io, { error: { code: "usage", message, hint: "giant --help shows how it is called." } })
    }
    return 2
  }
}

/** The commands, the ones that matter first. */
export function createProgram(io: Io): Command {
  const program = new Command("giant")
    .description("Small Giant: agents work your lead database; you look, ask, judge and undo.")
    .option("--home <dir>", "the folder of your data (GIANT_HOME, else the nearest .giant, else ~/.giant)")
    .option("--json", "one JSON document on stdout")
    .option("--model <name>", "the model to use, or rehearsal for the scripted one (GIANT_MODEL)")
    .option("--web <web>", "live, or replica for the offline one")
    .option("--rehearse", "rehearsal model and replica web: nothing leaves the machine")
    .option("--budget <usd>", "what the model may cost a day, in US dollars; naming it agrees to it")
    .helpOption("-h, --help", "help for a command")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: io.out, writeErr: io.err })
    .exitOverride()
    .action(async (_options: unknown, command: Command) => {
      if (!io.isInteractive) return command.outputHelp()
      await chat(io, command.opts<WorldOptions>())
    })

  program.commandsGroup("First:")
  startCommand(program, io)
  askCommand(program, io)
  importCommand(program, io)
  viewerCommand(program, io)
  undoCommand(program, io)
  program.commandsGroup("Work:")
  enrichCommand(program, io)
  readCommand(program, io)
  program.commandsGroup("Look:")
  leadsCommand(program, io)
  historyCommand(program, io)
  runsCommand(program, io)
  sqlCommand(program, io)
  return program
}
