import { request } from "node:http"
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import { afterAll, beforeAll, expect, test } from "vitest"
import { mcpDepsOf } from "../../src/cli/mcp-host.ts"
import { tables } from "../../src/db/tables.ts"
import { type McpOverHttp, openMcpOverHttp } from "../../src/mcp/http.ts"
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
  mcp = openMcpOverHttp(
    mcpDepsOf(served.host, async () => viewer.url),
    { isPlain: false },
  )
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

async function connect(token: string, name: string): Promise<Client> {
  const client = new Client({ name, version: "1.0.0" })
  const headers = { authorization: `Bearer ${token}` }
  // The client's own type leaves the session's id optional in another way than the interface that it implements.
  const transport = new StreamableHTTPClientTransport(new URL(`${viewer.url}/mcp`), { requestInit: { headers } })
  await client.connect(transport as Parameters<Client["connect"]>[0])
  return client
}

const ask = (headers: Record<string, string>, path = "/mcp") =>
  fetch(viewer.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: JSON.stringify({
      ...{ jsonrpc: "2.0", id: 1, method: "initialize" },
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } },
    }),
  })

test("an agent with a token works at /mcp on behalf of whose token it is", async () => {
  const client = await connect(await tokenOf("Ada", "member"), "cursor")
  const { text } = await run(client, "return show(await leads.find({ limit: 5 }))")
  expect(text).toContain("| Ines Vance |")
  expect(text).toContain(`The same table: ${viewer.url}/?limit=5`)
  const [made] = await served.store.read((db) => db.select().from(tables.runs))
  expect(made).toMatchObject({ agent: "cursor", person: "human:Ada" })
  await client.close()
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
