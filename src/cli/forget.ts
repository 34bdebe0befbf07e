import type { Command } from "commander"
import { otherMachines } from "../browser/hosts.ts"
import { forgetLead } from "../leads/forget.ts"
import { homeKey } from "../leads/home-key.ts"
import { leadNamed } from "../leads/named.ts"
import { confirm } from "./confirm.ts"
import { oneLead } from "./history.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { homePlace } from "./home-place.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText } from "./table.ts"
import { count } from "./wording.ts"

export function forgetCommand(program: Command, io: Io): void {
  program
    .command("forget")
    .summary("remove a person for good")
    .description(
      "Removes a person from the database, its history, the pages kept, the transcripts of agents that touched the lead, and the backups that are still where giant backup wrote them. Only keyed hashes stay, so that the person is not imported again. It cannot be undone.",
    )
    .argument("<lead>", "its number, email, LinkedIn address, X handle or name")
    .action(async (text: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHome(io, options, async ({ store, path, person }) => {
        const isGone = /^\d+$/.test(text) && (await leadNamed(store, text)).kind === "none"
        const lead = isGone ? { id: Number(text), name: null, email: null } : await oneLead(store, text)
        const name = plainText(lead.name ?? lead.email ?? `lead ${lead.id}`)
        await confirm(
          io,
          `${name} (lead ${lead.id}) will be removed for good; this cannot be undone.`,
          `forget ${lead.id}`,
        )
        const done = await forgetLead(store, { actor: person }, lead.id, {
          homeKey: homeKey(path),
          home: path,
          now: io.clock(),
        })
        if (done.kind === "refused") throw new CommandFailed("not_forgotten", done.reason, done.hint)
        if (options.json) return printJson(io, done)
        io.out(
          `Forgotten. ${count(done.redacted, "mention")} elsewhere and ${count(done.captures, "page")} went too.\n`,
        )
        for (const backup of done.backups.rewritten) io.out(`Also in the backup ${backup}.\n`)
        for (const backup of done.backups.missing) io.out(`Not found, so delete it where it is now: ${backup}\n`)
        if (done.remains === "busy")
          io.err(`Another process reads the database. When it has ended: giant forget ${lead.id}\n`)
        const machines = await otherMachines(store, homePlace(path))
        for (const machine of machines) {
          io.out(`Raw pages on ${plainText(machine)} go when Small Giant starts there the next time.\n`)
        }
        io.out("Files that were imported or exported, and mail, are yours to delete.\n")
      })
    })
}
