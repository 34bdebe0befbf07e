/** Parameters that belong to the page and not to the question that its table answers. */
const ofPage = ["cols", "widths", "frozen", "group", "open", "part", "ids"] as const

/** What an address asks of the table, and what of the page around it. `kept` is what links of the page go on with. */
export function splitAddress(url: string) {
  const given = [...new URL(url).searchParams]
  // Of what stands there more than once the last holds, as `askedIn` has it: columns are a list.
  const last = new Map(given.map(([name], at) => [name, at]))
  const all = new URLSearchParams(given.filter(([name], at) => name === "cols" || last.get(name) === at))
  const asked = new URLSearchParams([...all].filter(([name]) => !ofPage.some((own) => own === name)))
  const page = Object.fromEntries(ofPage.map((name) => [name, all.get(name)]))
  const kept = new URLSearchParams([...all].filter(([name]) => name !== "part" && name !== "ids"))
  return { asked, kept, page }
}

/** The address of a table with some parameters changed; null takes one away. It begins at the first page again. A page has dozens of
 * such links over the same parameters, which are not to be changed themselves. */
export function changed(path: string, parameters: URLSearchParams, changes: Record<string, string | null>): string {
  const parts: string[] = []
  const pairs = pairsOf(parameters)
  for (const pair of pairs) {
    const [name, text] = pair
    const value = Object.hasOwn(changes, name) ? changes[name] : undefined
    if (value === undefined) parts.push(text)
    else if (value !== null && pair === pairs.find(([other]) => other === name)) parts.push(pairOf(name, value))
  }
  for (const [name, value] of Object.entries(changes)) {
    if (value !== null && !pairs.some(([other]) => other === name)) parts.push(pairOf(name, value))
  }
  return parts.length === 0 ? path : `${path}?${parts.join("&")}`
}

const ofOnePage = ["after", "open"]
const known = new WeakMap<URLSearchParams, [name: string, pair: string][]>()

function pairsOf(parameters: URLSearchParams): [string, string][] {
  const pairs =
    known.get(parameters) ??
    [...parameters]
      .filter(([name]) => !ofOnePage.includes(name))
      .map(([name, value]): [string, string] => [name, pairOf(name, value)])
  known.set(parameters, pairs)
  return pairs
}

const plain = /^[\w.-]*$/

function pairOf(name: string, value: string): string {
  if (plain.test(name) && plain.test(value)) return `${name}=${value}`
  return new URLSearchParams([[name, value]]).toString()
}
