import { existsSync, readdirSync, readFileSync } from "node:fs"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import type { Chromium } from "../../src/browser/chromium.ts"
import { type Egress, openEgress } from "../../src/browser/egress.ts"
import { type Lane, type LaneOptions, laneClock, openLane } from "../../src/browser/lane.ts"
import { patience, testChromium } from "../chromium.ts"
import { plainAdapter } from "./plain-adapter.ts"
import { openTestWeb, type TestWeb } from "./web.ts"

let web: TestWeb
let egress: Egress
let folder: string
let chromium: Chromium
const adapter = plainAdapter(["www.site.example"])
const lanes: Lane[] = []

beforeAll(async () => {
  web = await openTestWeb()
  egress = await openEgress({
    clock: () => new Date(),
    route: { kind: "replica", port: web.port, spki: web.spki },
  })
  folder = await mkdtemp(join(tmpdir(), "lane-"))
  chromium = await testChromium()
  web.serve({ "www.site.example/": "<h1>Home</h1>" })
})
afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()))
  await egress.close()
  web.close()
  await rm(folder, { recursive: true, force: true })
})

test("readings wait their turn, and pause like a person between two", async () => {
  const slept: number[] = []
  const open = { now: 0, most: 0 }
  web.serve({
    "www.site.example/slow": (_request, response) => {
      open.most = Math.max(open.most, ++open.now)
      setTimeout(() => {
        open.now--
        response.end("<h1>Slow</h1>")
      }, 100)
    },
  })
  const draws = [0, 0.5, 0.999]
  const lane = laneOf("turns", {
    clock: { now: () => new Date(0), sleep: async (ms) => void slept.push(ms) },
    random: () => draws.shift() ?? 0,
  })
  const readings = await Promise.all([1, 2, 3, 4].map(() => read(lane, "/slow")))
  expect(readings.map(({ kind }) => kind)).toEqual(["read", "read", "read", "read"])
  expect(open.most).toBe(1)
  expect(slept).toEqual([8_000, 16_500, 24_983])
})

test("time that has passed since the last navigation counts as pause", async () => {
  const slept: number[] = []
  let now = 0
  const lane = laneOf("passed", {
    clock: { now: () => new Date(now), sleep: async (ms) => void slept.push(ms) },
    random: () => 0,
  })
  await read(lane, "/")
  now += 5_000
  await read(lane, "/")
  now += 60_000
  await read(lane, "/")
  expect(slept).toEqual([3_000])
})

test("a rehearsal's clock sleeps faster, and never not at all", async () => {
  const before = performance.now()
  await laneClock(100).sleep(8_000, new AbortController().signal)
  expect(performance.now() - before).toBeGreaterThanOrEqual(79)
})

test("an account stays signed in from one process to the next, in a folder that is its own", async () => {
  web.serve({
    "www.site.example/login": (_request, response) =>
      response.writeHead(200, { "set-cookie": "session=1; Max-Age=9999; Secure; HttpOnly" }).end("<h1>Welcome</h1>"),
    "www.site.example/me": (request, response) => response.end(`<h1>${request.headers.cookie}</h1>`),
  })
  const first = laneOf("signed-in")
  await read(first, "/login")
  await first.close()
  expect(await read(laneOf("signed-in"), "/me")).toMatchObject({
    capture: { html: expect.stringContaining("session=1") },
  })
  expect((await stat(join(folder, "signed-in"))).mode & 0o777).toBe(0o700)
})

test("a browser that was closed for idleness is opened again", async () => {
  const lane = laneOf("idle", { idleMs: 50 })
  await read(lane, "/")
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await read(lane, "/")).toMatchObject({ kind: "read" })
})

test.runIf(process.platform === "linux")(
  "after one crash the page is read all the same; after two it is unreachable",
  async () => {
    let crashes = 1
    web.serve({
      "www.site.example/crash": (_request, response) => {
        if (crashes-- > 0) killBrowserOf(join(folder, "crash"))
        else response.end("<h1>Alive</h1>")
      },
    })
    const lane = laneOf("crash")
    expect(await read(lane, "/crash")).toMatchObject({ kind: "read" })
    crashes = 2
    expect(await read(lane, "/crash")).toEqual({ kind: "unreachable", reason: "The browser crashed on it twice." })
    expect(await read(lane, "/crash"), "the lane goes on").toMatchObject({ kind: "read" })
  },
)

test("why a page could not be reached is told in words", async () => {
  web.serve({
    "www.site.example/away": (_request, response) =>
      response.writeHead(302, { location: "https://evil.example/" }).end(),
  })
  expect(await read(laneOf("words"), "/away")).toEqual({
    kind: "unreachable",
    reason: "The page led to evil.example, which is not part of this reading.",
  })
})

test("a page that hangs does not hold up the next", async () => {
  web.serve({ "www.site.example/endless": "<h1>x</h1><script>setTimeout(() => { while (true); }, 0)</script>" })
  const lane = laneOf("hangs")
  const endless = lane.read(adapter, "https://www.site.example/endless", AbortSignal.timeout(1_000))
  expect(await endless).toEqual({ kind: "unreachable", reason: "The reading was stopped." })
  expect(await read(lane, "/")).toMatchObject({ kind: "read" })
})

test("closing a lane ends the reading in hand and those that wait", async () => {
  web.serve({ "www.site.example/never": () => {} })
  const lane = laneOf("closing")
  const readings = [read(lane, "/never"), read(lane, "/never")]
  await new Promise((resolve) => setTimeout(resolve, 500))
  await lane.close()
  const stopped = { kind: "unreachable", reason: "The reading was stopped." }
  expect(await Promise.all(readings)).toEqual([stopped, stopped])
})

function laneOf(profile: string, options: Partial<LaneOptions> = {}): Lane {
  const lane = openLane({
    profileDir: join(folder, profile),
    chromium,
    egress,
    headless: true,
    clock: laneClock(1_000),
    random: () => 0,
    ...options,
  })
  lanes.push(lane)
  return lane
}

function read(lane: Lane, path: string, by = adapter) {
  return lane.read(by, `https://www.site.example${path}`, AbortSignal.timeout(patience))
}

function killBrowserOf(profileDir: string): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const command = existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : ""
    if (command.split("\0").includes(`--user-data-dir=${profileDir}`)) process.kill(Number(pid), "SIGKILL")
  }
}
