import { once } from "node:events"
import type { Command } from "commander"
import { serveViewer } from "../../viewer/serve.ts"
import { type HomeOptions, withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { numberOption } from "./start.ts"

export function viewerCommand(program: Command, io: Io): void {
  program
    .command("viewer")
    .summary("serve the read-only table viewer")
    .description(
      "Serves the viewer on this machine until Ctrl-C: leads, runs and the stats page. It can change nothing.",
    )
    .option("--port <n>", "port (4400, or the next free one)")
    .option("--host <address>", "address to listen at; only this machine's own for now", "127.0.0.1")
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions & { port?: string; host: string }>()
      const port = options.port === undefined ? {} : { port: numberOption(options.port, "--port", 0, 65_535) }
      if (!["127.0.0.1", "localhost", "::1"].includes(options.host)) {
        throw new CommandFailed(
          "not_loopback",
          "The viewer answers on this machine only, because it has no sign-in yet.",
          "Leave out --host, and forward the port over SSH to look at it from elsewhere.",
        )
      }
      await withHomeToLookAt(io, options, async ({ store }) => {
        const viewer = await serveViewer({ store, clock: io.clock, ...port })
        if (options.json) printJson(io, { url: viewer.url })
        else io.out(`Viewer: ${viewer.url}  (Ctrl-C ends)\n`)
        if (!io.signal.aborted) await once(io.signal, "abort")
        await viewer.close()
      })
    })
}
