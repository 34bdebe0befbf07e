import { basename, resolve } from "node:path"
import type { Command } from "commander"
import { standingIn } from "../config.ts"
import { isExport } from "../leads/import/export-file.ts"
import { importExport } from "../leads/import/from-export.ts"
import { type ImportOptions, type ImportSummary, importLeads } from "../leads/import/import.ts"
import { openLeadFile } from "../leads/import/lead-file.ts"
import { previewImport } from "../leads/import/preview.ts"
import { readAhead } from "../leads/import/reading.ts"
import { openRefused } from "../leads/import/refused.ts"
import { type Home, type HomeOptions, withHome } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { bar, openProgress } from "./progress.ts"
import { plainText, tableText } from "./table.ts"
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
      if (file === "") throw new CommandFailed("usage", "No file is named.", "giant import FILE.csv")
      const path = resolve(standingIn(io.environment), file)
      await withHome(io, options, async (home) => {
        if (await isExport(path)) return restore(io, home, path, options)
        if (options.dryRun) return preview(io, home, file, options)
        const refused = openRefused(path)
        const summary = await importFile(io, home, file, { ...options, onRefused: refused.add })
        const refusedRows = await refused.end()
        const isCut = io.signal.aborted
        if (options.json)
          return printJson(io, {
            file,
            interrupted: isCut,
            ...summaryJson(summary),
            refused_file: refusedRows.kind === "written" ? refusedRows.path : null,
          })
        if (isCut) io.out("Interrupted; what was imported stays. The same command goes on from there.\n")
        io.out(`${importSentence(summary)}\n`)
        tellRefused(io, summary)
        if (refusedRows.kind === "written")
          io.out(`They stand in ${refusedRows.path}: mend them there and import that file.\n`)
        if (refusedRows.kind === "unwritable")
          io.err(`${refusedRows.path} could not be written (${refusedRows.reason}).\n`)
        if (summary.changeset !== null) io.out(`To take it back: giant undo changeset:${summary.changeset}\n`)
      })
    })
}

/** Imports a file with its progress shown, until its end or Ctrl-C. Throws CommandFailed with what is wrong with the file. */
export async function importFile(
  io: Io,
  { store, person }: Pick<Home, "store" | "person">,
  file: string,
  options: Pick<ImportOptions, "owner" | "onRefused"> & { map?: string[]; source?: string; json?: boolean | undefined },
): Promise<ImportSummary> {
  const opened = await openFile(io, file, options)
  const progress = openProgress(io, options.json ?? false)
  let bytesRead = 0
  const owner = options.owner ?? null
  const rows = readAhead(opened.file, { ...opened, owner }, (bytes) => {
    bytesRead = bytes
  })
  return importLeads(store, rows, {
    actor: person,
    source: options.source ?? opened.file.source,
    note: basename(file),
    owner,
    ...(options.onRefused ? { onRefused: options.onRefused } : {}),
    clock: io.clock,
    signal: io.signal,
    onBatch: ({ read, made }) => {
      const share = Math.min(1, Math.max(bytesRead, opened.file.bytesRead()) / opened.file.bytes)
      progress.show(
        `${bar(Math.floor(share * 100), 100, 20)} % of ${basename(file)}: ${count(read, "row")} read, ${count(made, "lead")} made`,
      )
    },
  }).finally(() => progress.end())
}

export function importSentence({ read, made, updated, unchanged, merged, refusedRows }: ImportSummary): string {
  if (read === 0) return "There is no row in it: nothing was imported."
  const parts = [
    `${count(made, "lead")} made`,
    updated > 0 ? `${updated} updated` : null,
    unchanged > 0 ? `${unchanged} known already` : null,
    merged.length > 0 ? `${merged.length} merged` : null,
    refusedRows > 0 ? `${refusedRows} refused` : null,
  ]
  return `${count(read, "row")} read: ${parts.filter((part) => part !== null).join(", ")}.`
}

/** `refused` are the first of the refused rows. */
export function summaryJson(summary: ImportSummary) {
  const { read, made, updated, unchanged, duplicates, merged, refusedRows, refused, changeset } = summary
  const rows = { rows_read: read, leads_made: made, updated, unchanged, duplicates }
  return { ...rows, merged, refused_rows: refusedRows, refused, changeset }
}

/** Does the import on a copy that is thrown away, and tells what it would come to. */
async function preview(io: Io, { store, person }: Home, file: string, options: Options): Promise<void> {
  const opened = await openFile(io, file, options)
  const { source, mapping } = opened.file
  const { summary, examples } = await previewImport(
    store,
    readAhead(opened.file, opened, () => {}),
    {
      actor: person,
      source: options.source ?? source,
      note: basename(file),
      clock: io.clock,
      signal: io.signal,
    },
  )
  if (options.json) return printJson(io, { file, dry_run: true, source, mapping, ...summaryJson(summary), examples })
  io.out(`${basename(file)} looks like ${source}. Nothing was imported. It would be:\n${importSentence(summary)}\n\n`)
  const columns = mapping.map(({ column, field, why }) => ({ column, field, "known by": why }))
  io.out(`${tableText(columns, { width: io.width, colour: io.isTerminal })}\n\n`)
  for (const { kind, lead, values } of examples) {
    const changed = values.map(
      ({ field, before, after }) => `${field}: ${before === null ? "" : `${before} -> `}${after}`,
    )
    io.out(`  ${kind} ${plainText(lead)}: ${plainText(changed.join(", "))}\n`)
  }
  for (const { keep, drop } of summary.merged) io.out(`  merged: lead ${drop} into lead ${keep}\n`)
  tellRefused(io, summary)
}

async function restore(io: Io, { store, person }: Home, path: string, options: Options): Promise<void> {
  if (options.dryRun) throw new CommandFailed("usage", "An export is imported whole.", "Leave out --dry-run.")
  const author = { actor: person, kind: "import", note: basename(path) }
  const restored = await importExport(store, author, path)
  if (restored.kind === "refused") throw new CommandFailed(restored.code, restored.message, restored.hint)
  if (options.json) return printJson(io, restored)
  const rows = Object.entries(restored.rows).map(([table, number]) => `${number} ${table}`)
  io.out(rows.length > 0 ? `Taken in again: ${rows.join(", ")}.\n` : "All of it is here already.\n")
  if (restored.changeset !== null)
    io.out(
      `To take it back: giant undo changeset:${restored.changeset} (records of pages and runs stay; the file can be imported again).\n`,
    )
}

function tellRefused(io: Io, { refused, refusedRows }: ImportSummary): void {
  for (const { line, reason } of refused.slice(0, 10)) io.out(`  line ${line}: ${plainText(reason)}\n`)
  if (refusedRows > 10) io.out(`  and ${refusedRows - 10} more\n`)
}

async function openFile(io: Io, name: string, { map = [] }: { map?: string[] }) {
  const path = resolve(standingIn(io.environment), name)
  const options = { map }
  const file = await openLeadFile(path, options)
  if (file.kind === "refused") throw new CommandFailed(file.code, file.message, file.hint)
  return { file, path, options }
}
