import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { eq } from "drizzle-orm"
import type { Browser, BrowserContextOptions, Page } from "playwright"
import { generate } from "selfsigned"
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { addReminder } from "../../src/leads/reminders.ts"
import { keepBookmark } from "../../src/team/bookmarks.ts"
import { makeLink } from "../../src/team/sessions.ts"
import { putUser } from "../../src/team/users.ts"
import { openRunWords } from "../../viewer/run-words.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { sharedBrowser } from "../chromium.ts"
import { ada, addLeads, learnFromProfile, openSample, startRun } from "./sample.ts"
import { noteTrouble } from "./trouble.ts"

const morning = "2026-11-17T09:00:00.000Z"
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>`

let browser: Browser
let store: Store
let close: () => Promise<void>
let viewer: RunningViewer
let trouble: string[]
const words = openRunWords()

beforeAll(async () => {
  browser = await sharedBrowser()
})

beforeEach(async () => {
  ;({ store, close } = openSample())
  viewer = await serveViewer({ store, clock: () => new Date(), port: 0, words, live: { every: 50 } })
  trouble = []
})
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
  await viewer.close()
  await close()
  expect(trouble).toEqual([])
})

async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, baseURL: viewer.url, ...options })
  const page = await context.newPage()
  noteTrouble(page, { url: new URL(path, viewer.url).origin }, trouble)
  await page.goto(path)
  return page
}

async function axeFinds(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } = Reflect.get(
      globalThis,
      "axe",
    )
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`)
  })
}

async function suggest(leadId: number, field: string, value: string) {
  const fact = { entity: "lead", entityId: leadId, field, value, basis: "inferred", state: "suggested" } as const
  await store.change({ actor: "agent:enricher", kind: "run" }, (db) =>
    db.insert(tables.facts).values({ ...fact, createdAt: morning }),
  )
}

const titleOf = async (id: number) =>
  (await store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, id))))[0]?.title

test("a table is kept under a name, opened again and let go", async () => {
  await addLeads(store, [{ name: "Ines Vance", title: "CTO" }, { name: "Jon Okafor" }], morning)
  const page = await open("/?missing=title")
  await page.getByText("Bookmark", { exact: true }).click()
  await page.getByRole("textbox", { name: "Name" }).fill("Untitled people")
  await page.getByRole("button", { name: "Keep this table" }).click()
  const bookmarks = page.getByRole("navigation", { name: "Bookmarks" })
  await bookmarks.getByText("Untitled people").waitFor()
  await page.goto("/")
  await bookmarks.getByText("Untitled people").click()
  await expect.poll(() => new URL(page.url()).search).toBe("?missing=title")
  await page.getByRole("button", { name: "Remove the bookmark Untitled people" }).click()
  await bookmarks.waitFor({ state: "detached" })
})

test("a bookmark's name and a person's are text, whatever they are made of", async () => {
  await addLeads(store, [{ name: "Ines" }], morning)
  const mallory = { actor: `human:${evil}`, kind: "bookmark" }
  await keepBookmark(store, mallory, { name: evil, path: "/?status=new", isShared: true }, new Date())
  await addReminder(store, mallory, 1, { text: evil, dueAt: new Date(), person: `human:${evil}` }, new Date())
  await suggest(1, "title", evil)
  const page = await open("/?open=1")
  await page.getByRole("navigation", { name: "Bookmarks" }).getByText(evil).waitFor()
  await page.locator("#drawer .reminders").getByText(evil, { exact: true }).waitFor()
  expect(await page.locator("img[src=x]").count()).toBe(0)
})

test("a suggestion is accepted in the drawer and rejected on the lead's page, and the table shows it", async () => {
  await addLeads(store, [{ name: "Ines Vance", title: "CTO" }], morning)
  await suggest(1, "title", "Founder")
  await suggest(1, "location", "Porto")
  const page = await open("/?open=1")
  await page.getByRole("button", { name: "Accept: Title Founder" }).click()
  await page.locator('tr[data-id="1"] td[data-column="title"]').getByText("Founder").waitFor()
  await page.getByRole("link", { name: "Open the page" }).click()
  await page.getByRole("button", { name: "Reject: Location Porto" }).click()
  await page.getByRole("heading", { name: "Agents suggest" }).waitFor({ state: "detached" })
  expect(await titleOf(1)).toBe("Founder")
})

test("without scripts the same buttons do the same", async () => {
  await addLeads(store, [{ name: "Ines Vance" }], morning)
  await suggest(1, "title", "Founder")
  const page = await open("/leads/1", { javaScriptEnabled: false })
  await page.getByRole("button", { name: "Accept: Title Founder" }).click()
  await page.waitForURL("**/leads/1")
  expect(await titleOf(1)).toBe("Founder")
})

test("a lead shows what is to do, what was written and who may be the same person", async () => {
  await addLeads(
    store,
    [
      { name: "Ines Vance", company: "Larkspur Robotics" },
      { name: "Ines Vance", company: "Larkspur Robotics" },
    ],
    morning,
  )
  await addReminder(store, ada, 1, { text: "Call back", dueAt: new Date(), person: "human:ada" }, new Date())
  await store.change({ actor: "agent:writer", kind: "run" }, (db) =>
    db.insert(tables.drafts).values({
      ...{ leadId: 1, channel: "email", recipient: "ines@larkspur.example", subject: "Robots", body: "Hello Ines" },
      ...{ author: "agent:writer", createdAt: morning, updatedAt: morning },
    }),
  )
  const page = await open("/drafts")
  await page.getByRole("link", { name: "Ines Vance" }).click()
  const drawer = page.locator("#drawer")
  await drawer.getByRole("link", { name: "Compare and merge" }).waitFor()
  await drawer.locator(".drafts").getByText("Hello Ines").waitFor()
  expect(await axeFinds(page)).toEqual([])
  await drawer.getByRole("button", { name: "Done: Call back" }).click()
  await drawer.locator(".reminders").waitFor({ state: "detached" })
  await drawer.getByRole("link", { name: "Compare and merge" }).click()
  await page.getByRole("heading", { name: "Make one of Ines Vance and Ines Vance" }).waitFor()
  expect(await axeFinds(page)).toEqual([])
  await page.getByRole("button", { name: "Merge into no. 1" }).click()
  await page.getByText("merged another lead into this one").waitFor()
  await page.getByRole("button", { name: "Take the merge back" }).click()
  await page.getByText("merged another lead into this one").waitFor({ state: "detached" })
})

test("companies and the statistics follow what agents do", async () => {
  const [lead] = await addLeads(
    store,
    [{ name: "Ines", company: "Larkspur", linkedinUrl: "https://www.linkedin.com/in/ines" }],
    morning,
  )
  if (!lead) throw new Error("No lead was stored.")
  const companies = await open("/companies")
  const stats = await open("/stats")
  await stats.locator(".summit").getByText("25 points to Stone").waitFor()
  await expect
    .poll(() =>
      stats
        .locator("canvas")
        .first()
        .evaluate((canvas) => canvas.clientHeight),
    )
    .toBeGreaterThan(100)
  await store.change(ada, (db) =>
    db.update(tables.companies).set({ industry: "Robots" }).where(eq(tables.companies.id, 1)),
  )
  await companies.locator("tr td[data-column=industry].flash").getByText("Robots").waitFor()
  const run = await startRun(store, { startedAt: new Date().toISOString() })
  await learnFromProfile(store, lead, run, { title: "CTO" }, new Date().toISOString())
  await stats.locator(".summit").getByText("22 points to Stone").waitFor()
})

test("a run's words appear as they are written", async () => {
  const run = await startRun(store, { startedAt: morning })
  words.tell(run.id, { kind: "text", text: "I look " })
  const page = await open(`/runs/${run.id}`)
  await page.locator(".writing").getByText("I look").waitFor()
  // What changes meanwhile on the page leaves them where they are.
  await store.write((db) => db.update(tables.runs).set({ requests: 3 }).where(eq(tables.runs.id, run.id)))
  await startRun(store, { startedAt: morning })
  await page.getByText("for 3 requests").waitFor()
  words.tell(run.id, { kind: "text", text: "at <b>her</b> page." })
  await page.locator(".writing p", { hasText: "I look at <b>her</b> page." }).waitFor()
  words.tell(run.id, { kind: "retry", attempt: 1, failure: "overloaded", reason: "busy", waitMs: 1 })
  await page.locator(".writing").waitFor({ state: "detached" })
})

test("a teammate signs in with a link, sees who they are, and signs out", async () => {
  const certificate = await generate([{ name: "commonName", value: "viewer.example" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  })
  const tls = { cert: certificate.cert, key: certificate.private }
  const team = await serveViewer({ store, clock: () => new Date(), port: 0, tls })
  const put = await putUser(store, ada, { name: "Bo O'Neil", role: "member" }, new Date())
  const { secret } = await makeLink(store, put.kind === "changed" ? put.user.id : 0, new Date())
  const page = await open(`${team.url}/sign-in#${secret}`, { ignoreHTTPSErrors: true, bypassCSP: true })
  await expect.poll(() => page.url()).toBe(`${team.url}/sign-in`)
  expect(await axeFinds(page)).toEqual([])
  await page.getByRole("button", { name: "Sign in" }).click()
  await page.getByRole("button", { name: "Signed in as Bo O'Neil" }).click()
  expect(await axeFinds(page)).toEqual([])
  expect(await page.evaluate(() => document.cookie)).toBe("")
  await page.getByRole("button", { name: "Sign out" }).click()
  await page.waitForURL("**/sign-in")
  await page.goto(`${team.url}/stats`)
  await page.getByRole("button", { name: "Sign in" }).waitFor()
  trouble = trouble.filter((words) => !words.includes("401"))
  await page.context().close()
  await team.close()
})
