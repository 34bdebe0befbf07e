import type { Store } from "../db/store.ts"
import { memoriesOf, team } from "./memory.ts"

/** Characters of notes that stand in every prompt. */
const room = 1_500

/** A system prompt with the notes that always stand in it, as far as there is room: the team's first, then the person's own, the
 * newest of each last to go. It stays the same as long as the notes do, so that the model's server can keep it. */
export async function withMemories(store: Store, system: string, person: string): Promise<string> {
  const held = (await memoriesOf(store, person, ["accepted"])).filter(({ isAlways }) => isAlways)
  const newestFirst = [
    ...held.filter(({ owner }) => owner === team).toReversed(),
    ...held.filter(({ owner }) => owner !== team).toReversed(),
  ]
  const lines: string[] = []
  let left = room
  for (const { text } of newestFirst) {
    const line = `- ${text}`
    if (line.length + 1 > left) continue
    left -= line.length + 1
    lines.push(line)
  }
  if (lines.length === 0) return system
  return `${system}\n\nThe team asks you to remember:\n${lines.join("\n")}`
}
