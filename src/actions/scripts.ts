import type { Json } from "../db/json.ts"
import type { AskedCall } from "../db/tables/runs.ts"
import type { CallOutcome, WaitingCall } from "../sandbox/outcome.ts"
import type { Api } from "../sandbox/script.ts"
import { versionOf } from "./declarations.ts"
import type { Action } from "./define.ts"
import type { Called, Gate } from "./gate.ts"

/** Milliseconds. An agent that a script asks may take its time; the run's own minutes end it sooner. */
export const longestScript = 20 * 60_000

/** What a script finds inside, and for which version of the actions it was written. */
export function apiOf(catalogue: readonly Action<never>[]): Api {
  return { actions: catalogue.map((action) => action.name), markers: ["show"], version: versionOf(catalogue) }
}

/** The calls of one script, which pass the gate. What a person has to agree to is held. */
type ScriptCalls = {
  call(name: string, args: Json[]): Promise<CallOutcome>
  /** Held calls, each with why. */
  held(waiting: WaitingCall[]): AskedCall[]
  /** What was changed, in words: it stands, also where the script failed afterwards. Empty if nothing was. */
  done(): string
}

export function callsThrough(gate: Gate, catalogue: readonly Action<never>[] = []): ScriptCalls {
  const writes = new Map<string, number>()
  const reasons = new Map<string, string>()
  const key = (name: string, args: Json[]) => JSON.stringify([name, args])
  return {
    async call(name, args) {
      const called = await gate.call(name, args)
      const isWrite = catalogue.some((action) => action.name === name && action.effect === "write")
      if (called.kind === "done" && isWrite) writes.set(name, (writes.get(name) ?? 0) + 1)
      if (called.kind === "ask") reasons.set(key(name, args), called.reason)
      return outcomeOf(called)
    },
    held: (waiting) =>
      waiting.map(({ id, name, args }) => ({
        id,
        action: name,
        arguments: args,
        reason: reasons.get(key(name, args)) ?? "",
      })),
    done: () => [...writes].map(([name, times]) => (times > 1 ? `${name} (${times} times)` : name)).join(", "),
  }
}

/** What a script is told of a call. */
export function outcomeOf(called: Called): CallOutcome {
  if (called.kind === "done") return { kind: "value", value: called.value }
  return called.kind === "ask" ? { kind: "pause" } : { kind: "error", message: called.reason }
}
