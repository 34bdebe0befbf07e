import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { gzipSync } from "node:zlib"
import type { Browser, Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { sharedBrowser } from "../chromium.ts"
import { addLeads, learnFromProfile, openSample, startRun } from "./sample.ts"

const morning = "2026-11-17T09:00:00.000Z"
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
const pages = [
  "/",
  "/?open=1&group=company&frozen=2",
  "/?q=nobody-at-all",
  "/companies",
  "/drafts",
  "/tasks",
  "/runs",
  "/facts",
  "/evidence",
  "/changes",
  "/stats",
  "/leads/1",
  "/leads/1/merge?with=2",
  "/duplicates",
  "/companies/1",
  "/runs/1",
  "/evidence/1?fact=1",
  "/nowhere",
]

let browser: Browser
let store: Store
let close: () => Promise<void>
let viewer: RunningViewer

beforeAll(async () => {
  browser = await sharedBrowser()
  ;({ store, close } = openSample())
  viewer = await serveViewer({ store, clock: () => new Date(), port: 0 })
  const [lead] = await addLeads(store, many(6, 0), morning)
  if (!lead) throw new Error("No lead was stored.")
  const run = await startRun(store, { startedAt: new Date().toISOString(), leadId: lead.id })
  await learnFromProfile(store, lead, run, { title: "CTO", location: "Porto" }, new Date().toISOString())
  await store.write(async (db) => {
    const at = { createdAt: morning, updatedAt: morning, notBefore: morning }
    await db.insert(tables.tasks).values({ kind: "enrich", leadId: lead.id, ...at })
    await db.insert(tables.messages).values({
      runId: run.id,
      role: "assistant",
      content: [{ type: "tool_use", id: "t1", name: "execute", input: { code: "return 1" } }],
      createdAt: morning,
    })
  })
})
afterAll(async () => {
  await viewer.close()
  await close()
})

/** axe looks at every element: a few rows are enough for it. */
function many(count: number, from: number) {
  return Array.from({ length: count }, (_, at) => ({
    name: `Ines Vance the ${from + at}th`,
    company: `Larkspur ${at % 3}`,
    linkedinUrl: `https://www.linkedin.com/in/ines-${from + at}`,
    status: (["new", "qualified", "won"] as const)[at % 3] ?? "new",
  }))
}

async function open(path: string, options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ baseURL: viewer.url, bypassCSP: true, ...options })
  const page = await context.newPage()
  await page.goto(path)
  return page
}

test("axe finds nothing on any page, in light and dark, and on a phone none is wider than the screen", async () => {
  const page = await open("/", { viewport: { width: 1200, height: 800 } })
  for (const path of pages) {
    await page.emulateMedia({ colorScheme: "light" })
    await page.goto(path)
    await page.evaluate(axe)
    expect([path, "light", await violations(page, {})]).toEqual([path, "light", []])
    // In the dark only the colours are others.
    await page.emulateMedia({ colorScheme: "dark" })
    expect([path, "dark", await violations(page, { runOnly: ["color-contrast"] })]).toEqual([path, "dark", []])
    await page.setViewportSize({ width: 390, height: 800 })
    expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 390])
    await page.setViewportSize({ width: 1200, height: 800 })
  }
  await page.context().close()
})

type Axe = { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> }

function violations(page: Page, options: object): Promise<string[]> {
  return page.evaluate(async (options) => {
    const axe: Axe = Reflect.get(globalThis, "axe")
    const found = await axe.run({ ...options, resultTypes: ["violations"], selectors: false, preload: false })
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 120)}`)
  }, options)
}

test("a page weighs less than 60 KB with everything it loads, and is drawn without moving", async () => {
  await addLeads(store, many(34, 6), morning)
  for (const path of ["/", "/stats", "/leads/1", "/runs/1"]) {
    const page = await open(path)
    const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))
    const bodies = await Promise.all([path, ...loaded].map((address) => fetch(new URL(address, viewer.url))))
    const same = bodies.filter((answer) => !answer.url.includes("/events"))
    expect(
      same.map(({ headers }) => headers.get("content-encoding")).filter((encoding) => encoding === "gzip").length,
    ).toBeGreaterThan(5)
    const sizes = await Promise.all(same.map(async (answer) => gzipSync(await answer.bytes()).length))
    // Charts are drawn by a library, after the page.
    const most = path === "/stats" ? 120_000 : 60_000
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(most)
    const moved = await page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          let sum = 0
          const add = (list: PerformanceObserverEntryList) => {
            for (const entry of list.getEntries()) sum += Number(Reflect.get(entry, "value"))
          }
          new PerformanceObserver(add).observe({ type: "layout-shift", buffered: true })
          setTimeout(() => resolve(sum), 400)
        }),
    )
    expect(moved).toBeLessThan(0.01)
    await page.context().close()
  }
})
