import type { Command } from "commander"
import { serveViewer } from "../../viewer/serve.ts"
import { serveMcpStdio } from "../mcp/stdio.ts"
import { makeToken, tokenLasts } from "../team/sessions.ts"
import { putUser, userNamed } from "../team/users.ts"
import { confirm } from "./confirm.ts"
import { type Home, type HomeOptions, withHome, withHomeToLookAt } from "./home.ts"
import type { Host } from "./host.ts"
import { CommandFailed, type Io, printJson } from "./io.ts"
import { mcpDepsOf, openMcpHost } from "./mcp-host.ts"
import { openOutreach } from "./outreach.ts"
import { plainText } from "./table.ts"
import { deskOf } from "./viewer-desk.ts"
import { openViewsPort } from "./views-port.ts"
import type { WorldOptions } from "./world.ts"

export function mcpCommand(program: Command, io: Io): void {
  const mcp = program
    .command("mcp")
    .summary("serve the leads to another agent (MCP over stdio)")
    .description(
      "An MCP server on stdin and stdout, for Claude Code, Codex and others: two tools, search and execute, resources and prompts. What such an agent does is journalled as its own, on your behalf; what needs your yes waits on a page whose address it tells you. giant init writes the files that make an agent find it.",
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions & { plain?: boolean }>()
      await withHomeToLookAt(io, options, async (home) => {
        const host = await openMcpHost(io, home, options)
        const viewer = lazyViewer(io, host)
        try {
          await serveMcpStdio(
            mcpDepsOf(host, viewer.url),
            { person: home.person, readOnly: false },
            { input: process.stdin, output: process.stdout, isPlain: options.plain ?? false, signal: io.signal },
          )
        } finally {
          await viewer.close()
          await host.close()
        }
      })
    })

  mcp
    .command("token")
    .summary("make a token for an agent that comes over HTTP")
    .description(
      "Makes the token with which an agent works at /mcp of the viewer, as NAME and with NAME's role: a viewer's agent only looks. /mcp?plain has one tool for each action. giant users remove NAME ends it.",
    )
    .argument("[name]", "on whose behalf; left out, yours")
    .action(async (name: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<HomeOptions>()
      await withHome(io, options, async (home) => {
        const known = await userNamed(home.store, name ?? nameOf(home))
        if (!known && name !== undefined) {
          throw new CommandFailed(
            "not_found",
            `Nobody in the team is called ${plainText(name)}.`,
            "giant users lists it.",
          )
        }
        const role = known?.role ?? "admin"
        const who = known?.name ?? nameOf(home)
        await confirm(io, `Whoever has the token works as ${plainText(who)}, a ${role}.`, "token")
        const user = known ?? (await addSelf(io, home))
        const token = await makeToken(home.store, user.id, io.clock())
        if (options.json) return printJson(io, { token, user: user.name, role: user.role })
        const days = Math.round(tokenLasts / 86_400_000)
        io.out(`${token}\nIt holds for ${days} days. An agent sends it to /mcp as Authorization: Bearer TOKEN.\n`)
      })
    })
}

/** A viewer of this process, opened when there is something to look at or to decide. */
function lazyViewer(io: Io, host: Host) {
  let opened: ReturnType<typeof open> | null = null
  async function open() {
    const desk = deskOf(host)
    const views = openViewsPort(host.home, io.clock)
    const outreach = openOutreach(io, host.home, async () => host)
    const viewer = await serveViewer({ store: host.home.store, clock: io.clock, ask: desk, views, outreach })
    return { viewer, views, desk }
  }
  return {
    async url(): Promise<string> {
      opened ??= open()
      return (await opened).viewer.url
    },
    async close(): Promise<void> {
      const { viewer, views, desk } = (await opened) ?? {}
      await viewer?.close()
      views?.close()
      await desk?.close()
    },
  }
}

function nameOf({ person }: Home): string {
  return person.replace(/^human:/, "")
}

/** Who is at this machine becomes a member of the team, with every right, as they have here anyway. */
async function addSelf(io: Io, home: Home) {
  const name = nameOf(home)
  const author = { actor: home.person, kind: "users" }
  const added = await putUser(home.store, author, { name, role: "admin", systemName: name }, io.clock())
  if (added.kind === "changed") return added.user
  throw new CommandFailed("refused", added.reason, "giant users add NAME takes you into the team.")
}
