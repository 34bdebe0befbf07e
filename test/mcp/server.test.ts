import { readFileSync } from "node:fs"
import { eq } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { talkerOf } from "../../src/cli/talker.ts"
import { answerQuestion } from "../../src/conversation/questions.ts"
import { tables } from "../../src/db/tables.ts"
import { version } from "../../src/mcp/server.ts"
import { addLeads } from "../viewer/sample.ts"
import { called, openServed, run, type Served, viewerUrl } from "./client.ts"

let served: Served

beforeAll(async () => {
  served = await openServed()
  const people = [
    { name: "Ines Vance", title: "CTO", company: "Larkspur Robotics" },
    { name: "Jon | Okafor", title: "CFO", company: "Cobalt Freight" },
  ]
  await addLeads(served.store, people, "2026-11-17T09:00:00.000Z")
})
afterAll(() => served.close())

const runsOf = (agent: string) =>
  served.store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.agent, agent)))
const openQuestions = () => served.store.read((db) => db.select().from(tables.questions))

test("all that a client's model is given is two tools in 4,000 characters", async () => {
  const client = await served.connect()
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(["execute", "search"])
  const instructions = client.getInstructions() ?? ""
  expect(JSON.stringify(tools).length + instructions.length).toBeLessThanOrEqual(4_000)
})

test("the latest leads come as a table with the address of the same one, under the client's own name", async () => {
  const client = await served.connect({ name: "Codex CLI!" })
  const { text, isError } = await run(client, "return show(await leads.find({ limit: 20 }))")
  expect(isError).toBe(false)
  expect(text).toContain("| Ines Vance |")
  expect(text).toContain("| Jon \\| Okafor |")
  expect(text).toContain(`The same table: ${viewerUrl}/?limit=20`)
  const [made] = await runsOf("codex-cli")
  expect(made).toMatchObject({ person: "human:ada", model: "outside", tainted: true, endedAt: null })
})

test("a client that imports, enriches, makes a view and takes it back waits where a person has to agree", async () => {
  const client = await served.connect({ name: "importer" })
  const code = `const brought = await leads.importText("name,company,email\\nMaria Silva,Larkspur Robotics,maria@larkspur.example", "meetup")
const queued = await leads.enrich({ source: "meetup" })
return { brought, queued }`
  const waits = await run(client, code)
  expect(waits.text).toMatch(/waits for the person's yes, and nothing of it was done: leads.importText/)
  expect(waits.text).toContain(`${viewerUrl}/questions/1`)
  expect(await served.store.read((db) => db.select().from(tables.leads))).toHaveLength(2)

  const agree = async () => {
    const question = (await openQuestions()).find(({ answer }) => answer === null)
    if (!question) throw new Error("Nothing waits.")
    const yes = { kind: "approved", by: "human:ada", seal: question.seal } as const
    return answerQuestion(talkerOf(served.host), question.id, yes, { signal: new AbortController().signal })
  }
  expect(await agree()).toMatchObject({ kind: "asks" })
  expect(await agree()).toMatchObject({ kind: "left" })
  expect(await served.store.read((db) => db.select().from(tables.leads))).toHaveLength(3)
  expect(await served.store.read((db) => db.select().from(tables.tasks))).toHaveLength(1)

  const view = await run(
    client,
    `return show(await views.make({ title: "From the fair", queries: { fair: { sql: "SELECT id AS lead_id, name, company FROM leads WHERE source = 'meetup'" } }, parts: [{ type: "table", query: "fair", columns: ["name", "company"] }] }))`,
  )
  expect(view.text).toMatch(/^\(Question \d was approved meanwhile/)
  expect(view.text).toContain(`From the fair is ready for the person: ${viewerUrl}/views/1`)
  const [row] = await served.store.read((db) => db.select().from(tables.views))
  expect(row).toMatchObject({ owner: "human:ada", title: "From the fair" })
  const changesets = await served.store.read((db) => db.select().from(tables.changesets))
  expect(changesets.filter(({ actor }) => actor === "agent:importer").length).toBeGreaterThan(1)

  const undone = await run(client, "return await runs.undo()")
  expect(undone.text).toMatch(/"rows":[1-9]/)
  expect(await served.store.read((db) => db.select().from(tables.leads))).toHaveLength(2)
  const left = await served.store.read((db) => db.select().from(tables.views))
  expect(left.filter(({ removedAt }) => removedAt === null)).toEqual([])
})

test("in plain mode each action is a tool", async () => {
  const client = await served.connect({ isPlain: true })
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["leads_find", "leads_note", "views_make"]))
  const { text } = await called(client, "leads_count", { query: { title: "cto" } })
  expect(JSON.parse(text)).toMatchObject({ total: 1 })
})

test("resources are read through the gate, and prompts say what to do", async () => {
  const client = await served.connect({ name: "reader" })
  const { resources } = await client.listResources()
  expect(resources.map(({ uri }) => uri)).toEqual(["giant://leads", "giant://views"])
  const read = await client.readResource({ uri: "giant://leads/1" })
  expect(JSON.stringify(read.contents)).toContain("Ines Vance")
  const [made] = await runsOf("reader")
  const calls = await served.store.read((db) =>
    db
      .select()
      .from(tables.calls)
      .where(eq(tables.calls.runId, made?.id ?? 0)),
  )
  expect(calls.map(({ action, verdict }) => [action, verdict])).toEqual([["leads.get", "allowed"]])
  await expect(client.readResource({ uri: "giant://leads/999" })).rejects.toThrow()
  await expect(client.readResource({ uri: "file:///etc/passwd" })).rejects.toThrow(/no file/)
  const { prompts } = await client.listPrompts()
  expect(prompts.length).toBeGreaterThan(4)
  const { messages } = await client.getPrompt({ name: "prepare", arguments: { lead: "Ines Vance" } })
  expect(JSON.stringify(messages)).toContain("Find Ines Vance in the CRM")
  await expect(client.getPrompt({ name: "prepare" })).rejects.toThrow(/lead/)
})

test("what goes on is told as progress, and a cancelled call ends", async () => {
  const client = await served.connect({ name: "patient" })
  const steps: string[] = []
  await client.callTool({ name: "execute", arguments: { code: "return await leads.find()" } }, undefined, {
    onprogress: ({ message }) => void steps.push(message ?? ""),
  })
  expect(steps).toEqual(["looking up leads"])
  const control = new AbortController()
  const endless = client.callTool(
    { name: "execute", arguments: { code: "while (true) await leads.count()" } },
    undefined,
    {
      signal: control.signal,
    },
  )
  await expect.poll(async () => (await runsOf("patient")).length, { timeout: 30_000 }).toBe(1)
  control.abort("enough")
  await expect(endless).rejects.toThrow(/enough/)
  const after = await run(client, "return 1")
  expect(after).toEqual({ text: "Returned: 1", isError: false })
})

test("the version that clients are told is the package's", () => {
  const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  expect(version).toBe(own.version)
})
