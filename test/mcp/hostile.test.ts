import { eq } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import { tables } from "../../src/db/tables.ts"
import { addLeads } from "../viewer/sample.ts"
import { called, openServed, run, type Served } from "./client.ts"

let served: Served

beforeAll(async () => {
  served = await openServed()
  const people = [{ name: "Ines Vance", title: "CTO" }, { name: "Jon Okafor" }]
  await addLeads(served.store, people, "2026-11-17T09:00:00.000Z")
})
afterAll(() => served.close())

const leads = () => served.store.read((db) => db.select().from(tables.leads))

test("a token that only looks changes nothing, whatever its client calls", async () => {
  const client = await served.connect({ name: "looker", isPlain: true, readOnly: true })
  const before = JSON.stringify(await leads())
  const changesets = (await served.store.read((db) => db.select().from(tables.changesets))).length
  const inputs = [{}, { id: 1, text: "x", status: "won", keep: 1, drop: 2, url: "https://a.example" }]
  for (const { name, effect } of catalogue.filter(({ effect }) => effect !== "read")) {
    for (const input of inputs) {
      const { isError, text } = await called(client, name.replace(".", "_"), input)
      expect([isError, text], `${name} ${effect}`).toEqual([true, expect.any(String)])
    }
  }
  const scripts = await served.connect({ name: "looker", readOnly: true })
  const refused = await run(scripts, 'await leads.stage(1, "won")')
  expect(refused).toMatchObject({ isError: true, text: expect.stringMatching(/may not write/) })
  expect(JSON.stringify(await leads())).toBe(before)
  expect((await served.store.read((db) => db.select().from(tables.changesets))).length).toBe(changesets)
  expect(await served.store.read((db) => db.select().from(tables.questions))).toEqual([])
})

test("no client goes by the name of an agent that works here, nor by one that is none", async () => {
  const names = ["enricher", "SALES", "../../sales", "agent:writer", "", "💥", "x".repeat(300)]
  for (const name of names) {
    const client = await served.connect({ name: name || " ", isPlain: true })
    await called(client, "leads_count", {})
  }
  const agents = (await served.store.read((db) => db.select().from(tables.runs))).map(({ agent }) => agent)
  expect(agents).not.toContain("enricher")
  expect(agents).not.toContain("sales")
  expect(agents.every((agent) => /^[a-z][a-z0-9-]{0,50}$/.test(agent))).toBe(true)
})

test("a question is not answered by its client, by no tool and no resource", async () => {
  const client = await served.connect({ name: "pusher", isPlain: true })
  await called(client, "leads_merge", { keep: 1, drop: 2 })
  const { tools } = await client.listTools()
  expect(tools.filter(({ name }) => /approve|answer|question|suppress|forget|users|govern/.test(name))).toEqual([])
  await client.readResource({ uri: "giant://questions/1" })
  await expect(client.readResource({ uri: "giant://questions/1/yes" })).rejects.toThrow()
  const [question] = await served.store.read((db) => db.select().from(tables.questions))
  expect(question).toMatchObject({ answer: null })
  const [dropped] = await served.store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, 2)))
  expect(dropped?.mergedInto).toBeNull()
  const other = await served.connect({ name: "pusher", person: "human:ben" })
  await expect(other.readResource({ uri: "giant://questions/1" })).rejects.toThrow(/no question/)
})

test("bad input is answered with a sentence, and the server goes on", async () => {
  const client = await served.connect({ name: "clumsy" })
  const bad = [{}, { code: 1 }, { code: "x".repeat(60_000) }, { code: "return (" }, { code: "return process.env" }]
  for (const input of bad) {
    const { isError, text } = await called(client, "execute", input)
    expect(isError, text).toBe(true)
  }
  expect(await called(client, "no_such_tool", {})).toMatchObject({ isError: true })
  await expect(run(client, "while (true) {}")).resolves.toMatchObject({ isError: true })
  expect(await run(client, "return 2")).toMatchObject({ text: "Returned: 2" })
})
