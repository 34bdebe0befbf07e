import type { Json } from "../db/json.ts"
import type { Outcome, RunFailure } from "./loop.ts"

/** What a query says is left to do: rows, or why it cannot be asked. */
export type Left = { kind: "rows"; rows: Json[]; isCut: boolean } | { kind: "refused"; reason: string }

type UntilDeps = {
  left(): Promise<Left>
  /** One run with a fresh context. `words` tells it what the work is done for. */
  round(round: number, words: string): Promise<Outcome>
  signal: AbortSignal
}

export type UntilEnd = {
  /** `reached`: the query returns nothing. `stuck`: it returned the same three rounds long. `stopped`: nothing more can
   * be done until a person does something. */
  kind: "reached" | "stuck" | "stopped" | "aborted"
  reason: string
  rounds: number
  /** Rows at first and at last; a thousand may stand for more. */
  leftAtFirst: number
  left: number
}

/** Rounds without a change of the query's result after which it is given up. */
const patience = 3
const hopeless: RunFailure[] = ["refused-key", "no-credit", "no-such-model", "not-a-model"]

/** Starts run after run until the query returns no row, the money is spent, or three rounds in a row change nothing of
 * what it returns. A round that fails by itself counts as one without a change. */
export async function workUntil(deps: UntilDeps): Promise<UntilEnd> {
  const first = await deps.left()
  if (first.kind === "refused") return { kind: "stopped", reason: first.reason, rounds: 0, leftAtFirst: 0, left: 0 }
  let left = first
  let idle = 0
  for (let rounds = 0; ; rounds += 1) {
    const end = (kind: UntilEnd["kind"], reason: string): UntilEnd => ({
      kind,
      reason,
      rounds,
      leftAtFirst: first.rows.length,
      left: left.rows.length,
    })
    if (left.rows.length === 0) return end("reached", "The query returns no row any more.")
    if (deps.signal.aborted) return end("aborted", "It was stopped.")
    if (idle === patience) return end("stuck", `${patience} rounds in a row changed nothing of what the query returns.`)
    const outcome = await deps.round(rounds + 1, wordsOf(left))
    const now = await deps.left()
    if (now.kind === "refused") return { ...end("stopped", now.reason), rounds: rounds + 1 }
    idle = JSON.stringify(now.rows) === JSON.stringify(left.rows) ? idle + 1 : 0
    left = now
    const reason = reasonToStop(outcome)
    if (reason && left.rows.length > 0) return { ...end("stopped", reason), rounds: rounds + 1 }
  }
}

/** Rows of the database are not told here: what the run needs of them it reads itself, and is tainted by it. */
function wordsOf(left: Extract<Left, { kind: "rows" }>): string {
  const rows = left.rows.length === 1 ? "1 row" : `${left.isCut ? "at least " : ""}${left.rows.length} rows`
  return `You are one of several that work on this one after the other, each with a fresh start. It is done when this query returns no row; now it returns ${rows}. Do what one can do well, then say what you did.`
}

function reasonToStop(outcome: Outcome): string | null {
  if (outcome.kind === "over-budget") return outcome.scope === "day" ? outcome.reason : null
  return outcome.kind === "failed" && hopeless.includes(outcome.failure) ? outcome.reason : null
}
