/** The parameters of a query: `:name`, `?1`, `$name`. */
export function parametersIn(text: string): string[] {
  return (
    withoutComments(text)
      .replace(/'[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\]|::/g, " ")
      .match(/\?\d*|[:@$]\w+/g) ?? []
  )
}

/** A comment's mark inside of a quoted text is none. */
export function withoutComments(text: string): string {
  return text.replace(
    /('[^']*'|"[^"]*"|`[^`]*`|\[[^\]]*\])|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g,
    (_, quoted) => quoted ?? " ",
  )
}
