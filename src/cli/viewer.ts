import { once } from "node:events"
import { readFileSync } from "node:fs"
import { resolve } from "node:path"
import type { Command } from "commander"
import { serveViewer } from "../../viewer/serve.ts"
import { changeSettings, standingIn } from "../config.ts"
import { openTrialDesk } from "../recipes/trials.ts"
import { withHomeToLookAt } from "./home.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { openMcpHostLater, openMcpPort } from "./mcp-host-later.ts"
import { numberOption } from "./number-option.ts"
import { openOutreach } from "./outreach.ts"
import { plainText } from "./table.ts"
import { openViewerDesk } from "./viewer-desk.ts"
import { openViewsPort } from "./views-port.ts"
import type { WorldOptions } from "./world.ts"

type Options = WorldOptions & { port?: string; host: string; cert?: string; key?: string }

export function viewerCommand(program: Command, io: Io): void {
  program
    .command("viewer")
    .summary("serve the viewer: tables, stats, what waits for you")
    .description(
      'Serves the viewer on this machine until Ctrl-C. For a team it is served over TLS, and everybody signs in with a link from giant users link NAME: either with a certificate (--host 0.0.0.0 --cert FILE --key FILE), or behind a proxy that settings.json names: "proxy": { "from": "127.0.0.1", "host": "crm.example.com", "header": "x-forwarded-proto" }.',
    )
    .argument("[page]", "a page of it, such as /?status=new; left out, the leads")
    .option("--port <n>", "port (4400, or the next free one)")
    .option("--host <address>", "address to listen at; beyond this machine only over TLS", "127.0.0.1")
    .option("--cert <file>", "certificate in PEM; its names are those that the viewer answers to")
    .option("--key <file>", "its key in PEM")
    .action(async (page: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<Options>()
      if (page !== undefined && !/^\/(?!\/)/.test(page)) {
        throw new CommandFailed("usage", "A page of the viewer begins with /.", 'giant viewer "/?status=new"')
      }
      const port = options.port === undefined ? {} : { port: numberOption(options.port, "--port", 0, 65_535) }
      const tls = tlsFiles(io, options)
      await withHomeToLookAt(io, options, async (home) => {
        const { path, settings, store } = home
        const { proxy } = settings
        const ask = openViewerDesk(io, home, options)
        const views = openViewsPort(home, io.clock)
        const later = openMcpHostLater(io, home, options)
        const mcp = openMcpPort(later.host, () => viewer.url)
        const trials = openTrialDesk(store, async (person) => {
          const { trialDepsOf } = await import("./recipe-runs.ts")
          return trialDepsOf(await later.host(), person)
        })
        const outreach = openOutreach(io, home, ask.host)
        const viewer = await serveViewer({
          outreach,
          ...{ store, clock: io.clock, ask, mcp, trials, views, hostname: options.host, ...port },
          ...(tls && { tls }),
          ...(proxy && !tls && { proxy }),
        })
        const isForTeam = tls !== null || proxy !== undefined
        if (isForTeam) changeSettings(path, { viewerUrl: viewer.url })
        const url = `${viewer.url}${page ?? ""}`
        if (options.json) printJson(io, { url })
        else io.out(`Viewer: ${plainText(url)}  (Ctrl-C ends)\n`)
        if (isForTeam && !options.json) io.out("Everybody signs in with a link of their own: giant users link NAME\n")
        if (!io.signal.aborted) await once(io.signal, "abort")
        await viewer.close()
        views.close()
        await ask.close()
        await mcp.close()
        await trials.close()
        await later.close()
      })
    })
}

function tlsFiles(io: Io, { cert, key }: Options): { cert: string; key: string } | null {
  if (cert === undefined && key === undefined) return null
  if (cert === undefined || key === undefined) {
    throw new CommandFailed("usage", "A certificate and its key go together.", "Give both --cert FILE and --key FILE.")
  }
  return { cert: readPem(io, cert), key: readPem(io, key) }
}

function readPem(io: Io, file: string): string {
  const path = resolve(standingIn(io.environment), file)
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new CommandFailed("no_file", `${path} cannot be read (${why}).`, "Name a PEM file that you may read.")
  }
}
