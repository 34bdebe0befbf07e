import type { ElicitRequestFormParams, ElicitResult } from "@modelcontextprotocol/sdk/types.js"
import { afterAll, beforeAll, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { addLeads } from "../viewer/sample.ts"
import { called, openServed, type Served } from "./client.ts"

let served: Served

beforeAll(async () => {
  served = await openServed()
  await addLeads(served.store, [{ name: "Ines Vance", email: "ines@larkspur.example" }], "2026-11-17T09:00:00.000Z")
})
afterAll(() => served.close())

/** A client in plain mode whose host asks the person, and what it asked. */
async function connect(answer: (form: ElicitRequestFormParams) => ElicitResult) {
  const asked: ElicitRequestFormParams[] = []
  const elicit = (form: ElicitRequestFormParams) => {
    asked.push(form)
    return answer(form)
  }
  return { client: await served.connect({ isPlain: true, name: "asking", elicit }), asked }
}

test("what a call lacks is asked of the person where the host can ask, in a form of plain values", async () => {
  const { client, asked } = await connect(() => ({ action: "accept", content: { id: 1, extra: "not asked for" } }))
  const { text, isError } = await called(client, "leads_get", {})
  expect(isError, text).toBe(false)
  expect(text).toContain("Ines Vance")
  expect(asked).toMatchObject([
    {
      message: "leads_get needs id to go on. Nothing is agreed to by saying it.",
      requestedSchema: { type: "object", required: ["id"], properties: { id: { type: "integer", title: "id" } } },
    },
  ])
  const { messages } = await client
    .getPrompt({ name: "prepare" })
    .catch((error: Error) => ({ messages: [error.message] }))
  expect(JSON.stringify(messages)).toContain("lead")
  expect(asked[1]).toMatchObject({ requestedSchema: { properties: { lead: { description: "A name or a number" } } } })
})

test("a prompt without its argument is completed by the person", async () => {
  const { client } = await connect(() => ({ action: "accept", content: { lead: "Ines Vance" } }))
  const { messages } = await client.getPrompt({ name: "prepare" })
  expect(JSON.stringify(messages)).toContain("Find Ines Vance in the CRM")
})

test.each(["decline", "cancel"] as const)("a person who says %s has nothing done", async (action) => {
  const { client } = await connect(() => ({ action }))
  const { text, isError } = await called(client, "leads_note", { id: 1 })
  expect(isError).toBe(true)
  expect(text).toBe("leads_note needs text. The person was asked for it and did not say. Nothing was done.")
  expect(await served.store.read((db) => db.select().from(tables.timeline))).toEqual([])
})

test("a host that breaks down over the question, and one that cannot ask, leave the call incomplete", async () => {
  const { client } = await connect(() => {
    throw new Error("No window.")
  })
  expect(await called(client, "leads_get", {})).toMatchObject({ isError: true })
  const mute = await served.connect({ isPlain: true, name: "mute" })
  const { text, isError } = await called(mute, "leads_get", {})
  expect(isError).toBe(true)
  expect(text).toMatch(/id/)
})

test("a person's yes is never asked of a client: what needs one waits in the viewer, however eager the host is", async () => {
  const { client, asked } = await connect(({ requestedSchema: { required = [] } }) => ({
    action: "accept",
    content: Object.fromEntries(required.map((name) => [name, "yes"])),
  }))
  const { text } = await called(client, "leads_importText", {
    text: "name,email\nBo Example,bo@example.com",
    source: "fair",
  })
  expect(text).toMatch(/waits for the person's yes, and nothing of it was done/)
  expect(asked).toEqual([])
  expect(await served.store.read((db) => db.select().from(tables.leads))).toHaveLength(1)
  // A wrong answer is refused like a wrong argument.
  expect(await called(client, "leads_get", {})).toMatchObject({ isError: true })
  expect(asked).toHaveLength(1)
})
