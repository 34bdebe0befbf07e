import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openEgress } from "../../src/browser/egress.ts"
import { type Lane, laneClock, launchProfile, openLane } from "../../src/browser/lane.ts"
import type { Adapter } from "../../src/browser/sites/adapter.ts"
import { companySite } from "../../src/browser/sites/company/site/site.ts"
import { linkedinProfile } from "../../src/browser/sites/linkedin/profile/profile.ts"
import { xProfile } from "../../src/browser/sites/x/profile/profile.ts"
import { snapshotOf } from "../../src/browser/snapshot.ts"
import { startReplica } from "../../src/rehearsal/replica.ts"
import { companies } from "../../src/rehearsal/web/companies.ts"
import { ordinaryPeople } from "../../src/rehearsal/web/ordinary-people.ts"
import { testChromium } from "../chromium.ts"

/** How fast lanes read and what memory they take, pauses left out; and what a page costs a model, in characters. */

const folder = mkdtempSync(join(tmpdir(), "bench-browser-"))
const replica = await startReplica({ overlay: null })
const chromium = await testChromium()
const clock = () => new Date()
const signal = new AbortController().signal
const route = { kind: "replica", port: replica.port, spki: replica.spki } as const
const profiles = ordinaryPeople.map(({ slug }) => `https://www.linkedin.com/in/${encodeURIComponent(slug)}/`)
const handles = ordinaryPeople.flatMap(({ x }) => (x ? [`https://x.com/${x.handle}`] : []))
const sites = companies.map(({ domain }) => `https://${domain}/`)

console.log(`Browser: ${chromium.kind}`)
await measureCharacters("LinkedIn profile", linkedinProfile, profiles.slice(0, 5))
await measureCharacters("X profile", xProfile, handles.slice(0, 5))
await measureCharacters("Company site", companySite, sites.slice(0, 5))
for (const [name, adapter, addresses] of [
  ["LinkedIn profiles", linkedinProfile, profiles],
  ["X profiles", xProfile, handles],
] as const) {
  for (const lanes of [1, 4, 8]) await measureLanes(name, adapter, addresses, lanes)
}
await replica.close()
rmSync(folder, { recursive: true, force: true, maxRetries: 5 })

async function measureLanes(name: string, adapter: Adapter, addresses: readonly string[], count: number) {
  const lanes = await Promise.all(Array.from({ length: count }, (_, i) => openOne(`${count}-${i}-${adapter.page}`)))
  const [first = ""] = addresses
  await Promise.all(lanes.map(({ lane }) => lane.read(adapter, first, signal)))
  const wanted = Math.max(12, count * 6)
  const todo = Array.from({ length: wanted }, (_, i) => addresses[i % addresses.length] ?? first).values()
  const began = performance.now()
  let found = 0
  let most = 0
  await Promise.all(
    lanes.map(async ({ lane }) => {
      for (const address of todo) {
        const read = await lane.read(adapter, address, signal)
        if (read.kind === "read" && read.reading.kind === "found") found += 1
        most = Math.max(most, browserMegabytes())
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  const rate = (found / seconds).toFixed(2)
  console.log(`${name}, ${count} lanes: ${rate} pages/s, ${found}/${wanted} found, browsers ${most} MB (PSS)`)
  await Promise.all(lanes.map(({ close }) => close()))
}

async function openOne(profile: string): Promise<{ lane: Lane; close: () => Promise<void> }> {
  const egress = await openEgress({ route, clock })
  const lane = openLane({
    profileDir: join(folder, profile),
    chromium,
    egress,
    headless: true,
    clock: laneClock(1_000_000),
    random: () => 0,
  })
  return {
    lane,
    async close() {
      await lane.close()
      await egress.close()
    },
  }
}

async function measureCharacters(name: string, adapter: Adapter, addresses: readonly string[]) {
  const { lane, close } = await openOne(`characters-${adapter.page}`)
  const egress = await openEgress({ route, clock })
  const opened = await launchProfile({
    profileDir: join(folder, `snapshot-${adapter.page}`),
    chromium,
    egress,
    headless: true,
  })
  const sums = { html: 0, snapshot: 0, outline: 0, main: 0, fields: 0 }
  for (const address of addresses) {
    const read = await lane.read(adapter, address, signal)
    if (read.kind !== "read") continue
    egress.grant(adapter.hosts(new URL(address)))
    const page = await opened.context.newPage()
    await page.setContent(read.capture.html, { waitUntil: "domcontentloaded" })
    sums.html += read.capture.html.length
    sums.snapshot += (await page.locator("body").ariaSnapshot({ mode: "ai" })).length
    sums.outline += snapshotOf(read.capture, 1)?.text.length ?? 0
    sums.main += read.reading.text.length
    sums.fields += JSON.stringify(read.reading.fields).length
    await page.close()
  }
  const mean = (sum: number) => Math.round(sum / addresses.length).toLocaleString("en")
  console.log(
    `${name}, characters: HTML ${mean(sums.html)}, Playwright's AI snapshot ${mean(sums.snapshot)}, web.open ${mean(sums.outline)}, main text ${mean(sums.main)}, fields ${mean(sums.fields)}`,
  )
  await opened.close()
  await egress.close()
  await close()
}

/** What the browsers of this process hold of the machine's memory, shared pages divided among their users. */
function browserMegabytes(): number {
  if (process.platform !== "linux") return Number.NaN
  const kilobytes = descendants(process.pid).map((pid) => {
    const rollup = readProc(pid, "smaps_rollup")
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
  })
  return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024)
}

function descendants(pid: number): number[] {
  const parents = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(/\) \w (\d+)/.exec(readProc(Number(name), "stat"))?.[1]) }))
  const below = (one: number): number[] =>
    parents.filter(({ parent }) => parent === one).flatMap((child) => [child.pid, ...below(child.pid)])
  return below(pid)
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8")
  } catch {
    // The process has ended since.
    return ""
  }
}
