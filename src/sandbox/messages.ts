import type { Engine } from "./engine.ts"
import type { Limits } from "./limits.ts"
import type { Ending } from "./outcome.ts"
import type { Api, Script } from "./script.ts"

/** What the host tells a thread. Values travel as JSON text, parsed by whoever uses them. */
export type ToThread = { id: number } & (
  | { kind: "start"; script: Script; limits: Limits }
  | {
      kind: "resume"
      snapshot: Uint8Array
      answers: [call: number, answer: Answer][]
      api: Api
      now: number
      limits: Limits
    }
  | { kind: "answer"; call: number; answer: Answer }
  | { kind: "drop" }
)

/** What a thread tells the host. */
export type FromThread = { id: number } & (
  | { kind: "call"; call: number; name: string; args: string }
  | { kind: "printed"; text: string }
  | { kind: "ended"; calls: number; ending: ThreadEnding }
)

export type Answer = { kind: "value"; text: string } | { kind: "error"; message: string } | { kind: "pause" }

/** An ending whose values are still JSON text. */
export type ThreadEnding =
  | Exclude<Ending, { kind: "returned" | "paused" }>
  | { kind: "returned"; text: string; marker: string | null }
  | { kind: "paused"; snapshot: Uint8Array; waiting: { id: number; name: string; args: string }[] }

export type ThreadData = { engine: Engine; gauge: Int32Array<SharedArrayBuffer> }

/**
 * The gauge is what host and thread both see while a script computes and no message gets through.
 * `slice` is odd while one computes, and grows by one at each beginning and end; `script` says which one,
 * `remainingMs` what it had left of its computing time; the host writes a script's id to `stop` to interrupt it.
 */
export const gaugeSlot = { slice: 0, script: 1, remainingMs: 2, stop: 3 }
