import type { Command } from "commander"
import { suppress, suppressLead } from "../leads/suppress.ts"
import { confirm } from "./confirm.ts"
import { oneLead } from "./history.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText } from "./table.ts"

type Options = HomeOptions & { reason: string }

export function suppressCommand(program: Command, io: Io): void {
  program
    .command("suppress")
    .summary("never contact somebody, nor import them again")
    .description(
      "From now on nothing is sent to this email address, LinkedIn page, X handle (with its @) or domain, and imports leave it out. A lead, named by number or name, is suppressed at all its addresses.",
    )
    .argument("<who>", "an address, a domain, or a lead")
    .option("--reason <words>", "why, for the record", "They asked for it.")
    .action(async (who: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      await withHome(io, options, async ({ store, person }) => {
        const author = { actor: person, kind: "suppress" }
        const isAddress = /[@./]/.test(who)
        const lead = isAddress ? null : await oneLead(store, who)
        await confirm(io, `${plainText(lead?.name ?? who)} will never be contacted from here.`, "suppress")
        const suppressed = lead
          ? await suppressLead(store, author, lead.id, options.reason, io.clock())
          : await suppress(store, author, who, options.reason, io.clock())
        if (suppressed.kind === "refused")
          throw new CommandFailed("not_suppressed", suppressed.reason, "Name a lead by its number.")
        if (options.json) return printJson(io, suppressed)
        for (const { kind, value } of suppressed.added) io.out(`Suppressed: ${kind} ${plainText(value)}\n`)
        if (suppressed.added.length === 0) io.out("It was suppressed already.\n")
      })
    })
}
