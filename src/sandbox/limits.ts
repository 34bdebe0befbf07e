import type { Ending } from "./outcome.ts"

/** What one script may use. Times are milliseconds, sizes UTF-16 characters except where bytes are named. */
export type Limits = {
  /** Time the script computes, over all its slices; waiting for host calls is free. */
  cpuMs: number
  /** Time from start (or resumption) to end. */
  wallMs: number
  memoryBytes: number
  sourceChars: number
  resultChars: number
  printedChars: number
  /** Host calls, whether they succeed or not. */
  calls: number
  /** The arguments of one host call, as JSON. */
  argumentChars: number
  /** The answer to one host call, as JSON. */
  answerChars: number
}

export const defaultLimits: Limits = {
  cpuMs: 2_000,
  wallMs: 120_000,
  memoryBytes: 64 * 1024 * 1024,
  sourceChars: 200_000,
  resultChars: 1_000_000,
  printedChars: 20_000,
  calls: 1_000,
  argumentChars: 1_000_000,
  answerChars: 4_000_000,
}

/** How a script ends that computed too long. */
export function outOfTime({ cpuMs }: Limits): Extract<Ending, { kind: "timeout" }> {
  const message = `The script computed for more than ${cpuMs} ms. Do less in one script, or let the actions do the work.`
  return { kind: "timeout", limit: "cpuMs", message }
}

/** How a script ends that took too long, computing or waiting. */
export function outOfPatience({ wallMs }: Limits): Extract<Ending, { kind: "timeout" }> {
  const message = `The script took longer than ${wallMs} ms, most of it waiting for actions. Do fewer in one script.`
  return { kind: "timeout", limit: "wallMs", message }
}
