import { eq } from "drizzle-orm"
import type { Browser } from "playwright"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { makeDraft } from "../../src/outreach/draft.ts"
import { makeView, shareView } from "../../src/views/views.ts"
import { addLeads } from "../viewer/sample.ts"
import { startPersonsBrowser } from "../viewer/view-bench.ts"
import { type AppHost, showApp } from "./app-host.ts"
import { called, openServed, run, type Served, viewerUrl } from "./client.ts"

const evil = `<img src=x onerror="parent.postMessage(1,'*')"><script>alert(1)</script>`
const extensions = { "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] } }
const qualify = { call: "leads.stage", args: ["$lead_id", "qualified"], label: "Qualify" }
const review = {
  title: "New leads",
  inputs: { least: { type: "number", label: "Score from", value: 0 } },
  queries: {
    todo: {
      sql: "SELECT id AS lead_id, name, title, score FROM leads WHERE status = 'new' AND score >= :least ORDER BY id",
    },
  },
  actions: { qualify },
  parts: [{ type: "review", query: "todo", heading: "name", actions: ["qualify"] }],
}

let served: Served
let browser: Browser
let host: AppHost | null = null

beforeAll(async () => {
  served = await openServed()
  browser = await startPersonsBrowser()
  const people = [
    { name: "Ines Vance", title: evil, score: 80, linkedinUrl: "https://www.linkedin.com/in/ines-vance" },
    { name: "Jon Okafor", score: 40 },
  ]
  await addLeads(served.store, people, "2026-11-17T09:00:00.000Z")
})
afterEach(async () => {
  const trouble = host?.trouble
  await host?.close()
  host = null
  expect(trouble ?? []).toEqual([])
})
afterAll(async () => {
  await browser.close()
  await served.close()
})

const statusOf = async (id: number) => {
  const [lead] = await served.store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id)))
  return lead?.status
}
const make = async (client: Parameters<typeof run>[0], manifest: object) => {
  const { text } = await run(client, `return (await views.make(${JSON.stringify(manifest)})).view`)
  return Number(/Returned: (\d+)/.exec(text)?.[1])
}

test("only a client that shows apps is offered views as such, by the extension's own words", async () => {
  const plain = await served.connect({ name: "plain" })
  expect(JSON.stringify([await plain.listTools(), await plain.listResources()])).not.toContain("ui://")
  const client = await served.connect({ name: "shows", extensions })
  expect(client.getServerCapabilities()?.extensions).toEqual({ "io.modelcontextprotocol/ui": {} })
  const { tools } = await client.listTools()
  const uri = "ui://small-giant/view"
  expect(tools.map(({ name, _meta }) => [name, _meta])).toEqual([
    ["execute", undefined],
    ["search", undefined],
    ["show_view", { ui: { resourceUri: uri, visibility: ["model", "app"] } }],
    ["act_in_view", { ui: { resourceUri: uri, visibility: ["app"] } }],
  ])
  expect((await client.listResources()).resources).toContainEqual(
    expect.objectContaining({ uri, mimeType: "text/html;profile=mcp-app" }),
  )
  const { contents } = await client.readResource({ uri })
  expect(contents).toMatchObject([
    {
      uri,
      mimeType: "text/html;profile=mcp-app",
      _meta: { ui: { csp: { connectDomains: [], resourceDomains: [], frameDomains: [] }, prefersBorder: true } },
    },
  ])
})

test("a view stands in the host, is used by keyboard, and what is pressed is the client's call at the gate", async () => {
  const client = await served.connect({ name: "apps", extensions })
  const view = await make(client, review)
  host = await showApp(browser, client, "show_view", { view })
  const heading = host.view.locator(".review-card.at h3")
  await heading.waitFor()
  expect(await heading.textContent()).toBe("Ines Vance")
  expect(host.heard.slice(0, 2)).toEqual(["ui/initialize", expect.any(String)])
  expect(host.heard).toContain("ui/notifications/size-changed")
  expect(await host.view.locator(":is(img, script:not(body > script))").count()).toBe(0)
  expect(await host.view.locator("dd", { hasText: "<img src=x" }).count()).toBe(1)
  await host.view.locator("#title").click()
  await host.page.keyboard.press("ArrowRight")
  expect(await heading.textContent()).toBe("Jon Okafor")
  await host.page.keyboard.press("ArrowLeft")
  await host.page.keyboard.press("q")
  await host.view.getByText("Qualify: done").waitFor()
  expect([await statusOf(1), await heading.textContent()]).toEqual(["qualified", "Jon Okafor"])
  const [call] = await served.store.read((db) =>
    db.select().from(tables.calls).where(eq(tables.calls.action, "leads.stage")),
  )
  expect(call).toMatchObject({ verdict: "allowed", arguments: [1, "qualified"] })
  const changesets = await served.store.read((db) => db.select().from(tables.changesets))
  expect(changesets.at(-1)).toMatchObject({ actor: "agent:apps" })

  await host.view.getByLabel("Score from").fill("60")
  await host.page.keyboard.press("Enter")
  await host.view.getByText("Nothing here now.").waitFor()
  expect(host.heard.filter((method) => method === "tools/call")).toHaveLength(3)
})

test("drafts are read in it and decided in the viewer alone; nothing that the frame sends stands in for a person", async () => {
  const client = await served.connect({ name: "drafting", extensions })
  const writer = { actor: "agent:writer", kind: "draft" }
  await makeDraft(served.store, writer, 1, { channel: "linkedin-message", body: `Hello ${evil}` }, new Date())
  const sql = "SELECT id AS draft_id FROM drafts WHERE state = 'draft'"
  const drafts = { title: "Review", queries: { drafts: { sql } }, parts: [{ type: "review", query: "drafts" }] }
  const view = await make(client, drafts)
  host = await showApp(browser, client, "show_view", { view })
  expect(await host.view.locator(".draft-text").textContent()).toBe(`Hello ${evil}`)
  expect(await host.view.locator("form, button:not(#again)").count()).toBe(0)
  await host.view.getByRole("link", { name: "Decide in the viewer" }).click()
  await expect.poll(() => host?.links).toEqual([`${viewerUrl}/drafts/1`])
  const own = { view, version: 1, key: "12345678", inputs: {} }
  for (const action of ["approve", "drafts.approve", "edit"]) {
    expect(await called(client, "act_in_view", { ...own, action })).toMatchObject({ isError: true })
  }
  expect(await served.store.read((db) => db.select().from(tables.approvals))).toEqual([])
})

test("what takes a person's yes waits for it, a stale row is left alone, and the same is not done twice", async () => {
  const client = await served.connect({ name: "asking", extensions })
  const merge = { call: "leads.merge", args: ["$lead_id", 1], label: "Merge" }
  const view = await make(client, {
    ...review,
    inputs: {},
    queries: { todo: { sql: "SELECT id AS lead_id, name FROM leads WHERE id = 2" } },
    actions: { merge },
    parts: [{ type: "table", query: "todo", actions: ["merge"] }],
  })
  host = await showApp(browser, client, "show_view", { view })
  const form = await host.view
    .locator("form")
    .evaluate((one) => Object.fromEntries(new FormData(one as HTMLFormElement)))
  await host.view.getByRole("button", { name: "Merge" }).click()
  await host.view.getByText(`${viewerUrl}/questions/`).waitFor()
  const [lead] = await served.store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, 2)))
  expect(lead?.mergedInto).toBeNull()
  expect(await called(client, "act_in_view", { view, ...form })).toMatchObject({
    isError: true,
    text: expect.stringContaining("done before"),
  })
  const stale = await called(client, "act_in_view", { view, ...form, key: "another-key", row: "0".repeat(24) })
  expect(stale).toMatchObject({ isError: true, text: expect.stringContaining("changed since") })
})

test("another's view is shown only once it is shared, and acts only once one has agreed; free HTML is not held by a host of others", async () => {
  const ben = { actor: "human:ben", kind: "edit" }
  const kept = { manifest: review as never, rights: ["do leads.stage", "read leads"], prompt: null, runId: null }
  const theirs = await makeView(served.store, ben, "human:ben", kept, new Date())
  const client = await served.connect({ name: "sharing", extensions })
  expect(await called(client, "show_view", { view: theirs })).toMatchObject({ isError: true })
  await shareView(served.store, ben, theirs, { version: 1, inNavigation: false }, new Date())
  const shown = await client.callTool({ name: "show_view", arguments: { view: theirs } })
  expect(shown.structuredContent).toMatchObject({ html: expect.stringMatching(/agree[\s\S]*disabled/) })
  const free = { title: "Free", html: "<p>Hello</p>" }
  const html = { manifest: free as never, rights: [], prompt: null, runId: null }
  const own = await makeView(served.store, { actor: "agent:sales", kind: "run" }, "human:ada", html, new Date())
  const refused = await client.callTool({ name: "show_view", arguments: { view: own } })
  expect(refused.structuredContent).toMatchObject({ html: expect.stringMatching(/free HTML.*not shown here/) })
  expect(JSON.stringify(refused)).not.toContain("Hello")
})

test("whoever only looks can press nothing", async () => {
  const client = await served.connect({ name: "looking", extensions, readOnly: true })
  const { structuredContent } = await client.callTool({ name: "show_view", arguments: { view: 1 } })
  expect(structuredContent).toMatchObject({ title: "New leads" })
  const { html } = structuredContent as { html: string }
  const field = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ""
  const sent = { view: 1, version: 1, action: "qualify", query: "todo", row: field("row"), key: "looking-1" }
  expect(await called(client, "act_in_view", sent)).toMatchObject({ isError: true })
  expect(await statusOf(2)).toBe("new")
})
