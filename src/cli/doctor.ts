import type { Command } from "commander"
import { examine, type Finding } from "../leads/doctor.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText } from "./table.ts"
import { count } from "./wording.ts"

export function doctorCommand(program: Command, io: Io): void {
  program
    .command("doctor")
    .summary("examine this home")
    .description(
      "Examines the database file, the journal against every row, facts against their evidence, backups, disk and permissions, and says what to do. It changes nothing.",
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      const findings: Finding[] = []
      await withHome(io, options, async ({ store, path }) => {
        for await (const finding of examine(store, { home: path, now: io.clock() })) {
          findings.push(finding)
          if (!options.json) io.out(findingText(finding))
        }
      })
      const problems = findings.filter(({ level }) => level === "problem").length
      if (options.json) printJson(io, { healthy: problems === 0, findings })
      if (problems > 0)
        throw new CommandFailed("problems_found", `${count(problems, "problem")} found.`, "Each says above what to do.")
    })
}

const marks = { good: "  ok      ", warning: "  warning ", problem: "  PROBLEM " }

function findingText({ check, level, message, hint }: Finding): string {
  return `${marks[level]}${check}: ${plainText(message)}${hint ? `\n            ${plainText(hint)}` : ""}\n`
}
