import type { Command } from "commander"
import type { Store } from "../db/store.ts"
import type { Lead } from "../db/tables.ts"
import { leadNamed } from "../leads/named.ts"
import { leadProfile } from "../leads/profile.ts"
import { type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { plainText } from "./table.ts"

export function historyCommand(program: Command, io: Io): void {
  program
    .command("history")
    .summary("who did what to a lead, and why its values are what they are")
    .description("Tells every value of a lead with its proof, and every change of it: who, when, from what to what.")
    .argument("<lead>", "its number, email, LinkedIn address, X handle or name")
    .action(async (text: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHomeToLookAt(io, options, async ({ store }) => {
        const lead = await oneLead(store, text)
        const profile = await leadProfile(store, lead.id)
        if (options.json) return printJson(io, profile)
        if (!profile) return
        io.out(`${plainText(lead.name ?? lead.email ?? "(no name)")} (lead ${lead.id})\n\nValues\n`)
        for (const { field, value, basis, origin } of profile.values) {
          io.out(`  ${field}: ${plainText(String(value))}  [${basis}]${why(origin)}\n`)
        }
        io.out("\nHistory, newest first\n")
        for (const entry of profile.history) {
          const undone = entry.undoneBy === null ? "" : ` (undone by changeset ${entry.undoneBy})`
          const note = entry.note ? `, ${plainText(entry.note)}` : ""
          io.out(
            `  ${entry.at}  ${plainText(entry.actor)} ${entry.kind}, changeset ${entry.changeset}${note}${undone}\n`,
          )
          for (const { field, before, after } of entry.values)
            io.out(`    ${field}: ${shown(before)} -> ${shown(after)}\n`)
        }
      })
    })
}

/** The lead that the person means. Throws CommandFailed where it is none, or more than one. */
export async function oneLead(store: Store, text: string): Promise<Lead> {
  const named = await leadNamed(store, text)
  if (named.kind === "one") return named.lead
  if (named.kind === "none")
    throw new CommandFailed("not_found", `There is no lead ${plainText(text)}.`, "giant leads lists them.")
  const who = named.leads.map((lead) => `${lead.id} (${plainText(lead.company ?? "no company")})`).join(", ")
  throw new CommandFailed("ambiguous", `${plainText(text)} may be one of the leads ${who}.`, "Name it by its number.")
}

type Origin = NonNullable<Awaited<ReturnType<typeof leadProfile>>>["values"][number]["origin"]

function why(origin: Origin): string {
  if (!origin) return ""
  if (origin.kind === "change")
    return `  by ${plainText(origin.actor)}${origin.note ? ` (${plainText(origin.note)})` : ""}`
  const quote = origin.fact.quote ? `  "${plainText(origin.fact.quote).slice(0, 100)}"` : ""
  return `${origin.source ? `  ${plainText(origin.source.url)}` : ""}${quote}`
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "(nothing)"
  return plainText(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 160)
}
