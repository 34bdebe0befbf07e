import { expect, test } from "vitest"
import { giantHere } from "./giant.ts"

test("one page for agents has every command that the help has, with its arguments and options", async () => {
  const { out: help } = await giantHere(["--help"])
  const commands = [...help.matchAll(/^ {2}([a-z]+)(?: (?:\[|<).*?)? {2,}\S/gm)].flatMap((match) => match[1] ?? [])
  expect(commands.length).toBeGreaterThan(30)
  const { out, code } = await giantHere(["--agent"])
  expect(code).toBe(0)
  expect(out.startsWith("# giant\n")).toBe(true)
  expect(namesIn(out, 2)).toEqual(commands)
  expect(out).toContain("- `--json`: one JSON document on stdout")
  expect(out).toContain('{"error":{"code","message","hint"}}')
})

test("every command, also below another, has a page of its own that says what its help says", async () => {
  const { out: all } = await giantHere(["--agent"])
  const commands = [...namesIn(all, 2), ...namesIn(all, 3)]
  expect(commands.length).toBeGreaterThan(70)
  for (const command of commands) {
    const words = command.split(" ")
    const page = (await giantHere([...words, "--agent"])).out
    const own = (await giantHere([...words, "--help"])).out
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
  const { out } = await giantHere(["runs", "show", "--agent"])
  expect(out).toContain("# giant runs show\n")
  expect(out).toContain("- `<id>`: its number")
  expect((await giantHere(["nonsense", "--agent"])).err).toContain("giant has no command nonsense.")
})

test("help names a command as the command itself does, and a word that a command does not take is refused", async () => {
  const { out } = await giantHere(["import", "--help"])
  expect(out).toMatch(/^Usage: giant import/)
  expect(out).not.toContain("default: []")
  expect((await giantHere(["help", "import"])).out).toBe(out)
  expect((await giantHere(["recipes", "keep", "--help"])).out).toContain("propose the script of a run as a recipe")
  expect(await giantHere(["help", "nonsense"])).toMatchObject({ code: 2, err: expect.stringContaining("no command") })
  const { code, err } = await giantHere(["recipes", "nonsense"])
  expect([code, err]).toEqual([2, "Too many words for giant recipes.\ngiant recipes --help shows how it is called.\n"])
})

/** The commands of a page whose headings have so many marks. */
function namesIn(page: string, marks: number): string[] {
  return [...page.matchAll(new RegExp(`^#{${marks}} giant (.+)$`, "gm"))].flatMap((match) => match[1] ?? [])
}
