import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { claudeArguments, mcpArguments } from "../../src/cli/claude.ts"
import { initFolder } from "../../src/cli/init.ts"
import { giant, newHome } from "./giant.ts"

const server = mcpArguments("/home/ada/.giant", {})
const newFolder = () => mkdtempSync(join(tmpdir(), "giant-init-"))
const kinds = (folder: string) => initFolder(folder, server).map(({ file, kind }) => [file, kind])

test("a folder gets what agents read, and a second time changes nothing", () => {
  const folder = newFolder()
  const skill = ".claude/skills/first-message/SKILL.md"
  const files = ["AGENTS.md", "CLAUDE.md", ".mcp.json", ".claude/settings.json", ".codex/config.toml", skill]
  expect(kinds(folder)).toEqual(expect.arrayContaining(files.map((file) => [file, "made"])))
  const text = (file: string) => readFileSync(join(folder, file), "utf8")
  const before = files.map(text)
  expect(kinds(folder).every(([, kind]) => kind === "unchanged")).toBe(true)
  expect(files.map(text)).toEqual(before)
  expect(JSON.parse(text(".mcp.json")).mcpServers["small-giant"].args).toEqual(server)
  expect(text(".codex/config.toml")).toContain("[mcp_servers.small-giant]")
  expect(JSON.parse(text(".claude/settings.json"))).toEqual({
    permissions: { allow: ["mcp__small-giant__search", "mcp__small-giant__execute"] },
    enabledMcpjsonServers: ["small-giant"],
  })
  expect(text("AGENTS.md")).toContain("return show(await leads.find({ limit: 20 }))")
})

test("what a person wrote stays, before and after our own part", () => {
  const folder = newFolder()
  writeFileSync(join(folder, "AGENTS.md"), "# Ours\n\nBe brief.\n")
  writeFileSync(join(folder, ".mcp.json"), '{ "mcpServers": { "files": { "command": "files" } }, "more": 1 }')
  mkdirSync(join(folder, ".claude"))
  const settings = { permissions: { deny: ["Bash"], allow: ["Read"] }, model: "opus" }
  writeFileSync(join(folder, ".claude/settings.json"), JSON.stringify(settings))
  initFolder(folder, ["old"])
  const path = join(folder, "AGENTS.md")
  writeFileSync(path, `${readFileSync(path, "utf8")}\nAnd polite.\n`)
  initFolder(folder, server)
  const text = readFileSync(path, "utf8")
  expect(text.startsWith("# Ours\n\nBe brief.\n\n<!-- small giant: begin -->")).toBe(true)
  expect(text.endsWith("<!-- small giant: end -->\n\nAnd polite.\n")).toBe(true)
  expect(text.match(/small giant: begin/g)).toHaveLength(1)
  const servers = JSON.parse(readFileSync(join(folder, ".mcp.json"), "utf8"))
  expect(servers).toMatchObject({
    more: 1,
    mcpServers: { files: { command: "files" }, "small-giant": { args: server } },
  })
  expect(JSON.parse(readFileSync(join(folder, ".claude/settings.json"), "utf8"))).toMatchObject({
    ...settings,
    permissions: { deny: ["Bash"], allow: ["Read", "mcp__small-giant__search", "mcp__small-giant__execute"] },
  })
})

test("the team's own skills go with those that came along, with all their files, and before them", () => {
  const folder = newFolder()
  const team = join(newFolder(), "skills")
  mkdirSync(join(team, "pricing/references"), { recursive: true })
  mkdirSync(join(team, "first-message"))
  writeFileSync(join(team, "pricing/SKILL.md"), "---\nname: pricing\ndescription: What it costs.\n---\n")
  writeFileSync(join(team, "pricing/references/prices.md"), "100 a month")
  writeFileSync(join(team, "first-message/SKILL.md"), "ours")
  const builtIn = join(import.meta.dirname, "../../agents/skills")
  initFolder(folder, server, [team, builtIn])
  const text = (file: string) => readFileSync(join(folder, file), "utf8")
  for (const place of [".claude/skills", ".agents/skills"]) {
    expect(text(`${place}/pricing/references/prices.md`)).toBe("100 a month")
    expect(text(`${place}/first-message/SKILL.md`)).toBe("ours")
    expect(text(`${place}/qualifying/SKILL.md`)).toMatch(/^---\nname: qualifying/)
  }
})

test("what cannot be added to is left alone, and said", () => {
  const folder = newFolder()
  writeFileSync(join(folder, ".mcp.json"), "not json")
  writeFileSync(join(folder, "AGENTS.override.md"), "Mine.")
  mkdirSync(join(folder, ".codex"))
  writeFileSync(join(folder, ".codex/config.toml"), '[mcp_servers.small-giant]\ncommand = "mine"\n')
  mkdirSync(join(folder, ".claude/skills/first-message"), { recursive: true })
  writeFileSync(join(folder, ".claude/skills/first-message/SKILL.md"), "mine")
  const kept = initFolder(folder, server).filter(({ kind }) => kind === "kept")
  expect(kept.map(({ file }) => file)).toEqual([
    "AGENTS.override.md",
    ".mcp.json",
    ".codex/config.toml",
    ".claude/skills/first-message/SKILL.md",
  ])
  expect(readFileSync(join(folder, ".mcp.json"), "utf8")).toBe("not json")
})

test("Claude Code gets our instructions, our two tools and nothing of its own", () => {
  const args = claudeArguments("You work in Small Giant.", server, "show me the latest leads", false)
  const after = (flag: string) => args[args.indexOf(flag) + 1]
  expect(after("--system-prompt")).toMatch(/^You work in Small Giant\./)
  // Without the mark its first request goes out before our tools are there.
  const marked = { mcpServers: { "small-giant": { args: server, alwaysLoad: true } } }
  expect(JSON.parse(after("--mcp-config") ?? "")).toMatchObject(marked)
  expect(args).toContain("--strict-mcp-config")
  expect(after("--tools")).toBe("")
  expect(after("--allowedTools")).toBe("mcp__small-giant__search,mcp__small-giant__execute")
  expect(args.slice(-3)).toEqual(["--print", "--", "show me the latest leads"])
  expect(claudeArguments("x", server, "", true)).not.toContain("--print")
})

test("giant claude starts it without keys, and says so where it is not installed", async () => {
  const home = newHome()
  const bin = newFolder()
  const node = process.execPath.slice(0, process.execPath.lastIndexOf("/"))
  const missing = await giant(["claude", "hello", "--home", home], { PATH: node })
  expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("Claude Code is not installed here.")])
  const script = `#!${process.execPath}\nconsole.log(JSON.stringify({ args: process.argv.slice(2), key: process.env.ANTHROPIC_API_KEY ?? null, notes: process.env.CLAUDE_CODE_DISABLE_CLAUDE_MDS }))\n`
  writeFileSync(join(bin, "claude"), script)
  chmodSync(join(bin, "claude"), 0o755)
  const started = await giant(["claude", "hello", "--home", home], {
    PATH: `${bin}:${node}`,
    ANTHROPIC_API_KEY: "sk-x",
  })
  expect(started.code, started.err).toBe(0)
  const { args, key, notes } = JSON.parse(started.out)
  expect([key, notes]).toEqual([null, "1"])
  expect(args.at(-1)).toBe("hello")
})
