import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { desc, eq, inArray } from "drizzle-orm"
import { type Browser, chromium, type Page } from "playwright"
import { afterAll, afterEach, beforeAll, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { makeDraft } from "../../src/outreach/draft.ts"
import { employerName, people } from "../../src/rehearsal/web/people.ts"
import { currentRole } from "../../src/rehearsal/web/person.ts"
import { serveViewer } from "../../viewer/serve.ts"
import { testChromium } from "../browser/web.ts"
import { type OutreachRoom, openOutreachRoom } from "./outreach-room.ts"
import { addLeads, openSample } from "./sample.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
let browser: Browser
let room: Pick<OutreachRoom, "store" | "viewer" | "close">
let page: Page
/** Whatever a reader would call broken. */
let trouble: string[]

beforeAll(async () => {
  const found = await testChromium()
  const { executablePath, args, env } = found
  browser = await chromium.launch({ executablePath, args, env, chromiumSandbox: found.sandbox.kind === "on" })
})
afterAll(() => browser?.close())

/** A viewer that decides, and sends nothing. */
async function openQuietRoom(): Promise<void> {
  const { store, close } = openSample()
  const clock = () => new Date()
  const deciding = { homeKey: () => "k".repeat(64), mailFrom: null }
  const viewer = await serveViewer({ store, clock, port: 0, outreach: { deciding, send: async () => [] } })
  room = { store, viewer, close: () => viewer.close().then(close) }
  await openPage()
}
afterEach(async () => {
  await page.context().close()
  await room.close()
  expect(trouble).toEqual([])
})

async function openPage(options: Parameters<Browser["newContext"]>[0] = {}) {
  const { url } = room.viewer
  const context = await browser.newContext({ viewport: { width: 1300, height: 850 }, baseURL: url, ...options })
  page = await context.newPage()
  trouble = []
  page.on("console", (message) => message.type() === "error" && trouble.push(message.text()))
  page.on("pageerror", (error) => trouble.push(error.message))
  page.on("dialog", (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("request", (request) => request.url().startsWith(url) || trouble.push(`asked ${request.url()}`))
}

/** Ten invented people whose pages the replica has, as an import brings them. */
async function addTen() {
  const ten = people.filter((person) => person.awkward === undefined && currentRole(person) !== null).slice(0, 10)
  const leads = ten.map((person) => ({
    name: person.name,
    title: currentRole(person)?.title ?? null,
    company: employerName(currentRole(person)?.company ?? ""),
    linkedinUrl: `https://www.linkedin.com/in/${person.slug}`,
    xHandle: person.x?.handle ?? null,
  }))
  await addLeads(room.store, leads, "2026-11-17T09:00:00.000Z")
}

const shownDraft = () => page.locator(".draft-card").getAttribute("data-draft")
const stateOf = async (state: "draft" | "approved" | "rejected" | "sent") =>
  room.store.read((db) => db.$count(tables.drafts, eq(tables.drafts.state, state)))

test("ten drafts are asked for, reviewed by keyboard and sent both ways; eight arrive, byte for byte", async () => {
  const sending = await openOutreachRoom()
  const { hands, inbox } = sending
  room = sending
  await openPage()
  await addTen()
  await page.goto("/")
  await page.locator("#ask").fill("draft first messages to the ten newest leads")
  await page.locator("#ask").press("Enter")
  await page.getByText("10 drafts wait for a yes").waitFor()
  await page.goto("/drafts/review")
  await page.getByText("1 of 10").waitFor()

  // Edit the first, and approve it as it is then.
  await page.keyboard.press("e")
  await page.keyboard.type(" Grüße, Ada")
  await page.keyboard.press("Control+Enter")
  await page.locator(".draft-text", { hasText: "Grüße, Ada" }).waitFor()
  const edited = await shownDraft()
  await page.keyboard.press("a")
  await page.getByText("1 of 9").waitFor()
  // Reject the second, and say why.
  const rejected = await shownDraft()
  await page.keyboard.press("r")
  await page.keyboard.type("Too much about us.")
  await page.keyboard.press("Enter")
  await page.getByText("1 of 8").waitFor()
  // Approve one and take it back, then approve it and all but the last.
  await page.keyboard.press("a")
  await page.getByText("1 of 7").waitFor()
  await page.keyboard.press("u")
  await page.getByText("1 of 8").waitFor()
  for (let left = 7; left >= 1; left--) {
    await page.keyboard.press("a")
    await page.getByText(`1 of ${left}`).waitFor()
  }
  await page.keyboard.press("s")
  await page.keyboard.press("Escape")
  await page.keyboard.press("s")
  await page.getByRole("button", { name: "Put it off" }).click()
  await page.getByText("No draft waits for you.").waitFor()
  expect([await stateOf("approved"), await stateOf("rejected"), await stateOf("draft")]).toEqual([8, 1, 1])

  const approved = await room.store.read((db) =>
    db.select().from(tables.drafts).where(eq(tables.drafts.state, "approved")).orderBy(tables.drafts.id),
  )
  await page.getByRole("link", { name: /approved, to be sent/ }).click()
  const boxes = page.locator(".draft-list > li > input")
  expect(await boxes.count()).toBe(8)
  for (const nth of [0, 1, 2, 3]) await boxes.nth(nth).check()
  await page.getByRole("button", { name: "Send the chosen" }).click()
  await expect.poll(() => stateOf("sent"), { timeout: 30_000 }).toBe(4)

  hands.who = "person"
  hands.person = (window) =>
    window.locator('button.msg-form__send-button, [data-testid="dmComposerSendButton"]').click()
  // The page follows what is sent by itself.
  await expect.poll(() => boxes.count(), { timeout: 30_000 }).toBe(4)
  await page.getByLabel("All").check()
  await page.getByRole("button", { name: "Send the chosen" }).click()
  await expect.poll(() => stateOf("sent"), { timeout: 30_000 }).toBe(8)
  await page.getByText("Nothing is approved and waits to be sent.").waitFor()

  const wanted = approved.map(({ channel, recipient, body }) => ({ channel, to: recipient, subject: null, body }))
  expect(inbox.all()).toEqual(wanted)
  expect(wanted.map(({ channel }) => channel)).toContain("x-message")
  expect(wanted.find((_, nth) => approved[nth]?.id === Number(edited))?.body).toMatch(/Grüße, Ada$/)

  // What was seen of each is kept, and the journal has all of it.
  const sends = await room.store.read((db) => db.select().from(tables.sends))
  expect(sends.map(({ outcome, evidenceId }) => [outcome, evidenceId !== null])).toEqual(
    Array.from({ length: 8 }, () => ["sent", true]),
  )
  const actors = await room.store.read((db) =>
    db
      .selectDistinct({ table: tables.changes.tableName, actor: tables.changesets.actor })
      .from(tables.changes)
      .innerJoin(tables.changesets, eq(tables.changesets.id, tables.changes.changesetId))
      .where(inArray(tables.changes.tableName, ["drafts", "approvals", "sends"])),
  )
  expect(actors.filter(({ table }) => table !== "drafts").every(({ actor }) => actor.startsWith("human:"))).toBe(true)
  expect(actors).toContainEqual({ table: "drafts", actor: "agent:writer" })

  // Undoing the writer's run takes nothing back that has left.
  const [run] = await room.store.read((db) =>
    db
      .select()
      .from(tables.changesets)
      .where(eq(tables.changesets.actor, "agent:writer"))
      .orderBy(desc(tables.changesets.id)),
  )
  await undoChangeset(room.store, { actor: "human:ada" }, run?.id ?? 0, { preview: false })
  expect(await stateOf("sent")).toBe(8)
  expect(await room.store.read((db) => db.$count(tables.sends))).toBe(8)
  expect(inbox.all()).toHaveLength(8)
  const memories = await room.store.read((db) => db.select().from(tables.memories))
  expect(memories.map(({ text, source }) => [text, source.endsWith(`draft ${rejected}`)])).toEqual([
    ["When writing to leads: Too much about us.", true],
  ])
}, 120_000)

test("the review shows hostile text as text, works without a script, and is accessible in light, dark and on a phone", async () => {
  await openQuietRoom()
  const [lead] = await addLeads(
    room.store,
    [{ name: '<img src=x onerror="alert(1)">', linkedinUrl: "https://www.linkedin.com/in/ines-vance" }],
    "2026-11-17T09:00:00.000Z",
  )
  const body = "<script>alert(1)</script> You sail.\n\n</textarea><b>Ada</b> {first_name}"
  const writer = { actor: "agent:writer", kind: "draft" }
  const words = { channel: "linkedin-message" as const, body, claims: [{ text: "You sail" }] }
  await makeDraft(room.store, writer, lead?.id ?? 0, words, new Date())
  const looks = [
    { options: { colorScheme: "light" }, paths: ["", "?as=list", "?show=approved", "/../1"] },
    { options: { colorScheme: "dark" }, paths: ["", "?as=list"] },
    { options: { viewport: { width: 390, height: 800 } }, paths: ["?show=approved", ""] },
  ] as const
  for (const { options, paths } of looks) {
    await page.context().close()
    await openPage(options)
    for (const path of paths) {
      await page.goto(`/drafts/review${path}`)
      await page.evaluate(axe)
      const found = await page.evaluate(async () => {
        const { violations } = await (
          window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
        ).axe.run()
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)
      })
      expect(found).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    }
  }
  expect(await page.locator(".draft-text").textContent()).toBe(body)
  await page.getByText("claims something without a fact").first().waitFor()
  await page.getByText("{first_name} looks like a placeholder").waitFor()

  await page.context().close()
  await openPage({ javaScriptEnabled: false })
  await page.goto("/drafts/review")
  await page.locator("summary", { hasText: "Edit" }).click()
  expect(await page.locator("textarea[name=body]").inputValue()).toBe(body)
  await page.locator("summary", { hasText: "Edit" }).click()
  await page.getByRole("button", { name: "Approve" }).click()
  await page.waitForURL(/\/drafts\/review/)
  expect(await stateOf("approved")).toBe(1)
})

test("a yes to what has changed meanwhile is none, and says so", async () => {
  await openQuietRoom()
  await addTen()
  const writer = { actor: "agent:writer", kind: "draft" }
  await makeDraft(room.store, writer, 1, { channel: "linkedin-message", body: "One" }, new Date())
  await page.goto("/drafts/review")
  await room.store.change({ actor: "agent:writer", kind: "draft" }, (db) =>
    db.update(tables.drafts).set({ body: "Two" }),
  )
  await page.keyboard.press("a")
  await page.getByText("was changed since it was shown").waitFor()
  expect(await stateOf("approved")).toBe(0)
  trouble = trouble.filter((line) => !line.includes("409"))
})
