/** What may cross the border of the sandbox, in either direction. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }

/** What the host says to an action call. An error is thrown inside the script; a pause stores the script until an answer comes. */
export type CallOutcome = { kind: "value"; value: Json } | { kind: "error"; message: string } | { kind: "pause" }

/** A call that was answered with a pause. Its id is the key of its answer when the script is resumed. */
export type WaitingCall = { id: number; name: string; args: Json[] }

/** How a script ended. `line` and `column` count from 1 in the script as it was written. */
export type Ending =
  | { kind: "returned"; value: Json; marker: string | null }
  | { kind: "failed"; message: string; line: number | null; column: number | null }
  | { kind: "timeout"; limit: "cpuMs" | "wallMs"; message: string }
  | { kind: "out-of-memory"; message: string }
  | { kind: "aborted"; message: string }
  | { kind: "paused"; snapshot: Uint8Array; waiting: WaitingCall[] }
  | { kind: "stale"; reason: "engine" | "api" | "answer" | "unreadable"; message: string }

/** `printed` and `calls` (how many actions were called) cover the whole script, also what came before a pause. */
export type Outcome = Ending & { printed: string; calls: number }
