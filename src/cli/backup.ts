import { resolve } from "node:path"
import type { Command } from "commander"
import { standingIn } from "../config.ts"
import { backUp } from "../leads/backup.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { type Io, printJson } from "./io.ts"

export function backupCommand(program: Command, io: Io): void {
  program
    .command("backup")
    .summary("copy the database, also while agents work")
    .description(
      "Copies the database as it is at this moment to a new file that only you can read. It is a file of SQLite, whatever the home's own database is. To restore it, put it in the place of the home's giant.db while nothing runs, or giant move it to Postgres. Whoever is forgotten later is forgotten there too, as long as the file stays where it is.",
    )
    .argument("<file>", "a file that is not there yet")
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      const file = resolve(standingIn(io.environment), name)
      await withHome(io, options, async ({ store, path }) => {
        await backUp(store, { home: path, file, now: io.clock() })
        if (options.json) return printJson(io, { file })
        io.out(`Copied to ${file}.\n`)
      })
    })
}
