/** The parameters of a query: `:name`, `?1`, `$name`. */
export function parametersIn(text: string): string[] {
  return (
    withoutComments(text)
      .replace(/'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|::/g, " ")
      .match(/\?\d*|[:@$]\w+/g) ?? []
  )
}

/** What to say of hidden columns (`table.column`) to who asked for their table. */
export function hiddenColumnsNote(text: string, hidden: string[]): string {
  const asked = hidden.filter((name) => {
    const [table, column] = name.split(".")
    return column !== undefined && new RegExp(`\\b${table}\\b`, "i").test(text)
  })
  return asked.length > 0 ? ` Not to be read: ${asked.join(", ")}. Name the other columns instead of *.` : ""
}

/** A comment's mark inside of a quoted text is none. */
export function withoutComments(text: string): string {
  return text.replace(
    /('[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\])|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    (_, quoted) => quoted ?? " ",
  )
}
