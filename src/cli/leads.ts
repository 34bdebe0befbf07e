import type { Command } from "commander"
import type { Lead } from "../db/tables.ts"
import { findLeads, leadQuery } from "../leads/find.ts"
import { type HomeOptions, withHomeToRead } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { tableText } from "./table.ts"

type Options = HomeOptions & { where: string[]; limit: string; sort?: string }

export function leadsCommand(program: Command, io: Io): void {
  program
    .command("leads")
    .summary("list leads, newest first")
    .description("Lists leads, newest first. WORDS are looked up in names, titles, companies, emails and places.")
    .argument("[words...]", "words to look for")
    .option("--where <filter...>", 'filters such as status=qualified "title~=cto" "score>=70" email=', [])
    .option("--sort <column>", "column to sort by; -column for the other direction")
    .option("--limit <n>", "how many", "20")
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      const query = leadFilter(words, options)
      await withHomeToRead(io, options, async ({ store }) => {
        const { rows } = await findLeads(store, query)
        if (options.json) return printJson(io, { leads: rows })
        if (rows.length === 0) return io.out("No leads match. giant import FILE.csv brings some in.\n")
        io.out(`${leadTable(rows, io)}\n`)
      })
    })
}

/** The filters of the command line, as the viewer's address bar has them. */
export function leadFilter(
  words: string[],
  { where, limit, sort, after }: { where: string[]; limit?: string; sort?: string; after?: string },
) {
  const asked = {
    where: Object.fromEntries(where.map(parseFilter)),
    ...(words.length > 0 ? { q: words.join(" ") } : {}),
    ...(limit === undefined ? {} : { limit }),
    ...(after === undefined ? {} : { after }),
    ...(sort === undefined ? {} : { sort: sort.replace(/^-/, ""), dir: sort.startsWith("-") ? "desc" : "asc" }),
  }
  const parsed = leadQuery.safeParse(asked)
  if (parsed.success) return parsed.data
  const reasons = parsed.error.issues.map(({ message }) => message).join(" ")
  throw new CommandFailed("usage", reasons, "giant leads --help shows how filters are written.")
}

function leadTable(rows: Lead[], io: Io): string {
  const cells = rows.map((lead) => ({
    id: lead.id,
    name: lead.name,
    title: lead.title,
    company: lead.company,
    email: lead.email,
    location: lead.location,
    status: lead.status,
    enriched: lead.enrichedAt ? "yes" : "",
  }))
  return tableText(cells, { width: io.width, colour: io.isTerminal })
}

function parseFilter(text: string): [string, string] {
  const match = /^([\w.]+(?:!|~|>|<)?)=(.*)$/s.exec(text)
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new CommandFailed(
      "usage",
      `${text} is no filter.`,
      'Write it like status=qualified, "title~=cto" or "score>=70".',
    )
  }
  return [match[1], match[2]]
}
