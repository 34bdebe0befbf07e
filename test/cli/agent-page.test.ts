import { expect, test } from "vitest"
import type { Io } from "../../src/cli/io.ts"
import { runProgram } from "../../src/cli/program.ts"

test("one page for agents has every command that the help has, with its arguments and options", async () => {
  const { out: help } = await said(["--help"])
  const commands = [...help.matchAll(/^ {2}([a-z]+)(?: (?:\[|<).*?)? {2,}\S/gm)].flatMap((match) => match[1] ?? [])
  expect(commands.length).toBeGreaterThan(30)
  const { out, code } = await said(["--agent"])
  expect(code).toBe(0)
  expect(out.startsWith("# giant\n")).toBe(true)
  expect(namesIn(out, 2)).toEqual(commands)
  expect(out).toContain("- `--json`: one JSON document on stdout")
  expect(out).toContain('{"error":{"code","message","hint"}}')
})

test("every command, also below another, has a page of its own that says what its help says", async () => {
  const { out: all } = await said(["--agent"])
  const commands = [...namesIn(all, 2), ...namesIn(all, 3)]
  expect(commands.length).toBeGreaterThan(70)
  for (const command of commands) {
    const words = command.split(" ")
    const page = (await said([...words, "--agent"])).out
    const own = (await said([...words, "--help"])).out
    expect(page).toContain(`# giant ${command}\n`)
    const [, usage = ""] = /Usage: (.*)/.exec(own) ?? []
    expect(page).toContain(usage)
    const flags = [...own.slice(0, own.indexOf("Global Options")).matchAll(/^ {2}(--[a-z-]+)/gm)].map(
      (match) => match[1],
    )
    expect(flags.filter((flag) => flag !== "--help" && !page.includes(`\`${flag}`))).toEqual([])
    const below = namesIn(all, 3).filter((one) => one.startsWith(`${command} `))
    expect(namesIn(page, 2)).toEqual(below)
  }
})

test("a command below another has its page, and one that is none is said to be none", async () => {
  const { out } = await said(["runs", "show", "--agent"])
  expect(out).toContain("# giant runs show\n")
  expect(out).toContain("- `<id>`: its number")
  await expect(said(["nonsense", "--agent"])).rejects.toThrow("giant has no command nonsense.")
})

/** The commands of a page whose headings have so many marks. */
function namesIn(page: string, marks: number): string[] {
  return [...page.matchAll(new RegExp(`^#{${marks}} giant (.+)$`, "gm"))].flatMap((match) => match[1] ?? [])
}

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
