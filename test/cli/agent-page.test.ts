import { expect, test } from "vitest"
import type { Io } from "../../src/cli/io.ts"
import { runProgram } from "../../src/cli/program.ts"
import { giant, newHome } from "./giant.ts"

test("one page for agents has every command, with its arguments and options", async () => {
  const { out: help } = await said(["--help"])
  const commands = [...help.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].flatMap((match) => match[1] ?? [])
  const { out, code } = await said(["--agent"])
  expect(code).toBe(0)
  expect(out.startsWith("# giant\n")).toBe(true)
  for (const command of commands) expect(out).toContain(`\n## giant ${command}\n`)
  expect(out).toContain("### giant runs show")
  expect(out).toContain("- `--json`: one JSON document on stdout")
  expect(out).toContain('{"error":{"code","message","hint"}}')
})

test("every command has a page of its own that says what its help says", async () => {
  const { out: help } = await said(["--help"])
  const commands = [...help.matchAll(/^ {2}([a-z]+) (?:\[|<)/gm)].flatMap((match) => match[1] ?? [])
  expect(commands.length).toBeGreaterThan(15)
  for (const command of commands) {
    const page = (await said([command, "--agent"])).out
    const own = (await said([command, "--help"])).out
    expect(page).toContain(`# giant ${command}\n`)
    const [, usage = ""] = /Usage: (.*)/.exec(own) ?? []
    expect(page).toContain(usage)
    const flags = [...own.slice(0, own.indexOf("Global Options")).matchAll(/^ {2}(--[a-z-]+)/gm)].map(
      (match) => match[1],
    )
    expect(flags.filter((flag) => flag !== "--help" && !page.includes(`\`${flag}`))).toEqual([])
  }
})

test("a command below another has its page, and one that is none is said to be none", async () => {
  const { out } = await said(["runs", "show", "--agent"])
  expect(out).toContain("# giant runs show\n")
  expect(out).toContain("- `<id>`: its number")
  await expect(said(["nonsense", "--agent"])).rejects.toThrow("giant has no command nonsense.")
})

test("what is no terminal gets no colour, no prompt and no spinner", async () => {
  const home = newHome()
  const commands = [
    ["ask", "show me the latest leads", "--rehearse"],
    ["leads"],
    ["stats"],
    ["mcp", "token"],
    ["users", "add", "Ada"],
  ]
  for (const command of commands) {
    const { out, err, code } = await giant([...command, "--home", home], { FORCE_COLOR: "" })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(out + err, command.join(" ")).not.toMatch(/[\u001b\r\u0007]/)
    if (command[0] === "mcp" || command[0] === "users")
      expect([code, err]).toEqual([1, expect.stringMatching(/Only a person/)])
    else expect(code, err).toBe(0)
  }
})

async function said(args: string[]): Promise<{ out: string; code: number }> {
  let out = ""
  const io: Io = {
    environment: {},
    out: (text) => {
      out += text
    },
    err: () => {},
    ...{ isTerminal: false, isInteractive: false, width: 120, ask: async () => "", clock: () => new Date() },
    signal: new AbortController().signal,
  }
  return { code: await runProgram(io, args), out }
}
