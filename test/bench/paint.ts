import { mkdtempSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { chromium } from "playwright"
import { findChromium } from "../../src/browser/chromium.ts"
import { openStore } from "../../src/db/store.ts"
import { serveViewer } from "../../viewer/serve.ts"
import { makeLeads } from "./make-leads.ts"

/** Prints when a real browser has drawn something of each page, and what the page weighs: `node test/bench/paint.ts [FILE]`. A browser
 * that was there before keeps what never changes, so both are measured. */
const rounds = 7
const pages = ["/", "/companies", "/drafts", "/runs", "/stats", "/leads/1"]

const given = process.argv[2]
const folder = mkdtempSync(join(tmpdir(), "giant-paint-"))
const path = given ?? join(folder, "giant.db")
if (!given) makeLeads(path, 1_000)
const store = openStore(path)
const viewer = await serveViewer({ store, clock: () => new Date(), port: 0 })
const found = await findChromium({
  setting: process.env.GIANT_CHROME ?? null,
  cacheDir: join(homedir(), ".cache", "smallgiant"),
})
const { executablePath, args, env } = found
const browser = await chromium.launch({ executablePath, args, env, chromiumSandbox: found.sandbox.kind === "on" })
const results = []
for (const address of pages) {
  const first: number[] = []
  const again: number[] = []
  let weight = 0
  for (let round = 0; round < rounds; round++) {
    const context = await browser.newContext({ baseURL: viewer.url, viewport: { width: 1300, height: 800 } })
    const page = await context.newPage()
    first.push(await painted(address))
    weight = await weightOf(address)
    again.push(await painted(address))
    await context.close()

    async function painted(path: string): Promise<number> {
      await page.goto(path, { waitUntil: "load" })
      return page.evaluate(async () => {
        while (performance.getEntriesByName("first-contentful-paint").length === 0) {
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
        return performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0
      })
    }

    async function weightOf(path: string): Promise<number> {
      const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))
      const files = [path, ...loaded].filter((name) => !name.includes("/events"))
      const answers = await Promise.all(files.map((name) => fetch(new URL(name, viewer.url))))
      const sizes = await Promise.all(answers.map(async (answer) => gzipSync(await answer.bytes()).length))
      return sizes.reduce((sum, size) => sum + size, 0)
    }
  }
  const middle = (times: number[]) =>
    Math.round(times.toSorted((one, other) => one - other)[Math.floor(rounds / 2)] ?? 0)
  results.push({
    page: address,
    "first visit, ms": middle(first),
    "later visits, ms": middle(again),
    "KB compressed": Math.round(weight / 100) / 10,
  })
}
console.table(results)
await browser.close()
await viewer.close()
await store.close()
rmSync(folder, { recursive: true })
