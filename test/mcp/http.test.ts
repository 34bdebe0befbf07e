import { request } from "node:http"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { eq } from "drizzle-orm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { mcpOverHttp } from "../../src/cli/mcp-host.ts"
import { tables } from "../../src/db/tables.ts"
import type { McpOverHttp } from "../../src/mcp/http.ts"
import { endSessionsOf, makeToken } from "../../src/team/sessions.ts"
import { putUser } from "../../src/team/users.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { addLeads } from "../viewer/sample.ts"
import { openServed, run, type Served } from "./client.ts"

let served: Served
let mcp: McpOverHttp
let viewer: RunningViewer
const now = () => new Date()

beforeAll(async () => {
  served = await openServed()
  await addLeads(served.store, [{ name: "Ines Vance", title: "CTO" }], "2026-11-17T09:00:00.000Z")
  mcp = mcpOverHttp(served.host, async () => viewer.url)
  viewer = await serveViewer({ store: served.store, clock: now, port: 0, mcp })
})
afterAll(async () => {
  await viewer?.close()
  await mcp?.close()
  await served?.close()
})

async function tokenOf(name: string, role: "viewer" | "member" | "admin"): Promise<string> {
  const put = await putUser(served.store, { actor: "human:root", kind: "users" }, { name, role }, now())
  if (put.kind === "refused") throw new Error(put.reason)
  return makeToken(served.store, put.user.id, now())
}

async function connect(token: string, name: string, path = "/mcp"): Promise<Client> {
  const client = new Client({ name, version: "1.0.0" })
  const headers = { authorization: `Bearer ${token}` }
  // The client's own type leaves the session's id optional in another way than the interface that it implements.
  const transport = new StreamableHTTPClientTransport(new URL(viewer.url + path), { requestInit: { headers } })
  await client.connect(transport as Parameters<Client["connect"]>[0])
  return client
}

const send = (body: string, headers: Record<string, string>) =>
  fetch(`${viewer.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body,
  })
const ask = (headers: Record<string, string>) => {
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } }
  return send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params }), headers)
}

test("a client whose connection broke in the middle of a call hears the answer when it comes back", async () => {
  const authorization = `Bearer ${await tokenOf("Cy", "member")}`
  const begun = await ask({ authorization })
  const session = { authorization, "mcp-session-id": begun.headers.get("mcp-session-id") ?? "" }
  const headers = { ...session, "mcp-protocol-version": "2025-11-25", "content-type": "application/json" }
  const accept = "application/json, text/event-stream"
  const code = 'return (await leads.find({ name: "Ines" })).length'
  const call = { jsonrpc: "2.0", id: 7, method: "tools/call", params: { name: "execute", arguments: { code } } }
  const url = `${viewer.url}/mcp`
  const breaking = new AbortController()
  const broken = await fetch(url, {
    ...{ method: "POST", headers: { ...headers, accept }, body: JSON.stringify(call), signal: breaking.signal },
  })
  const reader = broken.body?.getReader()
  const first = new TextDecoder().decode((await reader?.read())?.value)
  breaking.abort()
  const [, last = ""] = /^id: (\d+)$/m.exec(first) ?? []
  const answers = async () => {
    const own = { calls: tables.calls.result }
    return served.store.read((db) => db.select(own).from(tables.calls).where(eq(tables.calls.action, "leads.find")))
  }
  await expect.poll(answers).toContainEqual({ calls: "ok" })
  const back = await fetch(url, { headers: { ...headers, accept: "text/event-stream", "last-event-id": last } })
  expect(back.status).toBe(200)
  const missed = new TextDecoder().decode((await back.body?.getReader().read())?.value)
  expect(missed).toContain("Returned: 1")
  const foreign = { ...headers, authorization: `Bearer ${await tokenOf("Dee", "member")}` }
  expect(
    (await fetch(url, { headers: { ...foreign, accept: "text/event-stream", "last-event-id": last } })).status,
  ).toBe(404)
})

test("an agent with a token works at /mcp on behalf of whose token it is", async () => {
  const client = await connect(await tokenOf("Ada", "member"), "cursor")
  const { text } = await run(client, "return show(await leads.find({ limit: 5 }))")
  expect(text).toContain("| Ines Vance |")
  expect(text).toContain(`The same table: ${viewer.url}/?limit=5`)
  const [made] = await served.store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.agent, "cursor")))
  expect(made).toMatchObject({ agent: "cursor", person: "human:Ada" })
  await client.close()
})

test("who wants single tools comes to another address", async () => {
  const client = await connect(await tokenOf("Pia", "member"), "simple", "/mcp?plain")
  const { tools } = await client.listTools()
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["leads_find", "leads_note"]))
  await client.close()
})

test("a client that opens session after session, or sends too much or nonsense, harms nobody else", async () => {
  const other = await connect(await tokenOf("Una", "member"), "quiet")
  const authorization = `Bearer ${await tokenOf("Flo", "member")}`
  const opened: (string | null)[] = []
  for (let nth = 0; nth < 25; nth++) opened.push((await ask({ authorization })).headers.get("mcp-session-id"))
  const list = async (id: string | null) => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tools/list" })
    return send(body, { authorization, "mcp-session-id": id ?? "" })
  }
  expect((await list(opened[0] ?? null)).status).toBe(404)
  expect((await list(opened[24] ?? null)).status).toBe(200)
  const big = JSON.stringify({ jsonrpc: "2.0", id: 3, method: "tools/list", params: { filler: "x".repeat(1_100_000) } })
  for (const body of [
    big,
    "{",
    "[]",
    "null",
    '{"jsonrpc":"2.0","id":1,"method":"tools/call"}',
    `${"[".repeat(50_000)}`,
  ]) {
    const { status } = await send(body, { authorization, "mcp-session-id": opened[24] ?? "" })
    expect([200, 202, 400, 413], body.slice(0, 40)).toContain(status)
  }
  expect((await other.listTools()).tools).toHaveLength(2)
  await other.close()
})

test("a viewer's token only looks", async () => {
  const client = await connect(await tokenOf("Vera", "viewer"), "looker")
  expect(await run(client, 'await leads.stage(1, "won")')).toMatchObject({ isError: true })
  expect(await run(client, "return (await leads.count()).total")).toMatchObject({ text: "Returned: 1" })
  await client.close()
})

test("without a token, with one that ended, from another site or by another name nobody comes in", async () => {
  expect((await ask({})).status).toBe(401)
  expect((await ask({ authorization: "Bearer giant_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" })).status).toBe(401)
  const token = await tokenOf("Otto", "member")
  const authorization = `Bearer ${token}`
  expect((await ask({ authorization })).status).toBe(200)
  expect((await ask({ authorization, origin: "https://evil.example" })).status).toBe(403)
  expect((await ask({ authorization, origin: viewer.url })).status).toBe(200)
  const { port } = viewer
  const rebound = await new Promise<number>((resolve) => {
    const headers = { host: "evil.example", authorization }
    request({ host: "127.0.0.1", port, path: "/mcp", method: "POST", headers })
      .on("response", ({ statusCode }) => resolve(statusCode ?? 0))
      .end("{}")
  })
  expect(rebound).toBe(403)
  // A token is no session of the viewer, and a cookie none of an agent.
  expect((await fetch(`${viewer.url}/do/bookmarks`, { method: "POST", headers: { authorization } })).status).toBe(403)
  const [otto] = (await served.store.read((db) => db.select().from(tables.users))).filter(({ name }) => name === "Otto")
  await endSessionsOf(served.store, otto?.id ?? 0, now())
  expect((await ask({ authorization })).status).toBe(401)
})

test("a session belongs to whose token opened it", async () => {
  const first = await ask({ authorization: `Bearer ${await tokenOf("Ben", "admin")}` })
  const id = first.headers.get("mcp-session-id") ?? ""
  expect(id).toMatch(/^[\w-]{36}$/)
  const other = { authorization: `Bearer ${await tokenOf("Eve", "member")}`, "mcp-session-id": id }
  expect((await ask(other)).status).toBe(404)
  const gone = await fetch(`${viewer.url}/mcp`, { method: "DELETE", headers: other })
  expect(gone.status).toBe(404)
})
