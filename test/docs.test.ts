import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { expect, test } from "vitest"
import { tables } from "../src/db/tables.ts"
import { giantHere } from "./cli/giant.ts"

const root = resolve(import.meta.dirname, "..")
const readme = readFileSync(join(root, "README.md"), "utf8")
const agentsMd = readFileSync(join(root, "AGENTS.md"), "utf8")
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))

test("every giant command that the README shows exists", async () => {
  const { out } = await giantHere(["--help"])
  const known = [...out.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1])
  const shown = [...readme.matchAll(/giant -- ([a-z]+)/g)].map((match) => match[1])
  expect(shown.length).toBeGreaterThan(5)
  expect(shown.filter((command) => !known.includes(command))).toEqual([])
})

test("every npm script that README and AGENTS.md name exists", () => {
  const named = [
    ...(readme + agentsMd).matchAll(/npm (?:run )?(?:-s )?(start|test|check|format|generate|bench|soak|giant)\b/g),
  ]
  expect(named.map((match) => match[1]).filter((name) => !(name !== undefined && name in scripts))).toEqual([])
})

test("every table that the README describes exists", () => {
  const rows = [...readme.matchAll(/^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|/gm)].flatMap(
    (match) => match[1]?.match(/[a-z_]+/g) ?? [],
  )
  expect(rows.length).toBeGreaterThan(10)
  expect(rows.filter((name) => !(name in tables))).toEqual([])
})

test("every command explains itself", async () => {
  const { out } = await giantHere(["--help"])
  const commands = [...out.matchAll(/^ {2}([a-z]+) \[/gm)].flatMap((match) => match[1] ?? [])
  for (const command of commands) {
    const help = await giantHere([command, "--help"])
    expect(help.code).toBe(0)
    expect(help.out).toContain(`Usage: giant ${command}`)
  }
})
