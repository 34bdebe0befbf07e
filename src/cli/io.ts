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

/** An expected end of a command in one sentence, with what to do next. Exit code 1. */
export class CommandFailed extends Error {
  readonly code: string
  readonly hint: string
  constructor(code: string, message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

/** One JSON document on stdout. */
export function printJson(io: Io, value: unknown): void {
  io.out(`${JSON.stringify(value, null, io.isTerminal ? 2 : 0)}\n`)
}
