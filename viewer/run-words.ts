import type { Event } from "../src/harness/loop.ts"

/** row: the words so far are a message of the transcript now. void: they are asked for again. */
export type Word = { kind: "text"; text: string } | { kind: "row" } | { kind: "void" }
export type RunWords = ReturnType<typeof openRunWords>

/** Runs that broke off within a message leave words behind; those of so many are kept. */
const most = 200

/** What runs of this process write, as they write it, for pages that look on. Nothing is kept that the transcript has. */
export function openRunWords() {
  const unfinished = new Map<number, string>()
  const listeners = new Map<number, Set<(word: Word) => void>>()

  const say = (runId: number, word: Word) => {
    for (const listener of listeners.get(runId) ?? []) listener(word)
  }

  return {
    /** Tells what happens in a run. */
    tell(runId: number, event: Event): void {
      if (event.kind === "text") {
        unfinished.set(runId, (unfinished.get(runId) ?? "") + event.text)
        for (const oldest of unfinished.keys()) if (unfinished.size > most) unfinished.delete(oldest)
        say(runId, { kind: "text", text: event.text })
      }
      if (event.kind === "message" || event.kind === "retry") {
        unfinished.delete(runId)
        say(runId, { kind: event.kind === "message" ? "row" : "void" })
      }
    },

    /** The words of a run, from its unfinished ones on, as long as it is at work. */
    async *follow(runId: number, signal: AbortSignal): AsyncGenerator<Word> {
      const heard: Word[] = []
      let wake = () => {}
      const listener = (word: Word) => {
        heard.push(word)
        wake()
      }
      const own = listeners.get(runId) ?? new Set()
      listeners.set(runId, own.add(listener))
      const text = unfinished.get(runId)
      if (text !== undefined) heard.push({ kind: "text", text })
      signal.addEventListener("abort", () => wake())
      while (!signal.aborted) {
        yield* heard.splice(0)
        await new Promise<void>((resolve) => {
          wake = resolve
          if (heard.length > 0 || signal.aborted) resolve()
        })
      }
      own.delete(listener)
      if (own.size === 0) listeners.delete(runId)
    },
  }
}
