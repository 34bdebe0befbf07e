import type { Author, Store } from "../db/store.ts"
import type { Memory } from "../db/tables.ts"
import { editMemory, memoriesOf, remember, removeMemory, team } from "./memory.ts"

type Kept = { added: number; changed: number; removed: number }

/** A file of notes that has a number nobody may change. */
export class MemoryFileInvalid extends Error {
  readonly code = "memory_file_invalid"
  readonly hint = "giant memory export FILE.md writes it anew; leave the numbers in brackets as they are."
  constructor(problem: string) {
    super(`The file cannot be read: ${problem}`)
  }
}

/** A person's notes and the team's as a file to read and edit: a line a note, its number behind it. */
export async function memoriesAsMarkdown(store: Store, person: string): Promise<string> {
  const held = await memoriesOf(store, person, ["accepted"])
  return `${[
    "# Memory",
    "",
    "A line is a note. Change it, take it away, or write a new one without a number.",
    ...sections.flatMap(({ title, isTeam, isAlways }) => {
      const own = held.filter((memory) => (memory.owner === team) === isTeam && memory.isAlways === isAlways)
      return ["", `## ${title}`, "", ...own.map((memory) => `- ${memory.text} [${memory.id}]`)]
    }),
  ].join("\n")}\n`
}

/** Makes the notes what the file says, as a person, in one changeset for each note: lines without a number are added, changed ones
 * are changed, missing ones are removed. Throws MemoryFileInvalid before anything is done. */
export async function keepMarkdown(store: Store, author: Author, text: string, now: Date): Promise<Kept> {
  const held = await memoriesOf(store, author.actor, ["accepted"])
  const lines = linesOf(text)
  const strange = lines.find(({ id }) => id !== null && !held.some((memory) => memory.id === id))
  if (strange) throw new MemoryFileInvalid(`no memory in force has the number ${strange.id}.`)
  const twice = lines.find(({ id }, at) => id !== null && lines.findIndex((line) => line.id === id) !== at)
  if (twice) throw new MemoryFileInvalid(`the number ${twice.id} stands there twice.`)
  const kept: Kept = { added: 0, changed: 0, removed: 0 }
  for (const memory of held) {
    const line = lines.find(({ id }) => id === memory.id)
    if (!line) {
      await removeMemory(store, author, memory.id, now)
      kept.removed += 1
    } else if (isDifferent(memory, line)) {
      await editMemory(store, author, memory.id, { text: line.text, isAlways: line.isAlways }, now)
      kept.changed += 1
    }
  }
  for (const { id, text, isAlways, isTeam } of lines) {
    if (id !== null) continue
    const owner = isTeam ? team : author.actor
    await remember(store, author, { owner, text, isAlways, source: author.actor, state: "accepted" }, now)
    kept.added += 1
  }
  return kept
}

const sections = [
  { title: "The team's, in every prompt", isTeam: true, isAlways: true },
  { title: "The team's", isTeam: true, isAlways: false },
  { title: "Yours, in every prompt", isTeam: false, isAlways: true },
  { title: "Yours", isTeam: false, isAlways: false },
]

type Line = { id: number | null; text: string; isTeam: boolean; isAlways: boolean }

function linesOf(text: string): Line[] {
  const lines: Line[] = []
  let section: (typeof sections)[number] | undefined
  for (const line of text.split(/\r?\n/)) {
    const heading = /^##\s+(.*?)\s*$/.exec(line)?.[1]
    if (heading !== undefined) {
      section = sections.find(({ title }) => title === heading)
      if (!section) throw new MemoryFileInvalid(`it has a heading that is none of its own: ${heading}.`)
    }
    const [, note, id] = /^\s*[-*]\s+(.*?)\s*(?:\[(\d+)\])?\s*$/.exec(line) ?? []
    if (!note) continue
    if (!section) throw new MemoryFileInvalid(`a note stands before the first heading: ${note.slice(0, 60)}.`)
    const { isTeam, isAlways } = section
    lines.push({ id: id === undefined ? null : Number(id), text: note, isTeam, isAlways })
  }
  return lines
}

/** A note does not change hands by moving its line; it is added there and removed here instead. */
function isDifferent(memory: Memory, line: Line): boolean {
  if ((memory.owner === team) !== line.isTeam) {
    throw new MemoryFileInvalid(`note ${memory.id} cannot change hands; write it anew without its number.`)
  }
  return memory.text !== line.text || memory.isAlways !== line.isAlways
}
