import { createSocket, type Socket } from "node:dgram"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Browser, BrowserContext, Page } from "playwright"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { askedFor, type HostileView, waysIn, waysOut } from "./hostile-views.ts"
import { addLeads } from "./sample.ts"
import { openViewBench, startPersonsBrowser, type ViewBench } from "./view-bench.ts"

let browser: Browser
let bench: ViewBench
let context: BrowserContext
/** Her id. */
let ines: number
/** Another one for each test: what a page of the test before still sends reaches nobody. */
let evil: { url: string; stun: string; reached: string[]; close(): void }

beforeAll(async () => {
  browser = await startPersonsBrowser()
  bench = await openViewBench()
  context = await browser.newContext({ baseURL: bench.viewer.url, viewport: { width: 900, height: 700 } })
})
afterAll(async () => {
  await browser.close()
  await bench.close()
})
beforeEach(async () => {
  const added = await addLeads(
    bench.store,
    [
      { name: "Ines Vance", score: 80 },
      { name: "Jon Okafor", score: 40 },
    ],
    "2026-11-17T09:00:00.000Z",
  )
  ines = added[0]?.id ?? 0
  evil = await openAttacker()
})
afterEach(async () => {
  for (const page of context.pages()) await page.close()
  evil.close()
  await bench.empty()
})

/** Somebody outside who writes down whatever reaches them, on TCP and UDP. */
async function openAttacker() {
  const reached: string[] = []
  const server: Server = createServer((request, response) => {
    reached.push(`${request.method} ${request.url}`)
    response.setHeader("access-control-allow-origin", "*")
    response.end("x")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  server.on("connection", () => reached.push("TCP"))
  const socket: Socket = createSocket("udp4")
  socket.on("message", () => reached.push("UDP"))
  await new Promise<void>((resolve) => socket.bind(port, "127.0.0.1", resolve))
  return {
    ...{ url: `http://127.0.0.1:${port}`, stun: `127.0.0.1:${port}`, reached },
    close() {
      server.closeAllConnections()
      server.close()
      socket.close()
    },
  }
}

function written(html: string): string {
  return html.replaceAll("EVIL", evil.url).replaceAll("STUN", evil.stun).replaceAll("VIEWER", bench.viewer.url)
}

async function hostile({ name, html }: Pick<HostileView, "name" | "html">): Promise<number> {
  return bench.make({
    title: name.slice(0, 80),
    inputs: { least: { type: "number", value: 0 } },
    queries: { all: { sql: "SELECT id AS lead_id, name, status FROM leads WHERE score >= :least ORDER BY id" } },
    actions: { lose: { call: "leads.stage", args: ["$lead_id", "lost"], label: "Lose" } },
    html: written(html),
  })
}

/** Opens a view and lets it do what it does. Returns what a person would call broken. */
async function opened(id: number, page: Page): Promise<string[]> {
  const broken: string[] = []
  page.on("dialog", (dialog) => {
    broken.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("popup", () => broken.push("popup"))
  page.on("download", () => broken.push("download"))
  await page.goto(`/views/${id}`)
  await page
    .locator(".view-frame :is(iframe[title], .notice)")
    .waitFor({ state: "attached" })
    .catch(async () => broken.push(`not shown: ${await page.locator(".view-frame").innerHTML()}`))
  await page.waitForTimeout(settling)
  const words = await page.evaluate(() => [
    document.title,
    location.pathname,
    document.body.innerText.includes("taken"),
    document.fullscreenElement !== null,
  ])
  if (words[1] !== `/views/${id}` || words[2] || words[3]) broken.push(JSON.stringify(words))
  await page
    .getByText("What it may do")
    .click()
    .catch(() => broken.push("the page's own menu did not open"))
  if (await page.evaluate(() => document.activeElement?.tagName === "IFRAME")) broken.push("focus taken")
  return broken
}

/** Milliseconds in which a view does its worst. */
const settling = 350
const atOnce = 4
/** Many pages take their time on a busy machine. */

async function tryAll(views: readonly HostileView[]): Promise<Record<string, string[]>> {
  const left = [...views]
  const outcomes: Record<string, string[]> = {}
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let view = left.shift(); view; view = left.shift()) {
        const page = await context.newPage()
        const id = await hostile(view)
        outcomes[view.name] = await opened(id, page)
        await page.close()
      }
    }),
  )
  return outcomes
}

/** Those that can stand beside others, several in one; the others each alone. */
function together(views: readonly HostileView[], size: number): HostileView[] {
  const standing = views.filter(({ alone }) => !alone)
  const groups = Array.from({ length: Math.ceil(standing.length / size) }, (_, at) =>
    standing.slice(at * size, at * size + size),
  )
  const joined = groups.map((group) => ({
    name: group.map(({ name }) => name).join(", "),
    html: group.map(({ html }) => html).join(""),
    alone: false,
  }))
  return [...joined, ...views.filter(({ alone }) => alone)]
}

const unharmed = (views: readonly HostileView[]) => Object.fromEntries(views.map(({ name }) => [name, []]))
const unchanged = async () => {
  const leads = await bench.store.read((db) => db.select({ status: tables.leads.status }).from(tables.leads))
  const calls = await bench.store.read((db) => db.select().from(tables.calls))
  const shared = await bench.store.read((db) => db.select({ shared: tables.views.sharedVersion }).from(tables.views))
  expect(leads).toEqual([{ status: "new" }, { status: "new" }])
  expect(calls).toEqual([])
  expect(shared.filter((one) => one.shared !== null)).toEqual([])
}

test("these are at least forty, and without protection most of them get out", async () => {
  expect(waysOut.length + waysIn.length + askedFor.length).toBeGreaterThanOrEqual(40)
  const open = createServer((request, response) => {
    response.setHeader("content-type", "text/html")
    const nth = Number(request.url?.slice(1))
    response.end(written(waysOut[nth]?.html ?? ""))
  })
  await new Promise<void>((resolve) => open.listen(0, "127.0.0.1", resolve))
  const page = await context.newPage()
  await page.setContent(
    waysOut
      .map(
        (_, nth) =>
          `<iframe sandbox="allow-scripts" src="http://127.0.0.1:${(open.address() as AddressInfo).port}/${nth}"></iframe>`,
      )
      .join(""),
  )
  await expect.poll(() => new Set(evil.reached).size).toBeGreaterThan(25)
  await expect.poll(() => evil.reached).toContain("UDP")
  open.closeAllConnections()
  open.close()
})

test("nothing gets out of free HTML, by any of these ways", async () => {
  const views = together(waysOut, 15)
  expect(await tryAll(views)).toEqual(unharmed(views))
  expect(evil.reached).toEqual([])
  await unchanged()
})

test("nothing gets at the page around it, and the page stays usable", async () => {
  const views = together(waysIn, 8)
  expect(await tryAll(views)).toEqual(unharmed(views))
  expect(evil.reached).toEqual([])
  await unchanged()
})

test("what it asks for beyond its grant is refused", async () => {
  const asks = askedFor.map(({ code }) => `() => ${code}`).join(", ")
  const html = `<script>(async () => {
    const told = []
    for (const ask of [${asks}])
      told.push(await Promise.resolve().then(ask).then((x) => JSON.stringify(x), (error) => error.message))
    document.body.textContent = JSON.stringify(told)
  })()</script>`
  const page = await context.newPage()
  await page.goto(`/views/${await hostile({ name: "asking", html })}`)
  const body = page.frameLocator(".view-frame iframe[title]").locator("body")
  await expect.poll(() => body.textContent()).toMatch(/^\[.*\]$/s)
  expect(JSON.parse((await body.textContent()) ?? "")).toEqual(askedFor.map(({ told }) => expect.stringMatching(told)))
  await unchanged()
})

const proposing = `<p>Hello</p><script>
view.rows("all").then(([row]) => view.act("lose", row)).then(
  () => { document.body.textContent = "done" }, (error) => { document.body.textContent = error.message })</script>`

test("what it proposes is done only when the person says yes, out there, to exactly that", async () => {
  const page = await context.newPage()
  await page.goto(`/views/${await hostile({ name: "proposing", html: proposing })}`)
  const dialog = page.getByRole("dialog", { name: "This view wants something done" })
  await dialog.waitFor()
  expect(await dialog.innerText()).toMatch(new RegExp(`Ines Vance \\(leads\\.stage\\)[\\s\\S]*${ines},[\\s\\S]*"lost"`))
  expect(await dialog.getByRole("button", { name: "Yes: Lose" }).isDisabled()).toBe(true)
  await unchanged()
  await dialog.getByRole("button", { name: "No" }).click()
  await expect
    .poll(() => page.frameLocator(".view-frame iframe").locator("body").textContent())
    .toBe("The person said no.")
  await unchanged()
  await page.reload()
  await dialog.getByRole("button", { name: "Yes: Lose" }).click()
  await expect.poll(() => page.frameLocator(".view-frame iframe").locator("body").textContent()).toBe("done")
  const [lead] = await bench.store.read((db) => db.select({ status: tables.leads.status }).from(tables.leads))
  expect(lead).toEqual({ status: "lost" })
})

test("a row that changed while the person was asked is left alone", async () => {
  const page = await context.newPage()
  await page.goto(`/views/${await hostile({ name: "proposing", html: proposing })}`)
  const dialog = page.getByRole("dialog", { name: "This view wants something done" })
  await dialog.waitFor()
  await bench.store.change({ actor: "human:ben", kind: "edit" }, (db) =>
    db.update(tables.leads).set({ name: "Ines Other" }),
  )
  await dialog.getByRole("button", { name: "Yes: Lose" }).click()
  await expect
    .poll(() => page.frameLocator(".view-frame iframe").locator("body").textContent())
    .toMatch(/changed since/)
  await unchanged()
})

test("a view that asks again and again is stopped", async () => {
  const page = await context.newPage()
  const html = `<script>(async () => { const [row] = await view.rows("all"); for (;;) await view.act("lose", row).catch(() => {}) })()</script>`
  await page.goto(`/views/${await hostile({ name: "asking", html })}`)
  for (let nth = 0; nth < 5; nth += 1) {
    await page.getByRole("dialog").getByRole("button", { name: "No" }).click()
    await page.waitForTimeout(50)
  }
  await page.getByText("again and again, so it was stopped").waitFor()
  await unchanged()
})

test("a view that hangs is stopped, and that is said", async () => {
  const page = await context.newPage()
  // The viewer's own page lives ten times as fast.
  await page.addInitScript(() => {
    if (self !== top) return
    const now = performance.now.bind(performance)
    const every = setInterval
    performance.now = () => now() * 10
    Object.assign(globalThis, { setInterval: (work: () => void, pause: number) => every(work, pause / 10) })
  })
  const html = "<p>Hello</p><script>view.ready.then(() => setTimeout(() => { for (;;); }, 50))</script>"
  await page.goto(`/views/${await hostile({ name: "hanging", html })}`)
  await expect
    .poll(() => page.locator(".view-frame").textContent())
    .toBe("This view did not answer any more, so it was stopped.")
})

test("where the browser cannot hold it, free HTML is not shown, and the page says why", async () => {
  // One that has not held any yet.
  const fresh = await browser.newContext({ baseURL: bench.viewer.url })
  const page = await fresh.newPage()
  // As the probe answers where it got out.
  await page.route("**/probe", (route) =>
    route.fulfill({ contentType: "text/html", body: '<script>parent.postMessage("open", "*")</script>' }),
  )
  await page.goto(`/views/${await hostile({ name: "fetch", html: "<p>Hello</p>" })}`)
  await page.getByText("This browser cannot keep free HTML from sending things out").waitFor()
  expect(await page.locator(".view-frame iframe").count()).toBe(0)
  await fresh.close()
})

test("the address of free HTML works once, and for its own page alone", async () => {
  const page = await context.newPage()
  await page.goto(`/views/${await hostile({ name: "x", html: "<p>Hello</p>" })}`)
  const place = page.locator(".view-frame")
  await place.locator("iframe[title]").waitFor()
  const address = `${(await place.getAttribute("data-origin"))?.replace(/[a-z0-9]+\.localhost/, "127.0.0.1")}${await place.getAttribute("data-path")}`
  await expect.poll(async () => (await page.request.get(address)).status()).toBe(404)
  const id = await hostile({ name: "y", html: "<p>Hello</p>" })
  const text = await (await page.request.get(`/views/${id}`)).text()
  const [, origin, path] = /data-origin="([^"]+)" data-path="([^"]+)"/.exec(text) ?? []
  // The test's own client knows no names.
  const answer = await page.request.get(`${origin?.replace(/[a-z0-9]+\.localhost/, "127.0.0.1")}${path}`)
  expect(answer.headers()).toMatchObject({
    "connection-allowlist": "()",
    "content-security-policy": expect.stringMatching(
      new RegExp(`^default-src 'none';.*form-action 'none'; base-uri 'none'; frame-ancestors ${bench.viewer.url}`),
    ),
  })
})
