/** Characters of a description that every client passes on to its model whole; some cut what is longer. */
export const longestDescription = 2_000

type Described = { name: string; description: string }

/** The same tools with no description too long for a client: the types that one tool's actions speak of stand with another tool. */
export function spread<T extends Described>(tools: T[]): T[] {
  const long = tools.find(({ description }) => description.length > longestDescription)
  const short = tools.find((tool) => tool !== long)
  if (!long || !short) return tools
  const paragraphs = long.description.split("\n\n")
  const types = paragraphs.filter((text) => text.startsWith("type "))
  const described = new Map([
    [long.name, paragraphs.filter((text) => !types.includes(text)).join("\n\n")],
    [short.name, [short.description, `Types of ${long.name}:\n${types.join("\n")}`].join("\n\n")],
  ])
  return tools.map((tool) => ({ ...tool, description: described.get(tool.name) ?? tool.description }))
}
