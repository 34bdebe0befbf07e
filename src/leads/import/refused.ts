import { open } from "node:fs/promises"
import { basename, dirname, extname, join } from "node:path"
import { openText } from "./decode.ts"
import { openTable } from "./table.ts"

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

/** Writes the rows that were refused to a file of their own beside the original, as they stand there, each with its reason, so that
 * they can be mended and imported again. */
export async function writeRefused(path: string, refused: { line: number; reason: string }[]): Promise<RefusedFile> {
  if (refused.length === 0) return { kind: "none" }
  const to = refusedFile(path)
  try {
    const file = await open(to, "w", 0o600)
    try {
      for await (const text of refusedText(path, refused)) await file.write(text)
    } finally {
      await file.close()
    }
    return { kind: "written", path: to }
  } catch (error) {
    return { kind: "unwritable", path: to, reason: error instanceof Error ? error.message : String(error) }
  }
}

async function* refusedText(path: string, refused: { line: number; reason: string }[]): AsyncGenerator<string> {
  const reasons = new Map(refused.map(({ line, reason }) => [line, reason]))
  const text = await openText(path)
  const table = text.kind === "opened" ? await openTable(text.chunks) : text
  if (table.kind === "refused") return
  yield csvLine([...table.columns, refusalColumn])
  for await (const rows of table.rows) {
    for (const row of rows) {
      const reason = reasons.get(row.line)
      if (reason === undefined) continue
      const cells = row.kind === "cells" ? row.cells : [row.raw]
      const padding = Array.from({ length: Math.max(0, table.columns.length - cells.length) }, () => "")
      yield csvLine([...cells, ...padding, reason])
    }
  }
}

/** Cells stay as they are, so that the file is imported as the original would be. */
function csvLine(cells: string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`
}
