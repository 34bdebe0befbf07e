/** Rows as lines of CSV, each with as many of its values as there are columns. */
export function csvLines(rows: readonly (readonly unknown[])[], columns: number): string {
  let text = ""
  for (const row of rows) {
    for (let at = 0; at < columns; at++) text += at === 0 ? csvCell(row[at]) : `,${csvCell(row[at])}`
    text += "\r\n"
  }
  return text
}

const odd = /[",\r\n]|^[\s\0]*[=+\-@\t\0]/
const asFormula = /^[\s\0]*[=+\-@\t\r\0]/

/** Text that a spreadsheet would take for a formula gets an apostrophe before it; numbers stay numbers. */
function csvCell(value: unknown): string {
  if (typeof value === "string") return odd.test(value) ? harmless(value) : value
  if (value === null || value === undefined) return ""
  return typeof value === "object" ? harmless(JSON.stringify(value)) : String(value)
}

function harmless(text: string): string {
  const safe = asFormula.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
