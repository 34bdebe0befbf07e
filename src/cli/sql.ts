import type { Command } from "commander"
import { queryOutside } from "../db/sql.ts"
import { type HomeOptions, withHomeToRead } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { tableText } from "./table.ts"

export function sqlCommand(program: Command, io: Io): void {
  program
    .command("sql")
    .summary("ask the database in SQL (SELECT only)")
    .description("Runs one SELECT on the database, for at most two seconds. It can change nothing.")
    .argument("<select>", 'such as "SELECT name, title FROM leads LIMIT 5"')
    .option("--limit <n>", "rows at most", "1000")
    .action(async (text: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { limit: string }>()
      const limit = numberOption(options.limit, "--limit", 1, 1_000_000)
      const answer = await withHomeToRead(io, options, ({ store }) => queryOutside(store.place, text, limit))
      if (answer.kind === "refused")
        throw new CommandFailed("bad_query", answer.reason, "The tables are described in the README.")
      if (options.json) return printJson(io, { columns: answer.columns, rows: answer.rows, more: answer.isCut })
      io.out(
        `${tableText(answer.rows, { width: io.width, colour: io.isTerminal, columns: answer.columns }) || "No rows."}\n`,
      )
      if (answer.isCut) io.err(`There are more than these ${limit} rows; --limit shows more.\n`)
    })
}
