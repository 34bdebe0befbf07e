import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import { withHomeToLookAt } from "./home.ts"
import { agentFilesOf } from "./host.ts"
import { CommandFailed, type Io } from "./io.ts"
import type { WorldOptions } from "./world.ts"

/** As the server is called in the files and flags of other agents. */
export const serverName = "small-giant"
/** Our tools as Claude Code names them in what it may call unasked. */
export const toolNames = ["search", "execute"].map((tool) => `mcp__${serverName}__${tool}`)
/** Milliseconds that Claude Code waits for the server before it begins without it. */
const longestStart = "30000"
/** Beside the source, or as it is installed beside what was built. */
const launchers = ["../launcher.js", "../../../src/launcher.js"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

export function claudeCommand(program: Command, io: Io): void {
  program
    .command("claude")
    .summary("start Claude Code on your leads")
    .description(
      "Starts Claude Code with the sales agent's instructions in place of its own and with these tools alone, on your own subscription (keys of the environment are not handed to it). What it does is journalled as its own.",
    )
    .argument("[prompt...]", "what you want; left out, a conversation")
    .option("-p, --print", "print the answer and end, as it does without a terminal")
    .action(async (words: string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WorldOptions & { print?: boolean }>()
      await withHomeToLookAt(io, options, async (home) => {
        const { system } = await agentFilesOf(home)("sales")
        const converses = io.isInteractive && !options.print
        const args = claudeArguments(system, mcpArguments(home.path, options), words.join(" "), converses)
        const code = await started("claude", args, io.signal)
        if (code !== 0) {
          throw new CommandFailed("claude_failed", `Claude Code ended with ${code}.`, "What it did is in giant runs.")
        }
      })
    })
}

/** How another agent starts the server: a command, and its arguments. */
export function mcpArguments(home: string, { rehearse }: Pick<WorldOptions, "rehearse">): string[] {
  const launcher = launchers.find((path) => existsSync(path)) ?? "giant"
  return [launcher, "mcp", "--home", home, ...(rehearse ? ["--rehearse"] : [])]
}

/** The server in the files and flags of other agents. Claude Code waits for one that is marked so, and shows its tools from the
 * beginning; others are connected while the first answer is given already. */
export function serverEntry(args: string[]) {
  return { type: "stdio", command: "node", args, alwaysLoad: true }
}

/** The command line of Claude Code: our instructions instead of its own, none of its own tools, and no other server. */
export function claudeArguments(system: string, server: string[], prompt: string, converses: boolean): string[] {
  const servers = { mcpServers: { [serverName]: serverEntry(server) } }
  return [
    ...["--system-prompt", `${system}\n\n${toolsText}`],
    ...["--mcp-config", JSON.stringify(servers), "--strict-mcp-config"],
    ...["--tools", ""],
    ...["--allowedTools", toolNames.join(",")],
    ...(converses ? [] : ["--print"]),
    ...(prompt === "" ? [] : ["--", prompt]),
  ]
}

const toolsText = `Your tools are search and execute of the server ${serverName}. What return show(...) gives comes back to you as a table with its address: pass both on. Addresses work while this conversation is open. What waits for the person comes back with the address of a page: give them the address and stop there.`

/** Runs until it ends; both ends of the terminal are its own meanwhile. Throws CommandFailed where it is not installed. */
function started(name: string, args: string[], signal: AbortSignal): Promise<number> {
  const { ANTHROPIC_API_KEY: _, ANTHROPIC_AUTH_TOKEN: __, ...environment } = process.env
  const env = {
    // Two tools need not be looked for.
    ...{ MCP_CONNECT_TIMEOUT_MS: longestStart, ENABLE_TOOL_SEARCH: "false", ...environment },
    // What a folder or an earlier session tells it is not for the one that works on the leads.
    ...{ CLAUDE_CODE_DISABLE_CLAUDE_MDS: "1", CLAUDE_CODE_DISABLE_AUTO_MEMORY: "1" },
  }
  return new Promise((ended, failed) => {
    const child = spawn(name, args, { stdio: "inherit", env, signal })
    child.once("error", (error: NodeJS.ErrnoException) => {
      if (error.name === "AbortError") return ended(0)
      failed(error.code === "ENOENT" ? notInstalled() : error)
    })
    child.once("close", (code) => ended(code ?? 0))
  })
}

function notInstalled(): CommandFailed {
  return new CommandFailed(
    "no_claude",
    "Claude Code is not installed here.",
    "npm install -g @anthropic-ai/claude-code installs it. giant init lets any other agent in, and giant ask needs none.",
  )
}
