import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { eq } from "drizzle-orm"
import type { Browser, Page } from "playwright"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { shareView } from "../../src/views/views.ts"
import { sharedBrowser } from "../chromium.ts"
import { addLeads } from "./sample.ts"
import { me, openViewBench, type ViewBench } from "./view-bench.ts"

const morning = "2026-11-17T09:00:00.000Z"
const people = [
  { name: "Ines Vance", title: "CTO", company: "Larkspur Robotics", score: 80 },
  { name: "Jon Okafor", title: "CFO", company: "Cobalt Freight", score: 40 },
  { name: "Maria Silva", company: "Larkspur Robotics", score: 60 },
]
const qualify = { call: "leads.stage", args: ["$lead_id", "qualified"], label: "Qualify" }
const lose = { call: "leads.stage", args: ["$lead_id", "lost"], label: "Lose", confirm: "Nobody will write to them." }
const rename = {
  call: "leads.set",
  args: ["$lead_id", "title", "$title"],
  label: "Set title",
  fields: { title: { type: "text" } },
}
const todo = "SELECT id AS lead_id, name, title, status, score FROM leads WHERE status = 'new' ORDER BY id"
const review = {
  title: "New leads",
  queries: { todo: { sql: todo } },
  actions: { qualify, lose, rename },
  parts: [{ type: "review", query: "todo", heading: "name", actions: ["qualify", "lose", "rename"] }],
}
/** Every kind of part. */
const everyPart = {
  title: "The week",
  inputs: { least: { type: "number", label: "Score from", value: 0 } },
  queries: {
    all: { sql: "SELECT id AS lead_id, name, title, status, score FROM leads WHERE score >= :least ORDER BY id" },
    counts: { sql: "SELECT status, count(*) AS leads FROM leads GROUP BY status" },
    total: { sql: "SELECT count(*) AS total FROM leads" },
  },
  actions: {
    qualify,
    move: { call: "leads.stage", args: ["$lead_id", "$to"], label: "Move" },
    note: {
      call: "leads.note",
      args: ["$lead", "$text"],
      label: "Add a note",
      fields: { lead: { type: "number", label: "Lead no." }, text: { type: "long", label: "Note" } },
    },
  },
  parts: [
    { type: "stat", query: "total", label: "Leads" },
    { type: "stat", query: "all", label: "First score", value: "score" },
    { type: "table", query: "all", title: "All of them", actions: ["qualify"] },
    { type: "chart", query: "counts", title: "By status", kind: "bar", x: "status", y: "leads" },
    { type: "cards", query: "all", heading: "name", lines: ["title", "status"] },
    {
      type: "board",
      query: "all",
      title: "Board",
      by: "status",
      values: ["new", "qualified"],
      heading: "name",
      move: "move",
    },
    { type: "form", action: "note", title: "A note" },
  ],
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")

let browser: Browser
let bench: ViewBench
let page: Page
let trouble: string[]
/** Of the people, in their order. */
let ids: number[]

beforeAll(async () => {
  browser = await sharedBrowser()
  bench = await openViewBench()
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, baseURL: bench.viewer.url })
  page = await context.newPage()
  page.on(
    "console",
    (message) => message.type() === "error" && !/409|ERR_FAILED/.test(message.text()) && trouble.push(message.text()),
  )
  page.on("pageerror", (error) => trouble.push(error.message))
})
afterAll(async () => {
  await page?.context().close()
  await bench?.close()
})
beforeEach(async () => {
  trouble = []
  ids = (await addLeads(bench.store, people, morning)).map(({ id }) => id)
})
afterEach(async () => {
  await page.goto("about:blank")
  await bench.empty()
  expect(trouble).toEqual([])
})

const idOf = (nth: number) => ids[nth - 1] ?? 0
const leadOf = async (nth: number) => {
  const [lead] = await bench.store.read((db) =>
    db
      .select()
      .from(tables.leads)
      .where(eq(tables.leads.id, idOf(nth))),
  )
  return lead
}
const statusOf = async (nth: number) => (await leadOf(nth))?.status
const heading = () => page.locator(".review-card.at h3").textContent()

test("a review goes by keyboard, and each decision can be undone", async () => {
  await page.goto(`/views/${await bench.make(review)}`)
  expect(await heading()).toBe("Ines Vance")
  await page.keyboard.press("ArrowRight")
  expect(await heading()).toBe("Jon Okafor")
  await page.keyboard.press("ArrowLeft")
  await page.keyboard.press("q")
  await expect.poll(() => statusOf(1)).toBe("qualified")
  await expect.poll(heading).toBe("Jon Okafor")
  await expect.poll(() => page.locator("[data-progress]").textContent()).toBe("1 of 2")
  await page.getByRole("button", { name: "Undo" }).click()
  await expect.poll(() => statusOf(1)).toBe("new")
  await expect.poll(() => page.locator(".review-card").count()).toBe(3)
  const [change] = await bench.store.read((db) =>
    db.select().from(tables.changesets).where(eq(tables.changesets.actor, me)),
  )
  expect(change?.note).toBe("New leads: Qualify")
})

test("what asks for something or has a question opens first", async () => {
  await page.goto(`/views/${await bench.make(review)}`)
  await page.keyboard.press("l")
  await page.locator(".review-card.at").getByText("Nobody will write to them.").waitFor()
  expect(await statusOf(1)).toBe("new")
  await page.locator(".review-card.at").getByRole("button", { name: "Lose" }).click()
  await expect.poll(() => statusOf(1)).toBe("lost")
  await expect.poll(heading).toBe("Jon Okafor")
  const field = page.locator(".review-card.at input[type=text]")
  // News may draw the card anew right under the click. What is open stays.
  await expect
    .poll(async () => {
      if (!(await field.isVisible())) await page.locator(".review-card.at summary", { hasText: "Set title" }).click()
      return field.isVisible()
    })
    .toBe(true)
  await field.fill("Chief Financial Officer")
  await page.keyboard.press("Enter")
  const titleOf = () =>
    bench.store.read((db) =>
      db
        .select({ title: tables.leads.title })
        .from(tables.leads)
        .where(eq(tables.leads.id, idOf(2))),
    )
  await expect.poll(titleOf).toEqual([{ title: "Chief Financial Officer" }])
})

test("a row that changed meanwhile is not acted on, and that is said", async () => {
  await page.goto(`/views/${await bench.make(review)}`)
  await page.route("**/views/*?part=parts", (route) => route.abort())
  await bench.store.change({ actor: "human:ben", kind: "edit" }, (db) =>
    db
      .update(tables.leads)
      .set({ title: "Founder" })
      .where(eq(tables.leads.id, idOf(1))),
  )
  await page.keyboard.press("q")
  await page.getByText("This row changed since you saw it").waitFor()
  await page.unroute("**/views/*?part=parts")
  expect(await statusOf(1)).toBe("new")
})

test("what was written for a row that changed meanwhile is not lost", async () => {
  await page.goto(`/views/${await bench.make(review)}`)
  await page.keyboard.press("s")
  const title = page.locator(".review-card.at").getByLabel("Title")
  await title.fill("Chief Technology Officer")
  await bench.store.change({ actor: "human:ben", kind: "edit" }, (db) =>
    db
      .update(tables.leads)
      .set({ score: 81 })
      .where(eq(tables.leads.id, idOf(1))),
  )
  await page.keyboard.press("Enter")
  await page.getByText("This row changed since you saw it").waitFor()
  await page.locator(".review-card.at dd", { hasText: "81" }).waitFor()
  await expect.poll(() => title.inputValue()).toBe("Chief Technology Officer")
  await title.press("Enter")
  await expect.poll(async () => (await leadOf(1))?.title).toBe("Chief Technology Officer")
})

test("every kind of part is drawn, acts, follows its inputs and is live", async () => {
  const id = await bench.make(everyPart)
  await page.goto(`/views/${id}`)
  expect(await page.locator(".view-stats dd").allTextContents()).toEqual(["3", "80"])
  expect(await page.locator(".view-table tbody tr").count()).toBe(3)
  expect(await page.locator(".view-chart rect").count()).toBe(1)
  await page.locator(".view-table tr", { hasText: "Jon Okafor" }).getByRole("button", { name: "Qualify" }).click()
  await expect.poll(() => page.locator('.view-column[data-to="qualified"] .view-card').count()).toBe(1)
  await page
    .locator('.view-column[data-to="new"] .view-card', { hasText: "Ines" })
    .getByRole("button", { name: "Move" })
    .click()
  await expect.poll(() => statusOf(1)).toBe("qualified")
  await page.getByLabel("Lead no.").fill(String(idOf(3)))
  await page.getByLabel("Note").fill("Met at the fair.")
  // Other parts follow what agents do; what somebody writes stays.
  await page.getByRole("button", { name: "Add a note" }).focus()
  await addLeads(bench.store, [{ name: "Rosa Lindqvist", score: 10 }], morning)
  await page.locator(".view-cards", { hasText: "Rosa Lindqvist" }).waitFor()
  await page.getByRole("button", { name: "Add a note" }).click()
  const notes = () =>
    bench.store.read((db) =>
      db
        .select({ text: tables.timeline.text, actor: tables.timeline.actor })
        .from(tables.timeline)
        .where(eq(tables.timeline.kind, "note")),
    )
  await expect.poll(notes).toEqual([{ text: "Met at the fair.", actor: me }])

  await page.getByLabel("Score from").fill("50")
  await page.keyboard.press("Enter")
  await page.waitForURL(/least=50/)
  expect(await page.locator(".view-table tbody tr").count()).toBe(2)
  await addLeads(bench.store, [{ name: "Cleo Haddad", score: 90 }], morning)
  await page.locator(".view-table tbody tr", { hasText: "Cleo Haddad" }).waitFor()
  await expect
    .poll(() => bench.store.read((db) => db.select({ state: tables.viewStates.state }).from(tables.viewStates)))
    .toEqual([{ state: { inputs: { least: "50" } } }])
  await page.goto(`/views/${id}`)
  expect(await page.getByLabel("Score from").inputValue()).toBe("50")
})

test("drafts are decided on by keyboard, each with the text that stands in the database", async () => {
  const [ines] = await addLeads(
    bench.store,
    [{ name: "Cleo Haddad", linkedinUrl: "https://www.linkedin.com/in/cleo" }],
    morning,
  )
  const words = ["Hello Cleo, the first.", "Hello Cleo, the second.", "Hello Cleo, the third.", "Hello Cleo, later."]
  for (const body of words) {
    const draft = { leadId: ines?.id ?? 0, channel: "linkedin-message" as const, recipient: "cleo", body }
    await bench.store.change({ actor: "agent:writer", kind: "edit" }, (db) =>
      db.insert(tables.drafts).values({ ...draft, author: "agent:writer", createdAt: morning, updatedAt: morning }),
    )
  }
  const sql = "SELECT id AS draft_id, 'Something else entirely' AS body FROM drafts WHERE state = 'draft' ORDER BY id"
  await page.goto(
    `/views/${await bench.make({ title: "Review", queries: { drafts: { sql } }, parts: [{ type: "review", query: "drafts", text: "body" }] })}`,
  )
  const text = () => page.locator(".review-card.at .draft-text").textContent()
  expect(await text()).toBe(words[0])
  expect(await page.locator("#view-parts").getByText("Something else entirely").count()).toBe(0)
  await page.keyboard.press("a")
  await expect.poll(text).toBe(words[1])
  await page.keyboard.press("e")
  await page.locator(".review-card.at textarea[name=body]").fill("Hello Cleo, edited.")
  await page.keyboard.press("Control+Enter")
  await expect.poll(text).toBe("Hello Cleo, edited.")
  await page.keyboard.press("a")
  await expect.poll(text).toBe(words[2])
  await page.keyboard.press("r")
  await page.locator(".review-card.at [name=reason]").fill("Too long.")
  await page.keyboard.press("Control+Enter")
  await expect.poll(text).toBe(words[3])
  await page.keyboard.press("s")
  await page.locator(".review-card.at").getByRole("button", { name: "Put it off" }).click()
  await page.getByText("No draft waits for you").waitFor()
  const decided = await bench.store.read((db) =>
    db.select({ state: tables.drafts.state, body: tables.drafts.body }).from(tables.drafts),
  )
  expect(decided).toEqual([
    { state: "approved", body: words[0] },
    { state: "approved", body: "Hello Cleo, edited." },
    { state: "rejected", body: words[2] },
    { state: "draft", body: words[3] },
  ])
  await page.keyboard.press("Escape")
})

test("a view has a twin in JSON", async () => {
  const id = await bench.make(review)
  const twin = await (await page.request.get(`/views/${id}.json`)).json()
  expect(twin).toMatchObject({
    view: { id, version: 1, kind: "declared" },
    rows: { todo: { rows: [{ lead_id: idOf(1) }, {}, {}] } },
  })
})

test("without a script a view shows all its rows, and its buttons work", async () => {
  const id = await bench.make(review)
  const context = await browser.newContext({ javaScriptEnabled: false, baseURL: bench.viewer.url })
  const plain = await context.newPage()
  await plain.goto(`/views/${id}`)
  expect(await plain.locator(".review-card").count()).toBe(3)
  await plain
    .locator(".review-card", { hasText: "Jon" })
    .getByRole("button", { name: /^Qualify/ })
    .click()
  await plain.waitForURL(`/views/${id}`)
  expect(await statusOf(2)).toBe("qualified")
  await context.close()
})

test("what is sent twice is done once", async () => {
  const id = await bench.make(review)
  await page.goto(`/views/${id}`)
  const form = await page
    .locator(".review-card.at form")
    .first()
    .evaluate((one) => Object.fromEntries(new FormData(one as HTMLFormElement)))
  const token = await page.locator("meta[name=csrf]").getAttribute("content")
  const send = async () => {
    const headers = { accept: "application/json", "x-csrf": token ?? "", origin: bench.viewer.url }
    const answer = await page.request.post(`/do/views/${id}/act`, { data: form, headers })
    return [answer.status(), await answer.json()]
  }
  const first = await send()
  expect(await statusOf(1)).toBe("qualified")
  expect(first).toEqual([200, expect.objectContaining({ done: true, changeset: expect.any(Number) })])
  expect(await send()).toEqual(first)
  const headers = { accept: "application/json", "x-csrf": token ?? "", origin: bench.viewer.url }
  const undo = async (changeset: number) =>
    (await page.request.post(`/do/views/${id}/undo`, { data: { changeset }, headers })).status()
  const elsewhere = await bench.store.change({ actor: me, kind: "edit" }, async (db, changeset) => {
    await db.update(tables.leads).set({ title: "COO" })
    return changeset
  })
  expect([await undo(elsewhere), await statusOf(1)]).toEqual([404, "qualified"])
  expect([await undo(Number(first[1].changeset)), await statusOf(1)]).toEqual([200, "new"])
  const calls = await bench.store.read((db) => db.select().from(tables.calls))
  expect(calls).toHaveLength(1)
})

test("a button of an earlier version does nothing in a later one", async () => {
  const id = await bench.make(review)
  await page.goto(`/views/${id}`)
  await bench.change(id, {
    ...review,
    actions: { ...review.actions, qualify: { ...qualify, args: ["$lead_id", "lost"] } },
  })
  await page.keyboard.press("q")
  await page.getByText("This view has another version now").waitFor()
  expect(await statusOf(1)).toBe("new")
})

test("another's view is nowhere until it is shared, asks before it acts, and asks again when it wants more", async () => {
  const id = await bench.make(
    { ...review, actions: { qualify }, parts: [{ type: "review", query: "todo", actions: ["qualify"] }] },
    "human:ben",
  )
  expect((await page.request.get(`/views/${id}`)).status()).toBe(404)
  expect((await page.request.get(`/views/${id}.json`)).status()).toBe(404)
  await page.goto("/views")
  expect(await page.locator(".view-list a").count()).toBe(0)
  await shareView(
    bench.store,
    { actor: "human:ben", kind: "edit" },
    id,
    { version: 1, inNavigation: false },
    new Date(),
  )
  await page.goto("/views")
  await page.getByRole("link", { name: "New leads" }).click()
  await page.getByText("ben shares this view with you").waitFor()
  expect(await page.locator(".review-card.at button").first().isDisabled()).toBe(true)
  await page.getByRole("button", { name: "Agree" }).click()
  await page.locator(".view-agree").waitFor({ state: "detached" })
  await page.keyboard.press("q")
  await expect.poll(() => statusOf(1)).toBe("qualified")
})

test("a new version that may do more is agreed to again, and one can go back", async () => {
  const id = await bench.make({
    ...review,
    actions: { qualify },
    parts: [{ type: "review", query: "todo", actions: ["qualify"] }],
  })
  await bench.change(id, { ...review, title: "New leads, edited" })
  await page.goto(`/views/${id}`)
  await page.getByText("This version wants to do more than you agreed to").waitFor()
  await page.locator(".view-agree", { hasText: "Does leads.set when you click" }).waitFor()
  await page.getByText("Share and versions").click()
  await page.getByRole("button", { name: "Go back to it" }).click()
  await page.getByRole("heading", { name: "New leads", exact: true }).waitFor()
  expect(await page.getByText("wants to do more").count()).toBe(0)
  await page.getByText("Share and versions").click()
  await page.getByLabel("in everybody's navigation").check()
  await page.getByRole("button", { name: "Share version 1 with the team" }).click()
  await page.getByText("version 1 is shared").waitFor()
  await page.getByText("Share and versions").click()
  await page.getByRole("button", { name: "Remove this view" }).click()
  await page.getByText("No views yet").waitFor()
})

test("hostile values are text in every part, and lead nowhere", async () => {
  const evil = `"'><img src=x onerror=alert(1)></script><script>alert(2)</script>`
  await addLeads(bench.store, [{ name: evil, title: "https://evil.example/?q=secret", score: 99 }], morning)
  await page.goto(`/views/${await bench.make({ ...everyPart, title: evil.slice(0, 80) })}`)
  expect(await page.locator("main :is(img[src=x], script)").count()).toBe(0)
  expect(await page.locator("main a[href^=http]").count()).toBe(0)
})

test("views can be used by everybody, in light, dark and on a phone", async () => {
  const id = await bench.make(everyPart)
  for (const [path, width, colorScheme] of [
    [`/views/${id}`, 1300, "light"],
    [`/views/${id}`, 390, "dark"],
    ["/views", 390, "light"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    await page.goto(path)
    await page.evaluate(axe)
    const found = await page.evaluate(() => {
      const loaded: { run(options: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } =
        Reflect.get(globalThis, "axe")
      return loaded.run({ resultTypes: ["violations"], selectors: false, preload: false })
    })
    expect(found.violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
  }
})
