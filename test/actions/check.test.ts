import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { z } from "zod"
import { catalogue } from "../../src/actions/catalogue.ts"
import { type Checked, openChecker } from "../../src/actions/check.ts"
import { declarationsOf } from "../../src/actions/declarations.ts"
import { leadListing } from "../../src/leads/find.ts"
import { companyListing } from "../../src/leads/find-companies.ts"
import { nextReply } from "../../src/rehearsal/mind.ts"
import { machines } from "./bench.ts"

const { checker } = machines()
const right = { kind: "right" }

/** What is wrong with a script, in words. */
async function problems(source: string): Promise<string> {
  const checked: Checked = await checker.check(source)
  if (checked.kind !== "wrong") throw new Error(`expected mistakes, got ${JSON.stringify(checked)}`)
  return checked.problems.map(({ line, message, declared }) => `${line}: ${message} | ${declared}`).join("\n")
}

test("a script that fits the declarations is right", async () => {
  const source = `const todo = await leads.find({ status: "new", missing: "title", limit: 20 })
for (const lead of todo) {
  const seen = await linkedin.profile(lead.linkedinUrl)
  if (seen.kind === "found") await leads.learn(lead.id, seen.facts)
}
return { done: todo.length }`
  expect(await checker.check(source)).toEqual(right)
})

test.each(catalogue.map(({ name, example }) => [name, example]))("the example of %s is right", async (_, example) => {
  expect(await checker.check(example)).toEqual(right)
})

test("every column may be asked for, by the name that rows have", async () => {
  for (const [namespace, listing] of [
    ["leads", leadListing],
    ["companies", companyListing],
  ] as const) {
    const names = Object.keys(listing.columns).map((name) =>
      name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
    )
    const script = names.map((name) => `await ${namespace}.find({ sort: "${name}", missing: ["${name}"] })`).join("\n")
    expect(await checker.check(script)).toEqual(right)
  }
})

test("a filter may stand for every value of a row, and for nothing else", async () => {
  for (const action of catalogue.filter(({ name }) => name === "leads.find" || name === "companies.find")) {
    const { $defs = {} } = z.toJSONSchema(z.object(action.parameters), { io: "input", unrepresentable: "any" })
    const query = Object.values($defs).find(({ properties }) => properties && "q" in properties)
    const others = ["q", "missing", "has", "where", "sort", "dir", "limit"]
    const values = Object.keys(query?.properties ?? {}).filter((name) => !others.includes(name))
    expect(values).toContain("name")
    const given = values.map((name) => `${name}: {} as any`).join(", ")
    expect(await checker.check(`return await ${action.name}({ ${given} })`)).toEqual(right)
    expect(await problems(`return await ${action.name}({ enrichedAt: "now" })`)).toContain("enrichedAt")
  }
})

test("the rehearsal model writes scripts that fit", async () => {
  const asked = [
    "show me the latest 5 leads",
    "how many leads are there",
    "leads at Acme",
    "leads without an email",
    "show companies",
  ]
  const said = [
    ...asked.map((text) => nextReply({ system: "", messages: [{ role: "user", text, results: [] }] })),
    nextReply({ system: "You enrich one lead", messages: [{ role: "user", text: "Enrich lead 3", results: [] }] }),
  ]
  for (const { script = "" } of said) expect(await checker.check(script)).toEqual(right)
})

test("the scripts that stand in the agents' own prompts fit", async () => {
  const folder = join(import.meta.dirname, "../../agents")
  const prompts = readdirSync(folder).flatMap((name) =>
    name.endsWith(".md") ? [readFileSync(join(folder, name), "utf8")] : [],
  )
  const scripts = prompts.flatMap((prompt) =>
    [...prompt.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, script = ""]) => script),
  )
  expect(scripts.length).toBeGreaterThan(0)
  for (const script of scripts) expect(await checker.check(script)).toEqual(right)
})

test("a mistake is told with its line and what would be right", async () => {
  expect(await problems('\nreturn await leads.find({ titel: "cto" })')).toMatch(
    /^2: .*'titel'.*Did you mean to write 'title'.*leads\.find\(query\?: LeadQuery\)/,
  )
  expect(await problems("return await leads.fnd()")).toMatch(/^1: .*'fnd'.*\| leads has find, count/)
  expect(await problems("return (await leads.get(1)).lead.linkedin_url")).toMatch(
    /Did you mean 'linkedinUrl'\?.*type Lead = \{/,
  )
  expect(await problems("const one = leads.get(1)\nreturn one.lead")).toMatch(/^2: .*Did you forget to use 'await'\?/)
  expect(await problems('await fetch("https://acme.example")')).toMatch(
    /Cannot find name 'fetch'.*A script knows .*leads, companies/,
  )
  expect(await problems('await leads.learn(1, { field: "title" })')).toMatch(
    /leads\.learn\(id: number, facts: Fact\[\]\)/,
  )
  expect(await problems("return (await leads.get(1)).lead.name.length")).toMatch(/possibly 'null'. \| null$/)
  expect(await problems("return show(await leads.find()")).toMatch(/^1: ',' expected/)
})

test("what actions accept is no mistake: names as the database writes them", async () => {
  expect(
    await checker.check('return await leads.find({ linkedin_url: "ada", missing: "x_handle", sort: "created_at" })'),
  ).toEqual(right)
})

test("what does no harm is no mistake: unused names, untyped parameters, errors that are caught", async () => {
  const source = `const unused = 1
const pick = (row) => row.name
try { return (await leads.find()).map(pick) } catch (error) { print(error.message) }`
  expect(await checker.check(source)).toEqual(right)
})

test("a script cannot read a file by naming it", async () => {
  expect(await problems('import secrets from "/etc/passwd"\nreturn secrets')).toMatch(/^1: /)
  expect(await checker.check('/// <reference path="/etc/passwd" />\nreturn 1')).toEqual(right)
})

test.each([
  ["brackets 20,000 deep", `return ${"(".repeat(20_000)}1${")".repeat(20_000)}`],
  ["a megabyte of brackets", `return ${"[".repeat(1_000_000)}`],
  [
    "types that never end",
    `type Grow<T extends any[], U extends any[]> = T["length"] extends 400 ? U : Grow<[...T, 1], [...U, Grow<[], []>]>
let value: Grow<[], []>
return 1`,
  ],
])("a hostile script (%s) takes only its own time, and the next one is checked", async (_, source) => {
  const quick = openChecker(declarationsOf(catalogue), { checking: 4_000, loading: 240_000 })
  const [hostile, next] = await Promise.all([quick.check(source), quick.check("return nothing")])
  await quick.close()
  expect(hostile.kind).not.toBe("right")
  expect(next).toMatchObject({ kind: "wrong" })
})

test("a script that cannot be checked in time says so", async () => {
  const hasty = openChecker(declarationsOf(catalogue), { checking: 0, loading: 240_000 })
  expect(await hasty.check("return 1")).toEqual({
    kind: "unchecked",
    reason: "Checking its types took longer than 0 ms.",
  })
  await hasty.close()
})
