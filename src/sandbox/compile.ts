import { stripTypeScriptTypes } from "node:module"

type Compiled =
  | { kind: "compiled"; code: string }
  | { kind: "failed"; message: string; line: number | null; column: number | null }

/** Lines that the wrapper puts before the script's first. */
export const wrapperLines = 1

/** The TypeScript parser met something it cannot survive. It is then of no more use in its thread, which has to end. */
export class ParserBroken extends Error {
  constructor(cause: unknown) {
    super("The script nests too deeply to be read. Write it flatter, with fewer brackets inside brackets.", { cause })
    this.name = "ParserBroken"
  }
}

/**
 * The body of an async function in TypeScript as a JavaScript function expression, every token in its old place.
 * Runs in a sandbox thread only: hostile input can break the parser (ParserBroken) for the thread it runs in.
 */
export function compile(source: string): Compiled {
  const wrapped = `(async () => { "use strict"\n${source}\n})`
  try {
    return { kind: "compiled", code: stripTypeScriptTypes(wrapped) }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new ParserBroken(error)
    return { kind: "failed", message: `SyntaxError: ${error.message}`, ...placeOf(error) }
  }
}

/** The parser tells the place only in the first lines of the stack: `:3`, some source, and a caret below the column. */
function placeOf(error: SyntaxError): { line: number | null; column: number | null } {
  const [, line, indent] = /^[^\n]*:(\d+)\n(?:[^\n]*\n)*?( *)\^/.exec(error.stack ?? "") ?? []
  if (line === undefined || indent === undefined) return { line: null, column: null }
  return { line: Number(line) - wrapperLines, column: indent.length + 1 }
}
