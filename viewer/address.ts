/** Parameters that belong to the page and not to the question that its table answers. */
const ofPage = ["cols", "widths", "frozen", "group", "open", "part", "ids"] as const

/** What an address asks of the table, and what of the page around it. `kept` is what links of the page go on with. */
export function splitAddress(url: string) {
  const all = new URL(url).searchParams
  const asked = new URLSearchParams([...all].filter(([name]) => !ofPage.some((own) => own === name)))
  const page = Object.fromEntries(ofPage.map((name) => [name, all.get(name)]))
  const kept = new URLSearchParams([...all].filter(([name]) => name !== "part" && name !== "ids"))
  return { asked, kept, page }
}

/** The address of a table with some parameters changed; null takes one away. It begins at the first page again. */
export function changed(path: string, parameters: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(parameters)
  next.delete("after")
  next.delete("open")
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name)
    else next.set(name, value)
  }
  const query = next.toString()
  return query ? `${path}?${query}` : path
}
