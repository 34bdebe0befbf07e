import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { userInfo } from "node:os"
import { eq } from "drizzle-orm"
import type { Browser, BrowserContext, Page } from "playwright"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { sharedBrowser } from "../chromium.ts"
import { type Answer, type MessagesServer, startMessagesServer } from "../harness/messages-server.ts"
import { type Asking, openAsking } from "./asking.ts"
import { addLeads } from "./sample.ts"
import { noteTrouble } from "./trouble.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const people = [
  { name: "Ines Vance", title: "CTO", company: "Larkspur Robotics", email: "ines@larkspur.example" },
  { name: "Jon Okafor", title: "CFO", company: "Cobalt Freight" },
  { name: "Maria Silva", company: "Larkspur Robotics", email: "maria@larkspur.example" },
]

let browser: Browser
let scripted: Asking
let server: MessagesServer
/** What the scripted model answers next. */
let next: (() => Answer | Promise<Answer>)[]
let context: BrowserContext
/** Whatever a reader would call broken. */
let trouble: string[]

beforeAll(async () => {
  server = await startMessagesServer(() => (next.shift() ?? (() => ({ text: "I have nothing more to say." })))())
  browser = await sharedBrowser()
  scripted = await openAsking(server.url)
  await addLeads(scripted.store, people, "2026-11-17T09:00:00.000Z")
})
afterAll(async () => {
  await scripted?.close()
  await server?.close()
})

beforeEach(() => {
  next = []
  trouble = []
})
afterEach(async () => {
  await context?.close()
  expect(trouble).toEqual([])
})

async function openPage({ viewer }: Asking, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  context = await browser.newContext({ viewport: { width: 1300, height: 800 }, baseURL: viewer.url, ...options })
  const page = await context.newPage()
  noteTrouble(page, viewer, trouble)
  return page
}

async function ask(page: Page, words: string): Promise<void> {
  await page.locator("#ask").fill(words)
  await page.locator("#ask").press("Enter")
}

const lastTurn = (page: Page) => page.locator(".turn").last()
const runs = (code: string): Answer => ({ calls: [{ name: "execute", input: { code } }] })

test("asked from the bar of any page: a table, the link to the same one, a follow-up, and the history", async () => {
  const page = await openPage(scripted)
  const latest = { ...runs("return show(await leads.find({ limit: 2 }))"), text: "Here they are." }
  next = [() => latest, () => ({ text: "There are three." })]
  await page.goto("/stats")
  await page.keyboard.press("Control+k")
  await page.keyboard.type("show me the latest 2 leads")
  await page.keyboard.press("Enter")
  await page.waitForURL(/\/ask\/\d+$/)
  await page.getByText("Here they are.").waitFor()
  const names = page.locator(".answer-table tbody tr td:first-child")
  await names.nth(1).waitFor()
  expect(await names.allInnerTexts()).toEqual(["Maria Silva", "Jon Okafor"])
  await page.getByText("claude-haiku-5-5 answers.").waitFor()
  await ask(page, "how many leads are there?")
  await page.locator('.turn[data-state="done"]').nth(1).waitFor()
  const conversation = page.url()
  await page.getByRole("link", { name: "Open this table" }).click()
  await page.waitForURL(/\?limit=2$/)
  expect(await page.locator("#listing tbody a.open").allInnerTexts()).toEqual(["Maria Silva", "Jon Okafor"])
  await page.getByRole("link", { name: "Ask", exact: true }).click()
  await page.getByRole("link", { name: "show me the latest 2 leads" }).click()
  await page.waitForURL(conversation)
  expect(await page.locator(".turn").count()).toBe(2)
})

test("words and steps are seen as they come, what is said meanwhile is heard, and stop stops", async () => {
  const page = await openPage(scripted)
  const held = Promise.withResolvers<Answer>()
  next = [
    () => ({
      text: "I look around first.",
      calls: [{ name: "execute", input: { code: "return await leads.count()" } }],
    }),
    () => held.promise,
    () => new Promise<Answer>(() => {}),
  ]
  await page.goto("/")
  await ask(page, "Tell me about our leads.")
  await page.locator("[data-live-text]", { hasText: "I look around first." }).waitFor()
  await page.locator("[data-live-steps] li", { hasText: "looking up leads" }).waitFor()
  await ask(page, "Only those in Porto, please.")
  await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>("#ask")?.value === "")
  held.resolve(runs("return await leads.count({ location: 'Porto' })"))
  await page.locator("[data-live-steps] li[data-kind=told]", { hasText: "Only those in Porto" }).waitFor()
  await page.getByRole("button", { name: "Stop" }).click()
  await page.locator('.turn[data-state="aborted"]').waitFor()
  await lastTurn(page).getByText("The run was stopped.").waitFor()
  next = [() => ({ text: "I have gone on and found three." })]
  await page.getByRole("button", { name: "Go on" }).click()
  await page.getByText("I have gone on and found three.").waitFor()
  expect(JSON.stringify(server.requests.at(-1)?.body.messages)).toContain("Only those in Porto, please.")
})

test("what a turn changed is taken back by one button, and the agent hears of it", async () => {
  const page = await openPage(scripted)
  const status = async () => {
    const [lead] = await scripted.store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, 1)))
    return lead?.status
  }
  next = [
    () => runs('await leads.stage(1, "qualified")\nreturn "done"'),
    () => ({ text: "Ines is **qualified** now." }),
  ]
  await page.goto("/ask")
  await ask(page, "Qualify Ines.")
  await lastTurn(page).locator("strong", { hasText: "qualified" }).waitFor()
  expect(await status()).toBe("qualified")
  await page.getByRole("button", { name: "Undo what it changed" }).click()
  await page.getByText("Undone.", { exact: true }).waitFor()
  expect(await status()).toBe("new")
  await ask(page, "And now?")
  await page.getByText("I have nothing more to say.").waitFor()
  expect(JSON.stringify(server.requests.at(-1)?.body.messages.at(-1))).toContain("Since then I have undone what run")
})

test("what a person has to agree to waits with its exact calls, and is done once after the yes", async () => {
  const page = await openPage(scripted)
  next = [
    () => runs('await leads.find()\nawait leads.merge(3, 2)\nreturn "merged"'),
    () => ({ text: "They are one lead now." }),
  ]
  await page.goto("/ask")
  await ask(page, "Merge the two.")
  await page.getByText("This waits for your yes").waitFor()
  expect(await page.locator(".question code").innerText()).toBe("leads.merge")
  expect(JSON.parse(await page.locator(".question pre").innerText())).toEqual([3, 2])
  const { url } = scripted.viewer
  await page.goto("/questions")
  await page.locator(".question code", { hasText: "leads.merge" }).waitFor()
  await page.getByRole("link", { name: /^run \d+/ }).waitFor()
  await page.goto(`${url}/ask`)
  await page.getByRole("link", { name: "Merge the two." }).click()
  await page.getByRole("button", { name: "Yes, do it" }).click()
  await page.getByText("They are one lead now.").waitFor()
  const [merged] = await scripted.store.read((db) => db.select().from(tables.leads).where(eq(tables.leads.id, 2)))
  expect(merged?.mergedInto).toBe(3)
  const [question] = await scripted.store.read((db) => db.select().from(tables.questions))
  expect(question).toMatchObject({ answer: "approved", answeredBy: `human:${userInfo().username}` })
})

test("hostile text of models, leads and scripts is shown as text", async () => {
  const page = await openPage(scripted)
  const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>[x](javascript:alert(3))"
  const rows = JSON.stringify([{ name: evil, [evil]: evil, link: "javascript:alert(4)", at: evil }])
  next = [
    () => ({
      text: `${evil}\n\n- **${evil}**\n- \`${evil}\``,
      calls: [{ name: "execute", input: { code: `return show(${rows})` } }],
    }),
  ]
  await page.goto("/ask")
  await ask(page, evil)
  await page.locator(".answer-table").waitFor()
  expect(await page.locator(".asked").last().innerText()).toContain(evil)
  expect(await page.locator(".answer-table td").first().innerText()).toBe(evil)
  const bad = "main :is(img, script, iframe, [onerror], a[href^='javascript'])"
  expect(await page.locator(bad).count()).toBe(0)
  await page.reload()
  expect(await page.locator(bad).count()).toBe(0)
  await page.goto("/ask")
  await page.goto(`/ask?q=${encodeURIComponent(evil)}`)
  expect(await page.locator("#ask").inputValue()).toBe(evil)
})

test("without scripts one asks, waits and reads as well", async () => {
  const page = await openPage(scripted, { javaScriptEnabled: false })
  next = [() => runs("return show(await leads.find())")]
  await page.goto("/")
  await page.locator("#ask").fill("show me the latest leads")
  await page.getByRole("button", { name: "Ask", exact: true }).click()
  await page.locator(".answer-table tbody tr").nth(1).waitFor()
  expect(await page.locator('.turn[data-state="done"]').count()).toBe(1)
})

test("axe finds nothing on the pages of conversations, in light and dark", async () => {
  const page = await openPage(scripted, { viewport: { width: 390, height: 780 }, bypassCSP: true })
  const [turn] = await scripted.store.read((db) => db.select({ id: tables.answers.runId }).from(tables.answers))
  for (const path of ["/ask", `/ask/${turn?.id}`, "/questions", "/questions/1", "/"]) {
    await page.emulateMedia({ colorScheme: "light" })
    await page.goto(path)
    await page.evaluate(axe)
    expect(await violations(page, {}), path).toEqual([])
    // In the dark only the colours are others.
    await page.emulateMedia({ colorScheme: "dark" })
    expect(await violations(page, { runOnly: ["color-contrast"] }), `${path}, dark`).toEqual([])
  }
})

type Axe = { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }

function violations(page: Page, options: object): Promise<string[]> {
  return page.evaluate(async (options) => {
    const axe: Axe = Reflect.get(globalThis, "axe")
    const found = await axe.run({ ...options, resultTypes: ["violations"], selectors: false, preload: false })
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
  }, options)
}
