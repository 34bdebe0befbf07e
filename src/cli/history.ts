import type { Command } from "commander"
import type { Store } from "../db/store.ts"
import type { Lead } from "../db/tables.ts"
import type { HistoryEntry } from "../leads/history-entries.ts"
import { leadHistory } from "../leads/lead-history.ts"
import { leadNamed } from "../leads/named.ts"
import { leadProfile } from "../leads/profile.ts"
import { type HomeOptions, withHomeToRead } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { plainText } from "./table.ts"

export function historyCommand(program: Command, io: Io): void {
  program
    .command("history")
    .summary("who did what to a lead, and why its values are what they are")
    .description(
      "Tells every value of a lead with its proof, and every change of it and of what belongs to it: who, when, from what to what.",
    )
    .argument("<lead>", "its number, email, LinkedIn address, X handle or name")
    .option("--limit <n>", "how many changes", "200")
    .action(async (text: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { limit: string }>()
      const limit = numberOption(options.limit, "--limit", 1, 1_000_000)
      await withHomeToRead(io, options, async ({ store }) => {
        const lead = await oneLead(store, text)
        const profile = await leadProfile(store, lead.id)
        const history = await leadHistory(store, lead.id, limit)
        if (options.json) return printJson(io, profile && { ...profile, history })
        if (!profile) return
        io.out(`${plainText(lead.name ?? lead.email ?? "(no name)")} (lead ${lead.id})\n\nValues\n`)
        for (const { field, value, basis, origin } of profile.values) {
          io.out(`  ${field}: ${plainText(String(value))}  [${basis}]${why(origin)}\n`)
        }
        io.out("\nHistory, newest first\n")
        for (const [, entries] of Map.groupBy(history, ({ changeset }) => changeset)) tell(io, entries)
        if (history.length === limit) io.out(`  and more; --limit shows more than ${limit} changes\n`)
      })
    })
}

/** What one changeset did: a heading, then each row with its values. */
function tell(io: Io, entries: HistoryEntry[]): void {
  const [first] = entries
  if (!first) return
  const undone = first.undoneBy === null ? "" : ` (undone by changeset ${first.undoneBy})`
  const note = first.note ? `, ${plainText(first.note)}` : ""
  io.out(`  ${first.at}  ${plainText(first.actor)} ${first.kind}, changeset ${first.changeset}${note}${undone}\n`)
  for (const { table, row, op, change, values } of entries) {
    const what = table === "leads" ? "" : `${names[table] ?? table} ${row}`
    const done = op === "update" ? "" : op === "insert" ? " made" : " removed"
    io.out(`    ${`${what}${done}`.trim() || "changed"}, change ${change}\n`)
    for (const { field, before, after } of values.filter(({ field }) => !own.includes(field)))
      io.out(`      ${field}: ${shown(before)} -> ${shown(after)}\n`)
  }
}

/** Rows as a person calls them. */
const names: Partial<Record<string, string>> = {
  facts: "fact",
  identities: "address",
  timeline: "timeline entry",
  reminders: "reminder",
  distinctions: "pair that is two",
  drafts: "draft",
  approvals: "approval",
  sends: "sending",
}
const own = ["lead_id", "entity", "entity_id", "run_id", "evidence_id"]

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
