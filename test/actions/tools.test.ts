import { expect, test } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import { plainTools } from "../../src/actions/plain-tools.ts"
import { modelTools } from "../../src/actions/tools.ts"
import { tables } from "../../src/db/tables.ts"
import { importedLead } from "../leads/fixture.ts"
import { machines, newStore, openBench, runRow, use } from "./bench.ts"

const shared = machines()
const profile = "https://www.linkedin.com/in/ada-example"
const pages = {
  "www.linkedin.com/in/ada-example": {
    fields: { name: "Ada Example", title: "Head of Data" },
    quotes: { name: "Ada Example", title: "Head of Data" },
  },
}

test("the whole API is at most 4,000 characters in the model's context", async () => {
  const { deps } = await openBench(shared)
  const specs = modelTools(deps).map(({ name, description, inputSchema }) => ({
    name,
    description,
    input_schema: inputSchema,
  }))
  expect(specs.map(({ name }) => name)).toEqual(["execute", "search"])
  expect(JSON.stringify(specs).length).toBeLessThanOrEqual(4_000)
  for (const { name } of catalogue) {
    const [namespace = "", member = ""] = name.split(".")
    expect(specs[0]?.description).toMatch(new RegExp(`${namespace}(\\.${member}\\(|: [^;]*\\b${member}\\b)`))
  }
})

test("the product's own example script runs as it stands", async () => {
  const store = newStore()
  await importedLead(store, { name: "Ada Example", linkedinUrl: profile })
  await importedLead(store, { name: "Bo Example" })
  const { execute } = await openBench(shared, { store, pages })
  const result = await execute(`const todo = await leads.find({ status: "new", missing: "title", limit: 20 })
for (const lead of todo) {
  const seen = await linkedin.profile(lead.linkedinUrl)
  if (seen.kind === "found") await leads.learn(lead.id, seen.facts)
}
return { done: todo.length }`)
  expect(result).toEqual({ text: 'Done: leads.learn.\nReturned: {"done":2}', isError: false })
  expect((await store.read((db) => db.select({ title: tables.leads.title }).from(tables.leads)))[0]).toEqual({
    title: "Head of Data",
  })
})

test("a script with a mistake runs nothing", async () => {
  const store = newStore()
  const id = await importedLead(store, { name: "Ada Example" })
  const { execute, calls } = await openBench(shared, { store })
  const result = await execute(`await leads.note(${id}, "Hello")\nreturn await leads.fnd()`)
  expect(result).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^Nothing was run, because the script has mistakes:\nline 2: .*Did you mean 'find'\?/),
  })
  expect(await calls()).toEqual([])
})

test("a script that cannot be checked is run all the same", async () => {
  const checker = {
    check: async () => ({ kind: "unchecked", reason: "Busy." }) as const,
    warm() {},
    close: async () => {},
  }
  const { execute } = await openBench({ ...shared, checker })
  expect(await execute("return (await leads.count()).total")).toEqual({ text: "Returned: 0", isError: false })
})

test("what is shown goes to the person and ends the run", async () => {
  const store = newStore()
  await importedLead(store, { name: "Ada Example" })
  const { execute } = await openBench(shared, { store })
  const result = await execute("return show(await leads.find())")
  expect(result).toMatchObject({ text: "Shown to the person.", ends: { answer: [{ name: "Ada Example" }] } })
})

test("a settled task ends the run without another request", async () => {
  const { execute, settled } = await openBench(shared)
  const result = await execute('return await tasks.done("Nothing to do.")')
  expect(result.ends).toEqual({ answer: null })
  expect(settled).toEqual([{ kind: "done", outcome: "Nothing to do." }])
})

test("a refusal is thrown inside the script, with its line when nothing catches it", async () => {
  const { execute } = await openBench(shared, { grant: { effects: ["read"] } })
  expect(await execute('\nawait leads.note(1, "Hello")')).toMatchObject({
    isError: true,
    text: expect.stringMatching(/leads\.note is not in its grant\. \(line 2\)$/),
  })
  expect(await execute('try { await leads.note(1, "Hello") } catch (error) { return "caught" }')).toMatchObject({
    text: 'Returned: "caught"',
  })
})

test("a result that is too long is cut, kept, and read on by its handle, by its own run and what goes on from it", async () => {
  const store = newStore()
  const first = await openBench(shared, { store })
  const cut = await first.execute('return "x".repeat(30_000) + "the end"')
  expect(cut.text.length).toBeLessThan(12_300)
  const [, id] = /results\.read\((\d+), 12000\) reads on/.exec(cut.text) ?? []
  const script = `let from: number | null = 0
let text = ""
while (from !== null) {
  const part = await results.read(${id}, from)
  text += part.text
  from = part.next
}
return [text.length, text.slice(-8)]`
  expect((await first.execute(script)).text).toBe('Returned: [30019,"the end\\""]')
  const next = await openBench(shared, { store, run: { parentId: first.runId } })
  expect((await next.execute(script)).isError).toBe(false)
  const stranger = await openBench(shared, { store })
  expect(await stranger.execute(script)).toMatchObject({
    isError: true,
    text: expect.stringContaining(`This run has no result ${id}.`),
  })
})

test("search declares what its words are about, with an example and the types they need", async () => {
  const { search } = await openBench(shared)
  const { text } = await search({ words: "merge duplicates" })
  expect(text).toContain("leads.merge(keep: number, drop: number): Promise<{ keep: number }>")
  expect(text).toContain("await leads.merge(17, 23)")
  expect((await search({ words: "headcount of leads in each status" })).text).toContain("type LeadQuery = ")
  expect((await search({ words: "blorp" })).text).toMatch(/^Nothing found\. There is: leads\.find, /)
  const all = (await search({})).text
  for (const { name } of catalogue) expect(all).toContain(`${name}: `)
  expect(all).not.toContain("[cut")
})

test("search runs a script over the catalogue, and such a script has nothing else", async () => {
  const { search } = await openBench(shared)
  const script = 'return catalogue.filter((one) => one.effect === "browse").map((one) => one.name)'
  expect(JSON.parse((await search({ script })).text)).toContain("linkedin.profile")
  expect(await search({ script: "return await leads.find()" })).toMatchObject({
    isError: true,
    text: expect.stringContaining("leads"),
  })
  expect(await search({ script: "while (true) {}" })).toMatchObject({ isError: true })
})

test("wrong input of a tool is answered with what it takes", async () => {
  const { deps, search } = await openBench(shared)
  expect(await use(modelTools(deps)[0], { script: "return 1" })).toMatchObject({
    isError: true,
    text: expect.stringContaining("execute takes { code }"),
  })
  expect(await search({ word: "x" })).toMatchObject({
    isError: true,
    text: expect.stringContaining("search takes { words } or { script }"),
  })
})

test("plain mode has one tool for each action, behind the same gate", async () => {
  const store = newStore()
  const id = await importedLead(store, { name: "Ada Example", linkedinUrl: profile })
  const { deps, calls } = await openBench(shared, { store, pages })
  const tools = plainTools(deps)
  const tool = (name: string) => tools.find((one) => one.name === name)
  expect(tools.map(({ name }) => name)).toEqual(catalogue.map(({ name }) => name.replace(".", "_")))
  expect(
    tools.every(({ name, inputSchema }) => /^[a-zA-Z0-9_-]{1,64}$/.test(name) && inputSchema.type === "object"),
  ).toBe(true)
  expect(await use(tool("leads_note"), { id, text: "Hello" })).toMatchObject({ text: "null", isError: false })
  expect(await use(tool("leads_find"), { query: { missing: "email" } })).toMatchObject({
    isError: false,
    text: expect.stringContaining("Ada Example"),
  })
  expect(await use(tool("leads_note"), { lead: id })).toMatchObject({
    isError: true,
    text: "leads.note takes id, text, kind, not lead.",
  })
  expect(await use(tool("leads_note"), { id, text: "" })).toMatchObject({ isError: true })
  const waiting = await use(tool("leads_merge"), { keep: id, drop: id + 1 })
  expect(waiting).toMatchObject({ ends: { answer: { question: 1 } } })
  expect(await runRow(store, deps.context.runId)).toMatchObject({ outcome: "waiting" })
  expect((await calls()).map(({ action, verdict }) => `${action} ${verdict}`)).toEqual([
    "leads.note allowed",
    "leads.find allowed",
    "leads.note denied",
    "leads.merge ask",
  ])
})

test("a model hears only of what its run may call", async () => {
  const { deps } = await openBench(shared)
  const offered = catalogue.filter(({ name }) => name === "leads.find" || name === "leads.note")
  const [execute, search] = modelTools({ ...deps, offered })
  expect(execute?.description).not.toContain("linkedin.")
  expect((await use(search, { words: "linkedin profile" })).text).toContain("There is: leads.find, leads.note.")
  expect(plainTools({ ...deps, offered }).map(({ name }) => name)).toEqual(["leads_find", "leads_note"])
})

test("a script that fails says what it has changed until then", async () => {
  const store = newStore()
  const id = await importedLead(store, { name: "Ada Example" })
  const { execute } = await openBench(shared, { store })
  const { text } = await execute(`await leads.note(${id}, "One")\nawait leads.note(${id}, "Two")\nawait leads.get(99)`)
  expect(text).toMatch(/\(line 3\)\nDone before that, and it stands: leads\.note \(2 times\)\.$/)
})

test("a page without an address is that of the run's own lead", async () => {
  const store = newStore()
  const id = await importedLead(store, { name: "Ada Example", linkedinUrl: profile })
  const own = await openBench(shared, { store, pages, grant: { leadId: id } })
  expect((await own.execute("return (await linkedin.profile()).kind")).text).toBe('Returned: "found"')
  expect((await own.execute("return (await linkedin.profile(null)).kind")).text).toBe('Returned: "none"')
  expect((await own.execute("return (await web.site()).kind")).text).toBe('Returned: "none"')
  const nobodys = await openBench(shared, { store, pages })
  expect((await nobodys.execute("return (await linkedin.profile()).kind")).text).toBe('Returned: "none"')
})

test("the site of a lead without a known one is that of its address at work, unless that bears another company's name", async () => {
  const store = newStore()
  const kind = async (lead: Parameters<typeof importedLead>[1]) => {
    const leadId = await importedLead(store, lead)
    const sites = { "acme.example": { fields: { name: "Acme" } } }
    const { execute } = await openBench(shared, { store, pages: sites, grant: { leadId } })
    return (await execute("return (await web.site()).kind")).text
  }
  expect(await kind({ email: "ada@acme.example", company: "Acme Tools Ltd" })).toBe('Returned: "found"')
  expect(await kind({ email: "bo@acme.example", company: null })).toBe('Returned: "found"')
  expect(await kind({ email: "cy@acme.example", company: "Globex" })).toBe('Returned: "none"')
  expect(await kind({ email: "di@gmail.com", company: null })).toBe('Returned: "none"')
})

test("facts of a company that is not known are refused, and of one that was only concluded it is said why", async () => {
  const store = newStore()
  const id = await importedLead(store, { name: "Ada Example" })
  const { execute } = await openBench(shared, { store, grant: { leadId: id } })
  const learn =
    'await companies.learn((await leads.get(1)).lead.companyId, [{ field: "industry", value: "Shoes", reason: "So." }])'
  expect((await execute(`return ${learn}`)).text).toContain("No company is known to learn it of.")
  await execute('return await leads.learn(1, [{ field: "company", value: "Acme", reason: "Her address." }])')
  expect((await execute(`return ${learn}`)).text).toContain("was only inferred")
})
