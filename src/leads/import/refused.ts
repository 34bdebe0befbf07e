import { type FileHandle, open } from "node:fs/promises"
import { basename, dirname, extname, join } from "node:path"
import type { RefusedRow } from "./batch.ts"
import { openText } from "./decode.ts"
import { openTable, type TableRow } from "./table.ts"

/** The last column of a file of refused rows. An import of the mended file leaves it out. */
export const refusalColumn = "Refused because"

/** Where the refused rows of a file go: beside it. */
function refusedFile(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.refused.csv`)
}

/** unwritable: the folder takes no file, for this reason of the operating system. */
export type RefusedFile =
  | { kind: "none" }
  | { kind: "written"; path: string }
  | { kind: "unwritable"; path: string; reason: string }

export type RefusedRows = {
  /** Takes rows that were refused, in the order of the file. */
  add(refused: RefusedRow[]): Promise<void>
  end(): Promise<RefusedFile>
}

/** Writes rows that are refused to a file of their own beside the original, as they stand there, each with its reason, so that they can
 * be mended and imported again. The original is read a second time for it, so that no row has to be kept. */
export function openRefused(path: string): RefusedRows {
  const to = refusedFile(path)
  let state: RefusedFile = { kind: "none" }
  let file: FileHandle | null = null
  let original: Original | null = null

  async function write(refused: RefusedRow[]): Promise<void> {
    original ??= await openOriginal(path)
    if (!file) {
      file = await open(to, "w", 0o600)
      state = { kind: "written", path: to }
      await file.write(csvLine([...original.columns, refusalColumn]))
    }
    await file.write((await linesOf(original, refused)).join(""))
  }

  return {
    async add(refused) {
      if (refused.length === 0 || state.kind === "unwritable") return
      try {
        await write(refused)
      } catch (error) {
        state = { kind: "unwritable", path: to, reason: error instanceof Error ? error.message : String(error) }
      }
    },
    async end() {
      await original?.rows.return()
      await file?.close()
      return state
    },
  }
}

type Original = { columns: string[]; rows: AsyncGenerator<TableRow, void> }

async function openOriginal(path: string): Promise<Original> {
  const text = await openText(path)
  const table = text.kind === "opened" ? await openTable(text.chunks) : text
  if (table.kind === "refused") throw new Error(table.message)
  async function* rowsOf(batches: AsyncIterable<TableRow[]>) {
    for await (const rows of batches) yield* rows
  }
  return { columns: table.columns, rows: rowsOf(table.rows) }
}

/** Reads on in the original until the last of these rows. */
async function linesOf({ columns, rows }: Original, refused: RefusedRow[]): Promise<string[]> {
  const reasons = new Map(refused.map(({ line, reason }) => [line, reason]))
  const lines: string[] = []
  while (lines.length < reasons.size) {
    const { value: row } = await rows.next()
    if (!row) return lines
    const reason = reasons.get(row.line)
    if (reason === undefined) continue
    const cells = row.kind === "cells" ? row.cells : [row.raw]
    const padding = Array.from({ length: Math.max(0, columns.length - cells.length) }, () => "")
    lines.push(csvLine([...cells, ...padding, reason]))
  }
  return lines
}

/** Cells stay as they are, so that the file is imported as the original would be. */
function csvLine(cells: string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`
}
