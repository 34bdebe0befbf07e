import { createHash } from "node:crypto"
import { type Limits, outOfPatience, outOfTime } from "./limits.ts"
import type { Answer, FromThread, ThreadEnding, ToThread } from "./messages.ts"
import type { CallOutcome, Ending, Json, Outcome } from "./outcome.ts"

/** Performs one action for a script. To reject is a bug of the host: it ends the script and is thrown to who runs it. */
export type Call = (name: string, args: Json[]) => Promise<CallOutcome>

/** A script that was moved to another thread called something else there, against all that is known of the engine. */
export class CourseChanged extends Error {
  constructor(action: string) {
    super(`A script took another course at ${action} when it was replayed. What it did so far stands.`)
    this.name = "CourseChanged"
  }
}

/** A script that runs, as the host sees it. */
export type Run = {
  outcome: Promise<Outcome>
  /** What its thread says. */
  hear(message: FromThread): void
  /** Brings a thread that knows nothing of the script to where the script is. */
  tell(): void
  /** How often it was told. */
  told(): number
  end(ending: Ending): void
  timeOut(): void
  fail(error: unknown): void
}

/**
 * Runs a script by messages: `begin` is the first that its thread hears, `post` sends. Since a script's course depends
 * on nothing but its answers, the messages so far are all that another thread needs to take it over.
 */
export function openRun(
  begin: ToThread & { kind: "start" | "resume" },
  call: Call,
  signal: AbortSignal | undefined,
  post: (message: ToThread) => void,
): Run {
  const { id, limits } = begin
  const { promise: outcome, resolve, reject } = Promise.withResolvers<Outcome>()
  const story: ToThread[] = [begin]
  /** A digest of each call, by number: a call that is heard again after a move is not performed again. */
  const asked = new Map<number, string>()
  let calls = begin.kind === "resume" ? Math.max(0, ...begin.answers.map(([id]) => id)) : 0
  let printed = ""
  let told = 0

  const abort = () => end({ kind: "aborted", message: "The script was aborted." })
  const wall = setTimeout(() => end(outOfPatience(limits)), limits.wallMs)
  signal?.addEventListener("abort", abort)
  return { outcome, hear, tell, told: () => told, end, timeOut: () => end(outOfTime(limits)), fail }

  function tell(): void {
    told += 1
    printed = ""
    for (const message of story) post(message)
  }

  function hear(message: FromThread): void {
    switch (message.kind) {
      case "printed":
        printed += message.text
        return
      case "call":
        ask(message)
        return
      case "ended":
        calls = message.calls
        end(endingOf(message.ending))
    }
  }

  function ask({ call: number, name, args: text }: FromThread & { kind: "call" }): void {
    const digest = createHash("sha256").update(`${name} ${text}`).digest("base64")
    const before = asked.get(number)
    if (before === digest) return
    const args = parseJson(text)
    if (before !== undefined) {
      fail(new CourseChanged(name))
      return
    }
    if (!Array.isArray(args)) {
      const message = `The script changed how arrays are written as JSON, so ${name} cannot be called.`
      end({ kind: "failed", message, line: null, column: null })
      return
    }
    asked.set(number, digest)
    calls = Math.max(calls, number)
    Promise.try(call, name, args)
      .then((said) => {
        const message: ToThread = { kind: "answer", id, call: number, answer: answerOf(name, said, limits) }
        story.push(message)
        post(message)
      })
      .catch(fail)
  }

  function end(ending: Ending): void {
    leave()
    resolve({ ...ending, printed, calls })
  }

  function fail(error: unknown): void {
    leave()
    reject(error)
  }

  function leave(): void {
    clearTimeout(wall)
    signal?.removeEventListener("abort", abort)
  }
}

/** What a script is told; an answer that is too long becomes an error that says so. */
export function answerOf(name: string, outcome: CallOutcome, { answerChars }: Limits): Answer {
  if (outcome.kind !== "value") return outcome
  const text = JSON.stringify(outcome.value) ?? "null"
  if (text.length <= answerChars) return { kind: "value", text }
  const message = `${name} answered ${text.length} characters; a script may receive ${answerChars} at once. Ask for less.`
  return { kind: "error", message }
}

function endingOf(ending: ThreadEnding): Ending {
  if (ending.kind === "returned") return { kind: "returned", value: parseJson(ending.text), marker: ending.marker }
  if (ending.kind !== "paused") return ending
  const waiting = ending.waiting.map(({ id, name, args }) => {
    const parsed = parseJson(args)
    return { id, name, args: Array.isArray(parsed) ? parsed : [parsed] }
  })
  return { kind: "paused", snapshot: ending.snapshot, waiting }
}

/** A key `__proto__` is harmless here, but not to whoever assigns it on: it stays behind. */
function parseJson(text: string): Json {
  if (!text.includes("__proto__")) return JSON.parse(text)
  return JSON.parse(text, (key, value) => (key === "__proto__" ? undefined : value))
}
