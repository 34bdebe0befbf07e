import type { Command } from "commander"
import {
  acceptSuggestion,
  amendSuggestion,
  type Decided,
  openSuggestions,
  rejectSuggestion,
} from "../leads/suggestions.ts"
import { type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./number-option.ts"
import { tableText } from "./table.ts"

export function suggestionsCommand(program: Command, io: Io): void {
  const suggestions = program
    .command("suggestions")
    .summary("what agents would set, if you agreed")
    .description(
      "Lists what agents found that would overrule a person's value, with what stands there now and why. accept, edit or reject one by its number.",
    )
    .option("--limit <n>", "how many", "20")
    .action((_options: unknown, command: Command) => list(io, command))
  suggestions
    .command("list")
    .summary("list them, newest first")
    .action((_options: unknown, command: Command) => list(io, command))
  suggestions
    .command("accept")
    .summary("make it the value, with its proof")
    .argument("<number>", "the suggestion's number")
    .action((number: string, _options: unknown, command: Command) =>
      settle(io, command, number, ({ store, author, id, now }) => acceptSuggestion(store, author, id, now)),
    )
  suggestions
    .command("edit")
    .summary("set another value instead")
    .argument("<number>", "the suggestion's number")
    .argument("<value>", "what is right")
    .action((number: string, value: string, _options: unknown, command: Command) =>
      settle(io, command, number, ({ store, author, id, now }) => amendSuggestion(store, author, id, value, now)),
    )
  suggestions
    .command("reject")
    .summary("turn it down; it is not suggested again")
    .argument("<number>", "the suggestion's number")
    .action((number: string, _options: unknown, command: Command) =>
      settle(io, command, number, ({ store, author, id }) => rejectSuggestion(store, author, id)),
    )
}

async function list(io: Io, command: Command): Promise<void> {
  const options = command.optsWithGlobals<HomeOptions & { limit?: string }>()
  const limit = numberOption(options.limit ?? "20", "--limit", 1, 1_000_000)
  await withHomeToLookAt(io, options, async ({ store }) => {
    const found = await openSuggestions(store, { limit })
    if (options.json) return printJson(io, { suggestions: found })
    if (found.length === 0) return io.out("No suggestion waits.\n")
    const cells = found.map(({ fact, entity, id, name, field, present, suggested, reason, url }) => ({
      number: fact,
      of: `${name ?? "(no name)"} (${entity} ${id})`,
      field,
      now: shown(present),
      suggested: shown(suggested),
      why: reason ?? url,
    }))
    io.out(`${tableText(cells, { width: io.width, colour: io.isTerminal })}\n`)
    io.out("giant suggestions accept NUMBER, edit NUMBER VALUE, or reject NUMBER.\n")
  })
}

type Deciding = {
  store: Parameters<typeof acceptSuggestion>[0]
  author: { actor: string; kind: string }
  id: number
  now: Date
}

async function settle(io: Io, command: Command, number: string, decide: (deciding: Deciding) => Promise<Decided>) {
  const options = command.optsWithGlobals<HomeOptions>()
  const id = Number(number)
  if (!Number.isSafeInteger(id) || id < 1)
    throw new CommandFailed("usage", `${number} is no number of a suggestion.`, "giant suggestions lists them.")
  await withHomeToLookAt(io, options, async ({ store, person }) => {
    const decided = await decide({ store, author: { actor: person, kind: "suggestion" }, id, now: io.clock() })
    if (decided.kind === "refused")
      throw new CommandFailed("not_decided", decided.reason, "giant suggestions lists what waits.")
    if (options.json) return printJson(io, { number: id, ...decided })
    io.out(decided.kind === "accepted" ? "Accepted: it is the value now.\n" : "Turned down.\n")
  })
}

function shown(value: unknown): string {
  return value === null ? "(nothing)" : typeof value === "string" ? value : JSON.stringify(value)
}
