import { readFileSync } from "node:fs"
import { eq } from "drizzle-orm"
import type { Browser, Page } from "playwright"
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { type RunningViewer, serveViewer } from "../../viewer/serve.ts"
import { sharedBrowser } from "../chromium.ts"
import { ada, addLeads, learnFromProfile, openSample, startRun } from "./sample.ts"
import { noteTrouble } from "./trouble.ts"

const morning = "2026-11-17T09:00:00.000Z"
let browser: Browser
let store: Store
let close: () => Promise<void>
let viewer: RunningViewer
let page: Page
/** Whatever a reader would call broken. */
let trouble: string[]

beforeAll(async () => {
  browser = await sharedBrowser()
})

beforeEach(async () => {
  ;({ store, close } = openSample())
  viewer = await serveViewer({ store, clock: () => new Date(), port: 0, live: { every: 50 } })
  const context = await browser.newContext({ viewport: { width: 1300, height: 800 }, baseURL: viewer.url })
  await context.grantPermissions(["clipboard-read", "clipboard-write"])
  page = await context.newPage()
  trouble = []
  noteTrouble(page, viewer, trouble)
})
afterEach(async () => {
  await page.context().close()
  await viewer.close()
  await close()
  expect(trouble).toEqual([])
})

const shownNames = () => page.locator("#listing tbody a.open").allInnerTexts()
const people = [
  { name: "Ines Vance", title: "CTO", company: "Larkspur Robotics", email: "ines@larkspur.example" },
  { name: "Jon Okafor", title: "CFO", company: "Cobalt Freight", status: "qualified" as const },
  { name: "Maria Silva", company: "Larkspur Robotics", email: "maria@larkspur.example" },
]

test("words narrow the table as they are typed, and the address follows", async () => {
  await addLeads(store, people, morning)
  await page.goto("/")
  expect(await shownNames()).toEqual(["Maria Silva", "Jon Okafor", "Ines Vance"])
  await page.keyboard.press("/")
  await page.keyboard.type("lark")
  await page.waitForURL(/q=lark/)
  await expect.poll(shownNames).toEqual(["Maria Silva", "Ines Vance"])
  await expect.poll(() => page.locator("#count").textContent()).toBe("2 leads")
  await page.locator("#search").fill("")
  await expect.poll(shownNames).toHaveLength(3)
})

test("a head sorts, a chip filters, and the way back leads back", async () => {
  await addLeads(store, people, morning)
  await page.goto("/")
  await page.getByRole("link", { name: "Title", exact: true }).click()
  await expect.poll(shownNames).toEqual(["Jon Okafor", "Ines Vance", "Maria Silva"])
  await page.getByRole("link", { name: /^Qualified/ }).click()
  await expect.poll(shownNames).toEqual(["Jon Okafor"])
  await page.goBack()
  await expect.poll(shownNames).toHaveLength(3)
  await page.goBack()
  await expect.poll(shownNames).toEqual(["Maria Silva", "Jon Okafor", "Ines Vance"])
})

test("a filter and a column are added by hand", async () => {
  await addLeads(store, people, morning)
  await page.goto("/")
  await page.getByText("Filter", { exact: true }).click()
  await page.locator("select[name=filter]").selectOption("company")
  await page.locator("input[name=value]").fill("cobalt")
  await page.getByRole("button", { name: "Add" }).click()
  await expect.poll(shownNames).toEqual(["Jon Okafor"])
  await page.getByRole("link", { name: /Take away the filter/ }).click()
  await expect.poll(shownNames).toHaveLength(3)
  await page.getByText("Columns", { exact: true }).click()
  await page.getByRole("checkbox", { name: "Phone" }).check()
  await expect.poll(() => page.locator('th[data-column="phone"]').count()).toBe(1)
  expect(page.url()).toContain("phone")
})

test("keys move through rows, open the drawer, copy a cell and close again", async () => {
  await addLeads(store, people, morning)
  await page.goto("/")
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("Enter")
  await page.locator("#drawer h2", { hasText: "Jon Okafor" }).waitFor()
  expect(page.url()).toContain("open=2")
  await page.keyboard.press("ArrowDown")
  await page.locator("#drawer h2", { hasText: "Ines Vance" }).waitFor()
  await page.keyboard.press("ArrowRight")
  await page.keyboard.press("c")
  await page.getByText("Copied CTO").waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("CTO")
  await page.keyboard.press("Escape")
  await page.locator("#drawer").waitFor({ state: "hidden" })
  expect(page.url()).not.toContain("open=")
  await page.keyboard.press("?")
  await page.getByRole("dialog", { name: "Keys" }).waitFor()
})

test("an address opens the drawer with the table, and a lead has a page of its own", async () => {
  await addLeads(store, people, morning)
  await page.goto("/?open=1&q=ines")
  await page.locator("#drawer h2", { hasText: "Ines Vance" }).waitFor()
  await page.getByRole("link", { name: "Open the page" }).click()
  await page.locator("h1", { hasText: "Ines Vance" }).waitFor()
})

test("an empty table fills by itself, and a row that changes does so in its place", async () => {
  await page.goto("/")
  await page.getByText("No leads yet").waitFor()
  await addLeads(store, people.slice(0, 2), morning)
  await expect.poll(shownNames).toEqual(["Jon Okafor", "Ines Vance"])
  await addLeads(store, people.slice(2), morning)
  await expect.poll(shownNames).toContain("Maria Silva")
  const title = page.locator('tr[data-id="1"] td[data-column="title"]')
  await store.change(ada, async (db) => db.update(tables.leads).set({ title: "Founder" }).where(eq(tables.leads.id, 1)))
  await expect.poll(() => title.textContent()).toBe("Founder")
  expect(await title.getAttribute("class")).toContain("flash")
})

test("on a full page new leads wait behind a pill, and nothing moves", async () => {
  await addLeads(store, people, morning)
  await page.goto("/?limit=2")
  const before = await shownNames()
  await addLeads(store, [{ name: "Cleo Haddad" }, { name: "Yuki Tanaka" }], "2026-11-17T10:00:00.000Z")
  await page.getByRole("button", { name: "2 new leads" }).click()
  expect(before).toEqual(["Maria Silva", "Jon Okafor"])
  await expect.poll(shownNames).toEqual(["Yuki Tanaka", "Cleo Haddad"])
})

test("the strip says what agents do, and an open lead shows what they learn", async () => {
  const [ines] = await addLeads(
    store,
    [{ name: "Ines Vance", linkedinUrl: "https://www.linkedin.com/in/ines" }],
    morning,
  )
  if (!ines) throw new Error("No lead was stored.")
  await page.goto("/?open=1")
  await page.getByText("All quiet").waitFor()
  const run = await startRun(store, { startedAt: new Date().toISOString(), leadId: ines.id })
  await page.getByText("1 agent at work").waitFor()
  await learnFromProfile(store, ines, run, { title: "Chief Technology Officer" }, new Date().toISOString())
  const value = page.locator('#drawer dd[data-column="title"]')
  await value.getByText("Chief Technology Officer").first().waitFor()
  await value.getByRole("button").click()
  await value.locator("mark").waitFor()
  await page.keyboard.press("Escape")
  await value.locator("mark").waitFor({ state: "hidden" })
  expect(await page.locator("#drawer").isVisible()).toBe(true)
})

test("a run is followed while it works", async () => {
  const run = await startRun(store, { startedAt: morning })
  await page.goto(`/runs/${run.id}`)
  await page.getByText("working").waitFor()
  await store.write(async (db) => {
    await db.insert(tables.messages).values({
      runId: run.id,
      role: "assistant",
      content: [{ type: "text", text: "I look first." }],
      createdAt: morning,
    })
  })
  await page.getByText("I look first.").waitFor()
  await store.write(async (db) =>
    db.update(tables.runs).set({ endedAt: morning, outcome: "done" }).where(eq(tables.runs.id, run.id)),
  )
  await page.getByText("working").waitFor({ state: "detached" })
})

test("hostile values run nowhere: not in the table, the drawer, a live update, a run or the statistics", async () => {
  const evil = `"'><img src=x onerror=alert(1)><svg onload=alert(2)></script><script>alert(3)</script>\${alert(4)}`
  const lead = {
    name: evil,
    title: evil,
    company: evil,
    email: evil,
    phone: evil,
    location: evil,
    owner: evil,
    source: evil,
  }
  const custom = { [evil.replaceAll('"', "")]: evil }
  await page.goto("/")
  const [added] = await addLeads(
    store,
    [{ ...lead, xHandle: evil, linkedinUrl: "javascript:alert(5)", custom }],
    morning,
  )
  if (!added) throw new Error("No lead was stored.")
  await page.locator("#listing tbody tr").waitFor()
  const run = await startRun(store, {
    startedAt: morning,
    agent: evil,
    model: evil,
    prompt: evil,
    summary: evil,
    leadId: added.id,
  })
  const evidence = await learnFromProfile(store, added, run, { title: `${evil} two` }, new Date().toISOString())
  await page.locator("#listing tbody a.open").first().click()
  await page.locator("#drawer .title h2").waitFor()
  for (const path of [
    "/?cols=linkedin_url,x_handle,owner,source",
    "/leads/1",
    "/companies",
    "/companies/1",
    "/runs",
    `/runs/${run.id}`,
    "/stats",
    `/evidence/${evidence}`,
  ]) {
    await page.goto(path)
    expect(await page.locator("img[src=x], svg[onload], main script, a[href^='javascript']").count(), path).toBe(0)
  }
  await page.goto(`/?q=${encodeURIComponent(evil)}`)
  await page.locator("#search").press("Enter")
})

test("a hundred hostile texts in every field run nowhere, and each is shown as it is", async () => {
  const breakers = ["", '"', "'", "`", ">", "-->", "</title>", "</textarea>", "\u2028", "]]>"]
  const payloads = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    " onfocus=alert(1) autofocus tabindex=1 x=",
    "javascript:alert(1)//https://a.example",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<math><mi xlink:href='javascript:alert(1)'>x",
    "{{alert(1)}}<%= alert(1) %>",
    "<form action=https://elsewhere.example><button>x</button></form>",
  ]
  const texts = breakers.flatMap((breaker) => payloads.map((payload) => breaker + payload))
  expect(texts).toHaveLength(100)
  const leads = texts.map((text) => ({
    name: text,
    title: text,
    company: text,
    email: text,
    phone: text,
    linkedinUrl: text,
    xHandle: text,
    location: text,
    owner: text,
    source: text,
    custom: { x: text },
  }))
  await addLeads(
    store,
    leads.map(({ linkedinUrl: _, ...lead }) => lead),
    morning,
  )
  await store.change(ada, async (db) => {
    for (const [at, text] of texts.entries())
      await db
        .update(tables.leads)
        .set({ linkedinUrl: text })
        .where(eq(tables.leads.id, at + 1))
  })
  const columns = "name,title,company,email,phone,linkedin_url,x_handle,location,owner,source,custom.x"
  await page.goto(`/?limit=200&cols=${columns}&group=custom.x`)
  await expect.poll(() => page.locator("tr[data-id]").count()).toBe(100)
  const shown = await page.locator('tr[data-id] td[data-column="title"]').allTextContents()
  expect(shown.toSorted()).toEqual(texts.toSorted())
  for (const path of ["/changes?limit=300", "/companies?limit=200", "/stats", "/leads/17", "/leads/52"])
    await page.goto(path)
  const isOutside = page.locator(
    "main :is(script, iframe, img, math, animate, [onerror], [onload], [onfocus], form[action^=http])",
  )
  expect(await isOutside.count()).toBe(0)
})

test("columns are moved, widened and kept in place by hand, and the address keeps it", async () => {
  await addLeads(store, people, morning)
  await page.goto("/")
  const heads = () => page.locator("thead th").evaluateAll((cells) => cells.map((cell) => cell.dataset.column))
  await page.getByRole("link", { name: "Title", exact: true }).focus()
  await page.keyboard.press("Alt+ArrowRight")
  await expect.poll(heads).toEqual(["name", "company", "title", "email", "location", "status", "score", "updated_at"])
  await page.getByRole("link", { name: "Title", exact: true }).focus()
  const width = () => page.locator('col[data-column="title"]').getAttribute("width")
  const before = Number(await width())
  await page.keyboard.press("Alt+Shift+ArrowRight")
  await expect.poll(async () => Number(await width())).toBeGreaterThan(before)
  await page.reload()
  expect(Number(await width())).toBeGreaterThan(before)
  await page.getByText("Columns", { exact: true }).click()
  await page.locator("select[name=frozen]").selectOption("2")
  await expect.poll(() => page.locator('table[data-frozen="2"]').count()).toBe(1)
  expect(page.url()).toContain("frozen=2")
})

test("rows are grouped, paged and taken along as files, and a column is widened by its edge", async () => {
  const seats = { custom: { seats: 9 } }
  await addLeads(store, [...people.map((lead) => ({ ...lead, ...seats })), { name: "Yuki Tanaka" }], morning)
  await page.goto("/?limit=2")
  await expect.poll(() => page.locator('[data-count="qualified"]').textContent()).toBe("1")
  expect(await shownNames()).toEqual(["Yuki Tanaka", "Maria Silva"])
  await page.getByRole("link", { name: "Next →" }).click()
  await expect.poll(shownNames).toEqual(["Jon Okafor", "Ines Vance"])
  expect(page.url()).toContain("after=")
  await page.getByRole("link", { name: "← Previous" }).click()
  await expect.poll(shownNames).toEqual(["Yuki Tanaka", "Maria Silva"])

  await page.goto("/")
  await page.getByText("Columns", { exact: true }).click()
  await page.getByRole("checkbox", { name: "Seats" }).check()
  await page.getByRole("checkbox", { name: "Score" }).uncheck()
  await expect.poll(() => page.locator('td[data-column="custom.seats"]').first().textContent()).toBe("–")
  await expect.poll(() => page.locator('th[data-column="score"]').count()).toBe(0)
  await page.keyboard.press("Escape")
  await page.locator("summary", { hasText: "Group" }).click()
  await page.locator("select[name=group]").selectOption("company")
  await expect
    .poll(() => page.locator("tr.group").allInnerTexts())
    .toEqual(["Cobalt Freight 1", "Larkspur Robotics 2", "No company 1"])

  await page.keyboard.press("Escape")
  const edge = await page.locator('th[data-column="title"] [data-resize]').boundingBox()
  if (!edge) throw new Error("The column has no edge.")
  const width = () => page.locator('col[data-column="title"]').getAttribute("width")
  const before = Number(await width())
  await page.mouse.move(edge.x + edge.width / 2, edge.y + edge.height / 2)
  await page.mouse.down()
  await page.mouse.move(edge.x + edge.width / 2 + 60, edge.y + 5, { steps: 4 })
  await page.mouse.up()
  expect(Number(await width())).toBeGreaterThan(before + 40)
  await page.reload()
  expect(Number(await width())).toBeGreaterThan(before + 40)

  for (const [name, first] of [
    ["CSV", "name,title,company,email,location,status,updated_at,custom.seats"],
    ["JSON", '{"name":"Jon Okafor"'],
  ] as const) {
    const download = page.waitForEvent("download")
    await page.getByRole("link", { name, exact: true }).click()
    const text = readFileSync(await (await download).path(), "utf8")
    expect([name, text.startsWith(first), text.trim().split("\n").length]).toEqual([name, true, name === "CSV" ? 5 : 4])
  }
})

test("marked rows are copied as a spreadsheet takes them, with nothing in them that it would run", async () => {
  await addLeads(
    store,
    [
      { name: "Ada", title: "=1+1" },
      { name: "Ben", title: "CTO" },
    ],
    morning,
  )
  await page.goto("/?cols=name,title")
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("x")
  await page.keyboard.press("ArrowDown")
  await page.keyboard.press("x")
  await page.keyboard.press("C")
  await page.getByText("Copied 2 rows").waitFor()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("name\ttitle\nBen\tCTO\nAda\t'=1+1")
})

test("what was reached since the last look is said once", async () => {
  await addLeads(store, people, morning)
  await page.goto("/stats")
  await page.evaluate(() => localStorage.setItem("small-giant-reached", '{"level":"Giant","badges":[]}'))
  await page.reload()
  await page.getByText("From Giant to Pebble").waitFor()
  await page.reload()
  expect(await page.locator("#cheer").textContent()).toBe("")
})

test("without scripts the table still searches, sorts and opens leads", async () => {
  await addLeads(store, people, morning)
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: viewer.url })
  const plain = await context.newPage()
  await plain.goto("/")
  await plain.locator("#search").fill("larkspur")
  await plain.locator("#search").press("Enter")
  await plain.waitForURL(/q=larkspur/)
  expect(await plain.locator("tbody a.open").allInnerTexts()).toEqual(["Maria Silva", "Ines Vance"])
  await plain.getByRole("link", { name: "Ines Vance" }).click()
  await plain.locator("h1", { hasText: "Ines Vance" }).waitFor()
  await context.close()
})
