import type { Command } from "commander"
import { tellApart } from "../leads/distinctions.ts"
import { type Likely, likelyCompanyDuplicates, likelyDuplicates } from "../leads/duplicates.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { companyNumber, leadNumber } from "./merge.ts"
import { numberOption } from "./number-option.ts"
import { tableText } from "./table.ts"

type Options = HomeOptions & { companies?: boolean; limit: string }

export function duplicatesCommand(program: Command, io: Io): void {
  const duplicates = program
    .command("duplicates")
    .summary("leads that are likely the same person")
    .description(
      "Lists pairs that are likely one person, with the reasons, the likeliest first; giant merge KEEP DROP makes one of two, and giant duplicates apart ONE OTHER says that they are two. People with the same email, LinkedIn page or X handle were never two.",
    )
    .option("--companies", "companies instead of leads")
    .option("--limit <n>", "how many pairs", "20")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const limit = numberOption(options.limit, "--limit", 1, 1_000_000)
      await withHome(io, options, async ({ store }) => {
        const likely = await (options.companies ? likelyCompanyDuplicates : likelyDuplicates)(store, { limit })
        if (options.json) return printJson(io, likely)
        if (likely.pairs.length === 0) return io.out("No likely duplicates.\n")
        io.out(`${tableText(pairRows(likely), { width: io.width, colour: io.isTerminal })}\n`)
        if (likely.more) io.err(`There are more than these ${limit}; --limit shows more.\n`)
        const which = options.companies ? " --companies" : ""
        io.out(`To make one of two: giant merge KEEP DROP${which}\n`)
        io.out(`Where they are two: giant duplicates apart KEEP DROP${which}\n`)
      })
    })
  duplicates
    .command("apart")
    .summary("these are two; do not list them again")
    .argument("<one>", "a lead: its number, email, LinkedIn address, X handle or name")
    .argument("<other>", "the other one")
    .action(async (one: string, other: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { companies?: boolean }>()
      await withHome(io, options, async ({ store, person }) => {
        const number = options.companies ? companyNumber : leadNumber
        const [first, second] = [await number(store, one), await number(store, other)]
        const author = { actor: person, kind: "distinction" }
        const told = await tellApart(store, author, options.companies ? "company" : "lead", first, second, io.clock())
        if (told.kind === "refused")
          throw new CommandFailed("not_told_apart", told.reason, "giant duplicates lists what may be one.")
        if (options.json) return printJson(io, told)
        io.out(
          `${told.one} and ${told.other} are two from now on.\nTo take it back: giant undo changeset:${told.changeset}\n`,
        )
      })
    })
}

function pairRows({ pairs }: Likely<{ id: number; name: string | null }>) {
  return pairs.map(({ keep, drop, score, reasons }) => ({
    keep: keep.id,
    name: keep.name,
    drop: drop.id,
    "its name": drop.name,
    score: score.toFixed(2),
    why: reasons.join(", "),
  }))
}
