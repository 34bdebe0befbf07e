import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, test } from "vitest"
import { machines, openBench } from "./bench.ts"

const shared = machines()

function folderWith(skills: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "giant-skills-"))
  for (const [name, text] of Object.entries(skills)) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, "SKILL.md"), text)
  }
  return folder
}

const skill = (name: string, description: string, body: string) =>
  `---\nname: ${name}\ndescription: ${description}\n---\n${body}\n`

test("a skill is found by its words and read by its name; the team's own comes first", async () => {
  const own = folderWith({ greeting: skill("greeting", "How we greet.", "Say moin.") })
  const delivered = folderWith({
    greeting: skill("greeting", "How one greets.", "Say hello."),
    pricing: skill("pricing", "What we charge.", "Nothing."),
  })
  const { gate, isTainted } = await openBench(shared, { skillFolders: [own, delivered] })
  expect(await gate.call("skills.find", ["greet"])).toEqual({
    kind: "done",
    value: [{ name: "greeting", description: "How we greet." }],
  })
  expect(await gate.call("skills.find", [])).toMatchObject({ value: [{ name: "greeting" }, { name: "pricing" }] })
  expect(await gate.call("skills.read", ["greeting"])).toEqual({ kind: "done", value: "Say moin." })
  expect(await isTainted()).toBe(false)
})

test("what is no skill is refused: a name that leads elsewhere, a file without a head", async () => {
  const { gate } = await openBench(shared, { skillFolders: [folderWith({}), join(tmpdir(), "giant-no-such-folder")] })
  expect(await gate.call("skills.read", ["../../etc/passwd"])).toMatchObject({ kind: "denied" })
  expect(await gate.call("skills.read", ["greeting"])).toMatchObject({
    kind: "failed",
    reason: "There is no skill greeting. There is: .",
  })
  const broken = await openBench(shared, { skillFolders: [folderWith({ odd: "No head." })] })
  expect(await broken.gate.call("skills.find", [])).toMatchObject({
    kind: "failed",
    reason: expect.stringContaining("is no skill"),
  })
})

test("a skill written for other agents works: unknown keys in its head, further files of its folder, a linked folder", async () => {
  const elsewhere = folderWith({
    "quote-writing": `---
name: quote-writing
description: >
  Writes quotes. Use when somebody asks what it costs.
license: MIT
allowed-tools: Read, Bash(git:*)
metadata:
  version: "2.1"
---

See [the prices](references/prices.md) and run scripts/quote.py.
`,
  })
  const place = join(elsewhere, "quote-writing")
  mkdirSync(join(place, "references"))
  writeFileSync(join(place, "references", "prices.md"), "A seat is 40.")
  writeFileSync(join(place, ".env"), "KEY=1")
  writeFileSync(join(elsewhere, "secrets.json"), "{}")
  symlinkSync(join(elsewhere, "secrets.json"), join(place, "linked.json"))
  const own = folderWith({})
  symlinkSync(place, join(own, "quotes"))
  const { gate } = await openBench(shared, { skillFolders: [own] })
  expect(await gate.call("skills.find", ["costs"])).toEqual({
    kind: "done",
    value: [{ name: "quote-writing", description: "Writes quotes. Use when somebody asks what it costs." }],
  })
  expect(await gate.call("skills.read", ["quote-writing"])).toMatchObject({
    value: expect.stringMatching(
      /^See \[the prices\][\s\S]*read by skills\.read\("quote-writing", file\): references\/prices\.md$/,
    ),
  })
  expect(await gate.call("skills.read", ["quote-writing", "./references/prices.md"])).toMatchObject({
    value: "A seat is 40.",
  })
  for (const file of ["../secrets.json", "linked.json", ".env", "/etc/passwd", "references/../../secrets.json"]) {
    expect(await gate.call("skills.read", ["quote-writing", file])).toMatchObject({ kind: "failed" })
  }
})
