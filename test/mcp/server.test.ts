import { readFileSync } from "node:fs"
import { LoggingMessageNotificationSchema, ResourceUpdatedNotificationSchema } from "@modelcontextprotocol/sdk/types.js"
import { eq } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { talkerOf } from "../../src/cli/talker.ts"
import { answerQuestion } from "../../src/conversation/questions.ts"
import { tables } from "../../src/db/tables.ts"
import { longestDescription } from "../../src/mcp/descriptions.ts"
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
  // There are clients that cut a description after 2,048 characters: of one long one their model saw no action at all.
  for (const { description = "" } of tools) expect(description.length).toBeLessThanOrEqual(longestDescription)
  const [execute, search] = tools.map(({ description }) => description)
  expect(execute).toMatch(/leads\.find\(query\?: LeadQuery\): Lead\[\][\s\S]*More, declared by search/)
  expect(search).toMatch(/type Lead = \{ id: number/)
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
  const names = tools.map(({ name }) => name)
  expect(names).toEqual(expect.arrayContaining(["leads_find", "leads_note", "views_make", "recipes_keep"]))
  // Only a recipe hands over, and only a run with a task ends one.
  expect(names.filter((name) => name === "recipes_handOver" || name.startsWith("tasks_"))).toEqual([])
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

test("a list too long for a model's result is read whole", async () => {
  const client = await served.connect({ name: "long-reader" })
  const people = Array.from({ length: 45 }, (_, nth) => ({ name: `Lead ${nth}`, title: "x".repeat(300) }))
  await addLeads(served.store, people, "2025-01-01T09:00:00.000Z")
  const { contents } = await client.readResource({ uri: "giant://leads" })
  const [content] = contents
  expect(JSON.parse(content && "text" in content ? content.text : "").length).toBe(47)
})

test("arguments are completed with leads, by the beginning of their name or number", async () => {
  const client = await served.connect({ name: "writer-of-words" })
  const complete = async (
    ref: Parameters<typeof client.complete>[0]["ref"],
    argument: { name: string; value: string },
  ) => (await client.complete({ ref, argument })).completion.values
  const prepare = { type: "ref/prompt", name: "prepare" } as const
  expect(await complete(prepare, { name: "lead", value: "ines" })).toEqual(["Ines Vance"])
  expect(await complete(prepare, { name: "about", value: "x" })).toEqual([])
  expect(await complete({ type: "ref/resource", uri: "giant://leads/{id}" }, { name: "id", value: "1" })).toContain("1")
})

test("a client hears that what it follows has changed, and reads it anew itself", async () => {
  const client = await served.connect({ name: "follower" })
  const told: string[] = []
  client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => void told.push(params.uri))
  await run(client, 'return await leads.importText("name\\nZoe Ndiaye", "fair")')
  const waiting = (await openQuestions()).find(({ answer }) => answer === null)
  const uri = `giant://questions/${waiting?.id}`
  await client.subscribeResource({ uri })
  await client.subscribeResource({ uri: "giant://leads/1" })
  await client.subscribeResource({ uri: "giant://leads/2" })
  await client.unsubscribeResource({ uri: "giant://leads/2" })
  await expect(client.subscribeResource({ uri: "giant://questions/999" })).rejects.toThrow(/There is no/)
  await run(client, 'await leads.stage(1, "qualified"); await leads.stage(2, "qualified")')
  await expect.poll(() => told).toEqual(["giant://leads/1"])
  const no = { kind: "denied", by: "human:ada", seal: waiting?.seal ?? "" } as const
  await answerQuestion(talkerOf(served.host), waiting?.id ?? 0, no, { signal: new AbortController().signal })
  await expect.poll(() => told).toContain(uri)
})

test("a client that asks for a log hears the steps there", async () => {
  const client = await served.connect({ name: "listener" })
  const heard: unknown[] = []
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void heard.push(params.data))
  await run(client, "return await leads.find()")
  await client.setLoggingLevel("info")
  await run(client, "return await leads.find()")
  expect(heard).toEqual(["looking up leads"])
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
  await expect.poll(async () => (await runsOf("patient")).length).toBe(1)
  control.abort("enough")
  await expect(endless).rejects.toThrow(/enough/)
  const after = await run(client, "return 1")
  expect(after).toEqual({ text: "Returned: 1", isError: false })
})

test("the version that clients are told is the package's", () => {
  const own = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
  expect(version).toBe(own.version)
})
