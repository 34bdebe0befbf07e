import type { Command } from "commander"
import type { Store } from "../db/store.ts"
import { mergeCompanies, mergeLeads } from "../leads/merge.ts"
import { oneLead } from "./history.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"

type Options = HomeOptions & { companies?: boolean }

export function mergeCommand(program: Command, io: Io): void {
  program
    .command("merge")
    .summary("make one lead of two")
    .description(
      "Makes one lead of two: it has the facts, evidence, timeline and addresses of both, and of two values the better founded one. The other one stays as a redirect. giant undo takes it back.",
    )
    .argument("<keep>", "the lead that stays: its number, email, LinkedIn address, X handle or name")
    .argument("<drop>", "the lead that becomes part of it")
    .option("--companies", "companies instead of leads, by number")
    .action(async (keep: string, drop: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      await withHome(io, options, async ({ store, person }) => {
        const number = options.companies ? companyNumber : leadNumber
        const [kept, dropped] = [await number(store, keep), await number(store, drop)]
        const author = { actor: person, kind: "merge" }
        const merged = await (options.companies ? mergeCompanies : mergeLeads)(store, author, kept, dropped, io.clock())
        if (merged.kind === "refused")
          throw new CommandFailed("not_merged", merged.reason, "giant duplicates lists what may be one.")
        if (options.json) return printJson(io, merged)
        io.out(
          `${merged.drop} is part of ${merged.keep} now.\nTo take it back: giant undo changeset:${merged.changeset}\n`,
        )
      })
    })
}

/** The number of the lead that a person means. Throws CommandFailed. */
export async function leadNumber(store: Store, text: string): Promise<number> {
  return (await oneLead(store, text)).id
}

/** A company is named by its number. Throws CommandFailed. */
export async function companyNumber(_store: Store, text: string): Promise<number> {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new CommandFailed("usage", `${text} is no number of a company.`, "giant duplicates --companies shows them.")
}
