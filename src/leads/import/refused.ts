import { once } from "node:events"
import { createWriteStream } from "node:fs"
import { basename, dirname, extname, join } from "node:path"
import { openText } from "./decode.ts"
import { openTable } from "./table.ts"

/** The last column of a file of refused rows. An import of the mended file leaves it out. */
export const refusalColumn = "Refused because"

/** Where the refused rows of a file go: beside it. */
export function refusedFile(path: string): string {
  return join(dirname(path), `${basename(path, extname(path))}.refused.csv`)
}

/** Writes the rows that were refused to a file of their own, as they stand in the original, each with its reason, so that they can
 * be mended and imported again. Returns its path, or null where nothing was refused. */
export async function writeRefused(path: string, refused: { line: number; reason: string }[]): Promise<string | null> {
  if (refused.length === 0) return null
  const reasons = new Map(refused.map(({ line, reason }) => [line, reason]))
  const text = await openText(path)
  const table = text.kind === "opened" ? await openTable(text.chunks) : text
  if (table.kind === "refused") return null
  const to = refusedFile(path)
  const file = createWriteStream(to, { mode: 0o600 })
  file.write(csvLine([...table.columns, refusalColumn]))
  for await (const rows of table.rows) {
    for (const row of rows) {
      const reason = reasons.get(row.line)
      if (reason === undefined) continue
      const cells = row.kind === "cells" ? row.cells : [row.raw]
      const padding = Array.from({ length: Math.max(0, table.columns.length - cells.length) }, () => "")
      if (!file.write(csvLine([...cells, ...padding, reason]))) await once(file, "drain")
    }
  }
  file.end()
  await once(file, "close")
  return to
}

/** Cells stay as they are, so that the file is imported as the original would be. */
function csvLine(cells: string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`
}
