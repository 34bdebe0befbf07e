import { type Command, Option } from "commander"
import { type ExportFormat, exportAll, exportFormats } from "../leads/export.ts"
import { type HomeOptions, withHomeToRead } from "./home.ts"
import type { Io } from "./io.ts"
import { leadFilter } from "./leads.ts"

type Options = HomeOptions & { format?: ExportFormat; where: string[] }

export function exportCommand(program: Command, io: Io): void {
  program
    .command("export")
    .summary("take everything out")
    .description(
      "Writes to stdout: the leads with their current values as CSV, or everything (facts, evidence, timeline, companies, runs) as JSON or JSON lines, which giant import takes in again in an empty home.",
    )
    .addOption(new Option("--format <format>", "csv if not named, json with --json").choices(exportFormats))
    .option("--where <filter...>", 'only leads such as status=qualified "title~=cto" "score>=70" email=', [])
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const format = options.format ?? (options.json ? "json" : "csv")
      const query = options.where.length > 0 ? leadFilter([], { where: options.where }) : null
      await withHomeToRead(io, options, async ({ store }) => {
        for await (const piece of exportAll(store, format, query)) io.out(piece)
      })
    })
}
