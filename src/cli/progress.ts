import type { Io } from "./io.ts"

/** A line that tells how far the work is: redrawn in place on a terminal, now and then as a line of its own elsewhere. */
type Progress = { show(line: string): void; end(): void }

const redrawMs = 100
const lineMs = 5_000

/** Progress goes to stderr; with `quiet` (JSON output) and no terminal it is left out. */
export function openProgress(io: Io, quiet: boolean): Progress {
  // Elsewhere than on a terminal what is soon done needs no line.
  let last = io.isTerminal ? 0 : Date.now()
  let drawn = false
  let said = ""
  return {
    show(line) {
      const now = Date.now()
      if (now - last < (io.isTerminal ? redrawMs : lineMs)) return
      if (quiet && !io.isTerminal) return
      last = now
      if (line === said) return
      said = line
      if (!io.isTerminal) return io.err(`${line}\n`)
      drawn = true
      io.err(`\r\x1b[2K${line.slice(0, io.width - 1)}`)
    },
    end() {
      if (drawn) io.err("\r\x1b[2K")
      drawn = false
    },
  }
}

/** `████░░░░ 12/40`, `width` characters for the bar. */
export function bar(done: number, total: number, width: number): string {
  const full = total === 0 ? 0 : Math.min(width, Math.round((done / total) * width))
  return `${"█".repeat(full)}${"░".repeat(width - full)} ${done}/${total}`
}
