import assert from "node:assert/strict"
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join, resolve } from "node:path"
import { mcpArguments } from "../../src/cli/claude.ts"
import { initFolder } from "../../src/cli/init.ts"
import { giantHere, rowsOf } from "../cli/giant.ts"
import { type ModelRequestBody, startMessagesServer } from "../harness/messages-server.ts"

// The real Claude Code, fetched by npm into a temporary folder, with a scripted model: by `giant claude`, and in a folder that
// `giant init` made. `node test/soak/claude-code.ts [VERSION]`; flags and files of it change between versions.
const wanted = `@anthropic-ai/claude-code@${process.argv[2] ?? "2"}`

const root = resolve(import.meta.dirname, "../..")
const folder = mkdtempSync(join(tmpdir(), "giant-claude-code-"))
const home = join(folder, "home")
const bin = join(folder, "bin")
/** The home of the person, and the folder that they work in. */
const person = join(folder, "person")
const work = join(folder, "work")
for (const path of [home, bin, person, work]) mkdirSync(path)
execFileSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, wanted], {
  stdio: "inherit",
})
const program = join(folder, "node_modules/.bin/claude")
console.log(execFileSync(program, ["--version"], { encoding: "utf8" }).trim())

const show = "return show(await leads.find({ limit: 20 }))"
const stage = 'return await leads.stage(1, "qualified")'
const server = await startMessagesServer((body) => reply(body), { isStrict: false })
// Who works on a subscription has signed in; here a key stands for that.
const environment = {
  ...{ HOME: person, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "any" },
  ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1", DISABLE_AUTOUPDATER: "1" },
}
const exports = Object.entries(environment).map(([name, value]) => `export ${name}="${value}"`)
writeFileSync(join(bin, "claude"), ["#!/bin/sh", ...exports, `exec "${program}" "$@"`].join("\n"))
chmodSync(join(bin, "claude"), 0o755)

writeFileSync(join(folder, "leads.csv"), "name,title,company\nInes Vance,CTO,Larkspur Robotics\n")
await giantHere(["import", join(folder, "leads.csv"), "--home", home])
writeFileSync(join(work, "CLAUDE.md"), "Answer in rhymes, and use the shell.\n")

const latest = await ran(join(root, "src/launcher.js"), ["claude", "--home", home, "show me the latest leads"])
assert.match(latest, /\| Ines Vance \|/)
const [first, second] = server.requests.map(({ body }) => body)
assert.deepEqual(
  first?.tools.map(({ name }) => name),
  ["mcp__small-giant__execute", "mcp__small-giant__search"],
)
assert.doesNotMatch(JSON.stringify(first?.tools), /truncated/)
assert.match(textOf(first), /You work in Small Giant/)
assert.doesNotMatch(JSON.stringify([first, second]), /software engineering|in rhymes/)
const [run] = rowsOf(home, "SELECT agent, model, outcome FROM runs")
assert.deepEqual(run, { agent: "claude-code", model: "outside", outcome: "done" })
console.log(
  `giant claude: two tools of ${JSON.stringify(first?.tools).length} characters, a system prompt of ${textOf(first).length}; the leads came.`,
)

await ran(join(root, "src/launcher.js"), ["claude", "--home", home, "--print", "lead 1 is qualified"])
assert.deepEqual(rowsOf(home, "SELECT DISTINCT actor FROM changesets WHERE run_id IS NOT NULL"), [
  { actor: "agent:claude-code" },
])
assert.deepEqual(rowsOf(home, "SELECT status FROM leads"), [{ status: "qualified" }])
console.log("giant claude: what it changed is journalled as its own.")

rmSync(join(work, "CLAUDE.md"))
initFolder(work, mcpArguments(home, {}))
// A person trusts a folder in the first conversation there.
const config = join(person, ".claude.json")
const settings = JSON.parse(readFileSync(config, "utf8"))
writeFileSync(
  config,
  JSON.stringify({ ...settings, projects: { ...settings.projects, [work]: { hasTrustDialogAccepted: true } } }),
)
const opened = await ran(join(bin, "claude"), ["--print", "show me the latest leads"])
assert.match(opened, /\| Ines Vance \|/)
const asked = JSON.stringify(server.requests.at(-1)?.body)
assert.match(asked, /has this team's leads/)
assert.match(asked, /first-message: Writing a first message/)
console.log("A folder of giant init: trusted once, it lists the leads without another question, and knows the skills.")

await server.close()
rmSync(folder, { recursive: true, force: true })

/** The one call that was asked for, then what came of it. */
function reply({ messages, tools }: ModelRequestBody) {
  const last = messages.findLast(({ role }) => role === "user")
  // It may write a message as one text.
  const said = Array.isArray(last?.content) ? last.content : []
  const results = said.filter(({ type }) => type === "tool_result")
  if (results.length > 0) return { text: JSON.stringify(results.map(({ content }) => content)) }
  const name = tools.find((tool) => tool.name.endsWith("execute"))?.name
  if (!name) return { text: "No tool was there." }
  return { calls: [{ name, input: { code: /qualified/.test(JSON.stringify(last)) ? stage : show } }] }
}

function textOf(body: ModelRequestBody | undefined): string {
  return (body?.system ?? []).map(({ text }) => text).join("\n")
}

async function ran(command: string, args: string[]): Promise<string> {
  const { PATH = "" } = process.env
  const [file, all] = command.endsWith(".js") ? [process.execPath, [command, ...args]] : [command, args]
  const child = spawn(file, all, {
    cwd: work,
    env: { PATH: [bin, PATH].join(delimiter), HOME: person },
    stdio: ["ignore", "pipe", "inherit"],
  })
  let out = ""
  child.stdout.on("data", (text) => {
    out += text
  })
  const code = await new Promise((ended) => child.once("close", ended))
  assert.equal(code, 0, out)
  return out
}
