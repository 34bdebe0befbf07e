import type { OverBudget } from "./budget.ts"
import type { Clock } from "./clock.ts"
import { longestPause, type RateGate } from "./rate-gate.ts"
import type { Failure, Reply } from "./reply.ts"

export type Retry = { attempt: number; failure: Failure; reason: string; waitMs: number }

const attempts = 6
const passing: ReadonlySet<Failure> = new Set([
  "rate-limited",
  "overloaded",
  "server",
  "network",
  "stalled",
  "not-a-model",
])

/** Asks until there is a reply, a failure that asking again cannot cure, or the sixth failure. A whole turn is asked
 * for again, which is safe because no tool of a message starts before the whole message is there. */
export async function askWithRetries(
  deps: { gate: RateGate; clock: Clock; random: () => number },
  signal: AbortSignal,
  ask: () => Promise<Reply | OverBudget>,
  onRetry: (retry: Retry) => void,
): Promise<Reply | OverBudget> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await askThroughGate(deps.gate, signal, ask)
    if (reply.kind !== "failed" || !passing.has(reply.failure) || attempt === attempts) return reply
    const waitMs = waitBefore(attempt, reply.retryAfterMs, deps.random)
    onRetry({ attempt, failure: reply.failure, reason: reply.reason, waitMs })
    await deps.clock.sleep(waitMs, signal)
  }
}

async function askThroughGate(gate: RateGate, signal: AbortSignal, ask: () => Promise<Reply | OverBudget>) {
  const ticket = await gate.enter(signal)
  if (!ticket)
    return {
      kind: "failed",
      failure: "aborted",
      reason: "The run was stopped.",
      retryAfterMs: null,
      usage: null,
    } as const
  let reply: Reply | OverBudget | null = null
  try {
    reply = await ask()
    return reply
  } finally {
    gate.leave(ticket, resultOf(reply))
  }
}

function resultOf(reply: Reply | OverBudget | null): Parameters<RateGate["leave"]>[1] {
  if (reply?.kind === "message") return { kind: "fine" }
  if (reply?.kind === "failed" && (reply.failure === "rate-limited" || reply.failure === "overloaded")) {
    return { kind: "limited", retryAfterMs: reply.retryAfterMs }
  }
  return { kind: "failed" }
}

/** Milliseconds: half a second doubling to half a minute, or longer if the server asks for it; spread by chance, so
 * that agents do not come back together. */
function waitBefore(attempt: number, retryAfterMs: number | null, random: () => number): number {
  const backoff = Math.min(500 * 2 ** (attempt - 1), 30_000)
  return Math.max(backoff, Math.min(retryAfterMs ?? 0, longestPause)) * (1 + random() / 4)
}
