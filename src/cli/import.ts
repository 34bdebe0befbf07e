import { basename, resolve } from "node:path"
import type { Command } from "commander"
import { person, standingIn } from "../config.ts"
import type { Store } from "../db/store.ts"
import { type ImportSummary, importLeads } from "../leads/import/import.ts"
import { openLeadFile, type RowResult } from "../leads/import/lead-file.ts"
import { type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { openProgress } from "./progress.ts"
import { plainText } from "./table.ts"
import { count } from "./wording.ts"

type Options = HomeOptions & { dryRun?: boolean; map: string[]; source?: string }

export function importCommand(program: Command, io: Io): void {
  program
    .command("import")
    .summary("bring leads in from a file")
    .description(
      "Reads leads from a CSV, JSON or JSONL file: LinkedIn's Connections.csv, the exports of HubSpot, Salesforce, Apollo, Google and Outlook, or a plain one. People who are there already are recognised; giant undo takes an import back.",
    )
    .argument("<file>", "the file")
    .option("--dry-run", "only show what would be made of it")
    .option("--map <header=field...>", "which column is which field, where that was not recognised", [])
    .option("--source <name>", "what the source is to be called")
    .action(async (file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      if (options.dryRun) return preview(io, file, options)
      await withHome(io, options, async ({ store }) => {
        const summary = await importFile(io, store, file, options)
        if (options.json) return printJson(io, { file, ...summaryJson(summary) })
        io.out(`${importSentence(summary)}\n`)
        for (const { line, reason } of summary.refused.slice(0, 10)) io.out(`  line ${line}: ${plainText(reason)}\n`)
        if (summary.refused.length > 10) io.out(`  and ${summary.refused.length - 10} more\n`)
        if (summary.changeset !== null) io.out(`To take it back: giant undo changeset:${summary.changeset}\n`)
      })
    })
}

/** Imports a file with its progress shown. Throws CommandFailed with what is wrong with the file. */
export async function importFile(
  io: Io,
  store: Store,
  file: string,
  options: { map?: string[]; source?: string; owner?: string | null; json?: boolean | undefined },
): Promise<ImportSummary> {
  const opened = await openFile(io, file, options)
  const progress = openProgress(io, options.json ?? false)
  const summary = await importLeads(store, owned(opened.rows, options.owner ?? null), {
    actor: person(),
    source: options.source ?? opened.source,
    note: basename(file),
    clock: io.clock,
    onBatch: (soFar) =>
      progress.show(`Importing ${basename(file)}: ${count(soFar.read, "row")} read, ${count(soFar.made, "lead")} made`),
  }).finally(() => progress.end())
  return summary
}

/** Rows that name no owner get this one. */
async function* owned(batches: AsyncIterable<RowResult[]>, owner: string | null): AsyncIterable<RowResult[]> {
  for await (const batch of batches) {
    yield batch.map((row) =>
      row.kind === "lead" ? { ...row, lead: { ...row.lead, owner: row.lead.owner ?? owner } } : row,
    )
  }
}

export function importSentence({ read, made, updated, unchanged, refused }: ImportSummary): string {
  const parts = [
    `${count(made, "lead")} made`,
    updated > 0 ? `${updated} updated` : null,
    unchanged > 0 ? `${unchanged} known already` : null,
    refused.length > 0 ? `${refused.length} refused` : null,
  ]
  return `${count(read, "row")} read: ${parts.filter((part) => part !== null).join(", ")}.`
}

export function summaryJson({ read, made, updated, unchanged, duplicates, refused, changeset }: ImportSummary) {
  return { rows_read: read, leads_made: made, updated, unchanged, duplicates, refused, changeset }
}

async function preview(io: Io, file: string, options: Options): Promise<void> {
  const opened = await openFile(io, file, options)
  let leads = 0
  const refused: { line: number; reason: string }[] = []
  for await (const batch of opened.rows) {
    for (const row of batch) {
      if (row.kind === "lead") leads += 1
      else refused.push({ line: row.line, reason: row.reason })
    }
  }
  if (options.json)
    return printJson(io, { file, dry_run: true, source: opened.source, mapping: opened.mapping, leads, refused })
  io.out(
    `${basename(file)} looks like ${opened.source}: ${count(leads, "lead")}, ${refused.length} refused. Nothing was imported.\n`,
  )
  io.out(`${JSON.stringify(opened.mapping, null, 2)}\n`)
}

async function openFile(io: Io, file: string, options: { map?: string[] }) {
  const opened = await openLeadFile(resolve(standingIn(io.environment), file), { map: options.map ?? [] })
  if (opened.kind === "refused") throw new CommandFailed(opened.code, opened.message, opened.hint)
  return opened
}
