import type { Environment } from "../config.ts"

/** What a command speaks through. */
export type Io = {
  environment: Environment
  out(text: string): void
  err(text: string): void
  /** Whether a person reads the output, so that colour and redrawing make sense. */
  isTerminal: boolean
  /** Whether a person can answer a question. */
  isInteractive: boolean
  /** Columns of the terminal. */
  width: number
  ask(question: string): Promise<string>
  clock(): Date
  /** Aborts at Ctrl-C. */
  signal: AbortSignal
}

/** An expected end of a command in one sentence, with what to do next, and what was done until then. Exit code 1. */
export class CommandFailed extends Error {
  readonly code: string
  readonly hint: string
  /** Stands beside the error where JSON was asked for, so that there is one document. */
  readonly done: Record<string, unknown>
  constructor(code: string, message: string, hint: string, done: Record<string, unknown> = {}) {
    super(message)
    this.code = code
    this.hint = hint
    this.done = done
  }
}

/** One JSON document on stdout. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, io.isTerminal ? 2 : 0)}\n`)
}
