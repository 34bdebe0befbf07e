import { CommandFailed, type Io } from "./io.ts"

/** Has a person at a terminal type a word; nothing else stands in for them. Throws CommandFailed without a terminal or the word. */
export async function confirm(io: Io, question: string, word: string): Promise<void> {
  if (!io.isInteractive) {
    throw new CommandFailed(
      "needs_person",
      "Only a person at a terminal can do this.",
      "Run it yourself, without a pipe.",
    )
  }
  const answer = await io.ask(`${question}\nType ${word} to go on: `)
  if (answer.trim() === word) return
  throw new CommandFailed("not_confirmed", "That was something else, so nothing was done.", "Run it again to go on.")
}
