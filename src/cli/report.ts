import { CommandFailed, type Io } from "./io.ts"
import { plainText } from "./table.ts"

/** Tells of an error in one sentence with what to do next, on stderr, and as JSON on stdout where JSON was asked for. Returns the
 * exit code: 2 for wrong usage, else 1. */
export function report(
  { out, err }: Pick<Io, "out" | "err">,
  error: unknown,
  isJson: boolean,
  withStack: boolean,
): number {
  const { code, message, hint } = described(error)
  const done = error instanceof CommandFailed ? error.done : {}
  if (isJson) out(`${JSON.stringify({ error: { code, message, hint }, ...done })}\n`)
  err(`${plainText(message)}${hint ? `\n${plainText(hint)}` : ""}\n`)
  if (withStack && error instanceof Error) err(`${error.stack}\n`)
  return code === "usage" ? 2 : 1
}

/** Named errors carry their code and hint; what else is thrown is a fault of the program. */
function described(error: unknown): { code: string; message: string; hint: string } {
  if (!(error instanceof Error)) return { code: "internal", message: String(error), hint: "" }
  const { message } = error
  if ("code" in error && "hint" in error) return { code: String(error.code), message, hint: String(error.hint) }
  return {
    code: "internal",
    message: `Something went wrong inside: ${message}`,
    hint: "GIANT_DEBUG=1 shows where. Nothing committed is lost.",
  }
}
