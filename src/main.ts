import { createInterface } from "node:readline/promises"
import type { Io } from "./cli/io.ts"
import { runProgram } from "./cli/program.ts"
import { report } from "./cli/report.ts"
import { readEnvironment } from "./config.ts"

const aborting = new AbortController()
/** npm and a terminal may both pass on one Ctrl-C; only a later one is a second, and ends at once. */
const sameKeypress = 500

// Leads, profiles and captures are their owner's alone.
process.umask(0o077)

let interruptedAt = 0
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (interruptedAt > 0 && Date.now() - interruptedAt > sameKeypress) process.exit(130)
    if (interruptedAt === 0) {
      interruptedAt = Date.now()
      if (process.stderr.isTTY) process.stderr.write("\nEnding cleanly; once more ends at once.\n")
      aborting.abort()
    }
  })
}
// The launcher keeps this channel open; if the launcher is killed, so are we.
process.on("disconnect", () => process.exit(1))
process.channel?.unref()
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1))

process.exitCode = await main(process.argv.slice(2))

/** Runs one command. 0: done, 1: it failed, 2: it was called wrongly, 130: it was interrupted. */
async function main(args: string[]): Promise<number> {
  try {
    const io = openIo()
    const code = await runProgram(io, args)
    return code === 0 && interruptedAt > 0 && !io.isInteractive ? 130 : code
  } catch (error) {
    const paper = { out: write(process.stdout), err: write(process.stderr) }
    return report(paper, error, args.includes("--json"), process.env.GIANT_DEBUG !== undefined)
  }
}

function openIo(): Io {
  const environment = readEnvironment(process.env)
  const isTerminal = process.stdout.isTTY === true && environment.NO_COLOR === undefined
  return {
    environment,
    out: write(process.stdout),
    err: write(process.stderr),
    isTerminal,
    isInteractive: process.stdin.isTTY === true && process.stdout.isTTY === true,
    width: process.stdout.columns ?? 120,
    async ask(question) {
      const lines = createInterface({ input: process.stdin, output: process.stdout })
      try {
        return await lines.question(question, { signal: aborting.signal })
      } catch (error) {
        if (aborting.signal.aborted) return ""
        throw error
      } finally {
        lines.close()
      }
    },
    clock: () => new Date(),
    signal: aborting.signal,
  }
}

function write(stream: NodeJS.WriteStream): (text: string) => void {
  return (text) => void stream.write(text)
}
