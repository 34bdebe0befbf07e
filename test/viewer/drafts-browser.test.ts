import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { desc, eq, inArray } from "drizzle-orm"
import type { Browser, Page } from "playwright"
import { afterEach, beforeAll, expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { makeDraft } from "../../src/outreach/draft.ts"
import { employerName, people } from "../../src/rehearsal/web/people.ts"
import { currentRole } from "../../src/rehearsal/web/person.ts"
import { serveViewer } from "../../viewer/serve.ts"
import { sharedBrowser } from "../chromium.ts"
import { type OutreachRoom, openOutreachRoom } from "./outreach-room.ts"
import { addLeads, openSample } from "./sample.ts"
import { noteTrouble } from "./trouble.ts"

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8")
let browser: Browser
let room: Pick<OutreachRoom, "store" | "viewer" | "close">
let page: Page
/** Whatever a reader would call broken. */
let trouble: string[]

beforeAll(async () => {
  browser = await sharedBrowser()
})

/** A viewer that decides, and sends nothing. */
async function openQuietRoom(): Promise<void> {
  const { store, close } = openSample()
  const clock = () => new Date()
  const deciding = { homeKey: () => "k".repeat(64), mailFrom: null }
  const viewer = await serveViewer({
    store,
    clock,
    port: 0,
    outreach: { deciding, send: async () => [], hear: async () => [] },
  })
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
  noteTrouble(page, room.viewer, trouble)
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

const stateOf = async (state: "draft" | "approved" | "rejected" | "sent") =>
  room.store.read((db) => db.$count(tables.drafts, eq(tables.drafts.state, state)))

const ask = async (words: string) => {
  const before = await page.locator(".turn").count()
  await page.locator("#ask").fill(words)
  await page.locator("#ask").press("Enter")
  await page.locator('.turn[data-state="done"]').nth(before).waitFor()
  return page.locator(".turn").nth(before)
}

test("a founder asks for the latest leads and for a page, reviews ten drafts in it by keyboard, sends eight both ways, hears replies and takes back what can be", async () => {
  const sending = await openOutreachRoom()
  const { hands, inbox } = sending
  room = sending
  await openPage()
  await addTen()
  await page.goto("/")
  const latest = await ask("show me the latest 10 leads")
  expect(await latest.locator(".answer-table tbody tr").count()).toBe(10)
  expect(await latest.getByRole("link", { name: "Open this table" }).getAttribute("href")).toBe("/?limit=10")
  await ask("draft first messages to these ten newest leads").then((turn) =>
    turn.getByText("10 drafts wait for a yes").waitFor(),
  )
  const made = await ask("make me a page to review the drafts")
  await made.getByRole("link", { name: "Review the drafts" }).click()

  // In the page that was made for it: edit the first, and approve it as it is then.
  const card = page.locator(".review-card.at")
  const shown = () => card.locator(".draft-card").getAttribute("data-draft")
  const left = (count: number) => page.locator("[data-progress]", { hasText: `1 of ${count}` }).waitFor()
  await left(10)
  const view = page.url()
  const edited = await shown()
  await page.keyboard.press("e")
  await page.keyboard.press("Control+End")
  await page.keyboard.type(" Grüße, Ada")
  await page.keyboard.press("Control+Enter")
  await card.locator(".draft-text", { hasText: "Grüße, Ada" }).waitFor()
  await page.keyboard.press("a")
  await left(9)
  // Reject the second, and say why.
  const rejected = await shown()
  await page.keyboard.press("r")
  await page.keyboard.type("Too much about us.")
  await page.keyboard.press("Enter")
  await left(8)
  // Approve one and take it back, then approve it and all that are left.
  await page.keyboard.press("a")
  await left(7)
  await page.keyboard.press("u")
  await left(8)
  for (let count = 7; count >= 2; count--) {
    await page.keyboard.press("a")
    await left(count)
  }
  // The last is put off.
  await page.keyboard.press("a")
  await left(1)
  await page.keyboard.press("s")
  await page.keyboard.press("Escape")
  await page.keyboard.press("s")
  await card.getByRole("button", { name: "Put it off" }).click()
  await page.getByText("No draft waits for you.").waitFor()
  expect([await stateOf("approved"), await stateOf("rejected"), await stateOf("draft")]).toEqual([8, 1, 1])

  // Six are sent by the lane, and two by the hand of the person.
  const approved = await room.store.read((db) =>
    db.select().from(tables.drafts).where(eq(tables.drafts.state, "approved")).orderBy(tables.drafts.id),
  )
  await page.goto("/drafts/review?show=approved")
  const boxes = page.locator(".draft-list > li > input")
  for (const nth of [0, 1, 2, 3, 4, 5]) await boxes.nth(nth).check()
  await page.getByRole("button", { name: "Send the chosen" }).click()
  // The page follows what is sent by itself.
  await expect.poll(() => boxes.count()).toBe(2)
  hands.who = "person"
  hands.person = (window) =>
    window.locator('button.msg-form__send-button, [data-testid="dmComposerSendButton"]').click()
  await page.getByLabel("All").check()
  await page.getByRole("button", { name: "Send the chosen" }).click()
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
      .where(inArray(tables.changes.tableName, ["drafts", "approvals", "sends", "views"])),
  )
  const deciders = actors.filter(({ table }) => table === "approvals" || table === "sends")
  expect(deciders.every(({ actor }) => actor.startsWith("human:"))).toBe(true)
  expect(actors).toContainEqual({ table: "drafts", actor: "agent:writer" })
  expect(actors).toContainEqual({ table: "views", actor: "agent:sales" })

  // Replies are looked for when a person asks, and stand with the draft and on the timeline.
  const [first] = wanted.filter(({ channel, to }) => inbox.conversation(channel, to).length === 1)
  if (!first) throw new Error("Everybody has answered already.")
  inbox.answer(first.channel, first.to, "Yes, <b>Tuesday</b>.")
  const answers = wanted.flatMap(({ channel, to }) =>
    inbox.conversation(channel, to).flatMap(({ from, body }) => (from === "them" ? [`Reply: ${body}`] : [])),
  )
  await page.goto("/drafts/review?show=sent")
  await page.getByRole("button", { name: "Look for replies" }).click()
  await page.locator(".draft-reply", { hasText: "Yes, <b>Tuesday</b>." }).waitFor()
  const heard = async () => {
    const entries = await room.store.read((db) => db.select().from(tables.timeline))
    return entries.flatMap(({ actor, text }) => (actor === "lead" ? [text] : [])).toSorted()
  }
  await expect.poll(heard).toEqual(answers.toSorted())

  // Undoing what the agents did takes nothing back that has left.
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
  await page.goto("/ask")
  await page.getByRole("link", { name: "show me the latest 10 leads" }).click()
  await page.locator(".turn").last().getByRole("button", { name: "Undo what it changed" }).click()
  await page.getByText("Undone.", { exact: true }).waitFor()
  expect((await page.request.get(view)).status()).toBe(404)
  const memories = await room.store.read((db) => db.select().from(tables.memories))
  expect(memories.map(({ text, source }) => [text, source.endsWith(`draft ${rejected}`)])).toEqual([
    ["When writing to leads: Too much about us.", true],
  ])
})

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

test("a yes to what has changed meanwhile is none and says so, and what was decided last is taken back by a key", async () => {
  await openQuietRoom()
  await addTen()
  const writer = { actor: "agent:writer", kind: "draft" }
  await makeDraft(room.store, writer, 1, { channel: "linkedin-message", body: "One" }, new Date())
  await makeDraft(room.store, writer, 2, { channel: "linkedin-message", body: "Second" }, new Date())
  await page.goto("/drafts/review?id=2")
  await page.keyboard.press("a")
  await page.getByText("1 of 1").waitFor()
  expect(await stateOf("approved")).toBe(1)
  await page.keyboard.press("u")
  await page.getByText("2 of 2").waitFor()
  expect(await stateOf("approved")).toBe(0)
  await page.keyboard.press("ArrowLeft")
  await page.getByText("1 of 2").waitFor()
  await room.store.change({ actor: "agent:writer", kind: "draft" }, (db) =>
    db.update(tables.drafts).set({ body: "Two" }),
  )
  await page.keyboard.press("a")
  await page.getByText("was changed since it was shown").waitFor()
  expect(await stateOf("approved")).toBe(0)
  trouble = trouble.filter((line) => !line.includes("409"))
})
