import { styleText } from "node:util"
import stringWidth from "string-width"

type Cell = string | number | boolean | null | undefined | object

/** Rows as a table that fits the width; a column without any value is left out. Text from outside cannot move the cursor or colour. */
export function tableText(
  rows: Record<string, Cell>[],
  options: { width: number; colour: boolean; columns?: string[] },
): string {
  const all = options.columns ?? [...new Set(rows.flatMap((row) => Object.keys(row)))]
  const columns = all.filter((column) => rows.some((row) => cellText(row[column]) !== ""))
  if (rows.length === 0 || columns.length === 0) return ""
  const widths = narrowed(
    columns.map((column) => Math.max(stringWidth(column), ...rows.map((row) => stringWidth(cellText(row[column]))))),
    options.width - 2 * (columns.length - 1),
  )
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => pad(cell, widths[i] ?? 0))
      .join("  ")
      .trimEnd()
  const head = line(columns)
  return [
    options.colour ? styleText("bold", head) : head,
    ...rows.map((row) => line(columns.map((column) => cellText(row[column])))),
  ].join("\n")
}

/** Text that a terminal shows and does not obey. */
export function plainText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, " ")
}

function cellText(value: Cell): string {
  if (value === null || value === undefined) return ""
  return plainText(typeof value === "object" ? JSON.stringify(value) : String(value)).trim()
}

/** Narrows the widest columns until the line fits. */
function narrowed(widths: number[], room: number): number[] {
  const fitted = widths.map((width) => Math.min(width, 60))
  while (fitted.reduce((sum, width) => sum + width, 0) > room) {
    const widest = fitted.indexOf(Math.max(...fitted))
    if ((fitted[widest] ?? 0) <= 8) return fitted
    fitted[widest] = (fitted[widest] ?? 0) - 1
  }
  return fitted
}

function pad(text: string, width: number): string {
  if (stringWidth(text) <= width) return text + " ".repeat(width - stringWidth(text))
  let kept = ""
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (stringWidth(kept + segment) > width - 1) break
    kept += segment
  }
  return `${kept}…${" ".repeat(Math.max(0, width - 1 - stringWidth(kept)))}`
}
