import { join } from "node:path"
import type { Page } from "playwright"
import { afterAll, beforeAll, expect, test } from "vitest"
import { addAccount, sharedOwner, whyStopped } from "../../src/browser/accounts.ts"
import { type SendingDeps, sendInLane, whyNotSending } from "../../src/browser/composer-lane.ts"
import { openEgress } from "../../src/browser/egress.ts"
import { type Lane, laneClock, launchProfile, openLane } from "../../src/browser/lane.ts"
import { defaultLimits } from "../../src/browser/ledger.ts"
import { readThreadInLane } from "../../src/browser/thread-lane.ts"
import { tables } from "../../src/db/tables.ts"
import { testChromium } from "../chromium.ts"
import { openReadingRoom, type ReadingRoom } from "./reading-room.ts"

let room: ReadingRoom
let lane: Lane
let closeEgress: () => Promise<void>
const never = new AbortController().signal
const clock = () => new Date()
/** What the person does once the message stands in the window. */
let hand: (page: Page) => Promise<unknown> = async () => {}
let who: "lane" | "person" = "lane"
let limits = defaultLimits.linkedin

beforeAll(async () => {
  room = await openReadingRoom()
  const { port, spki } = room.replica
  const egress = await openEgress({ route: { kind: "replica", port, spki }, clock })
  closeEgress = egress.close
  const chromium = await testChromium()
  const profileDir = join(room.folder, "profiles", "sending")
  lane = openLane({
    ...{ profileDir, chromium, egress, headless: true, clock: laneClock(1_000_000), random: () => 0 },
    openWindow: () => launchProfile({ profileDir, chromium, egress, headless: true }),
  })
  await addAccount(room.store, "linkedin", sharedOwner, clock())
  await addAccount(room.store, "x", sharedOwner, clock())
})
afterAll(async () => {
  await lane.close()
  await closeEgress()
  await room.close()
})

const deps = (): SendingDeps => ({
  store: room.store,
  lane: async () => lane,
  policy: () => ({ limits, mayRead: { kind: "yes" } }),
  scale: 1_000_000,
  clock,
  longestWait: 10_000,
  presser: () => who,
  whyNoWindow: async () => null,
  onReady: (page) => void hand(page).catch(() => {}),
})
const arrived = () => room.replica.inbox.all()
const words = "Grüße, 東京 & <b>Köln</b>.\n\nA second paragraph,\nwith a line.\n\nAda"
const isla = "isla-drummond-rae"

test("a message arrives at the right person byte for byte, pressed by the lane, and what the site showed is kept", async () => {
  who = "lane"
  const sent = await sendInLane(deps(), "linkedin:team", "linkedin.message", { recipient: isla, body: words }, never)
  expect(sent).toMatchObject({ kind: "sent", seen: { text: expect.stringContaining(words) } })
  expect(arrived()).toEqual([{ channel: "linkedin-message", to: isla, subject: null, body: words }])
})

test("a person presses in a window, and may not have changed a letter", async () => {
  who = "person"
  const before = arrived().length
  hand = (page) => page.locator("button.msg-form__send-button").click()
  const sent = await sendInLane(deps(), "linkedin:team", "linkedin.message", { recipient: isla, body: "Two" }, never)
  expect(sent.kind).toBe("sent")
  hand = async (page) => {
    await page.locator(".msg-form__contenteditable").click()
    await page.keyboard.type("!")
    await page.keyboard.press("Enter")
    await page.locator("button.msg-form__send-button").click()
  }
  const altered = await sendInLane(
    deps(),
    "linkedin:team",
    "linkedin.message",
    { recipient: isla, body: "Three" },
    never,
  )
  expect(altered).toMatchObject({ kind: "refused", reason: expect.stringContaining("was changed in the window") })
  hand = (page) => page.close()
  const closed = await sendInLane(deps(), "linkedin:team", "linkedin.message", { recipient: isla, body: "Four" }, never)
  expect(closed).toMatchObject({ kind: "refused", reason: expect.stringContaining("window was closed") })
  const stop = new AbortController()
  hand = async (page) => {
    await page.evaluate(() => document.querySelector<HTMLElement>("button.msg-form__send-button")?.click())
    stop.abort()
  }
  const scripted = await sendInLane(
    deps(),
    "linkedin:team",
    "linkedin.message",
    { recipient: isla, body: "Five" },
    stop.signal,
  )
  expect(scripted).toMatchObject({ kind: "refused" })
  expect(
    arrived()
      .slice(before)
      .map(({ body }) => body),
  ).toEqual(["Two"])
})

test("an invitation carries its note, and a second one is not offered", async () => {
  who = "lane"
  const note = { recipient: isla, body: "Robots & CRMs?\nAda" }
  const sent = await sendInLane(deps(), "linkedin:team", "linkedin.note", note, never)
  expect(sent.kind).toBe("sent")
  expect(room.replica.inbox.of("linkedin-note", isla)).toEqual([
    { channel: "linkedin-note", to: isla, subject: null, body: note.body },
  ])
  const long = await sendInLane(deps(), "linkedin:team", "linkedin.note", { ...note, body: "x".repeat(250) }, never)
  expect(long).toMatchObject({ kind: "refused", reason: expect.stringContaining("does not take the text") })
})

test("an X message arrives, and an account that takes none is not pressed", async () => {
  limits = defaultLimits.x
  const handle = "isla_slackwater"
  const sent = await sendInLane(deps(), "x:team", "x.message", { recipient: handle, body: words }, never)
  expect(sent).toMatchObject({ kind: "sent" })
  expect(room.replica.inbox.of("x-message", handle).map(({ body }) => body)).toEqual([words])
  const nobody = await sendInLane(deps(), "x:team", "x.message", { recipient: "nobody_at_all", body: "Hi" }, never)
  expect(nobody.kind).toBe("refused")
  limits = defaultLimits.linkedin
})

test("a conversation is read as it stands, and paid for", async () => {
  room.replica.inbox.answer("linkedin-message", isla, "Yes <b>please</b>.\n\nIsla")
  const read = await readThreadInLane(deps(), "linkedin:team", "linkedin.thread", isla, never)
  if (read.kind !== "read") throw new Error(read.reason)
  expect(read.messages[0]).toEqual({ from: "us", text: words.replaceAll("\n\n", "\n"), id: null, at: null })
  expect(read.messages.at(-1)).toEqual({ from: "them", text: "Yes <b>please</b>.\nIsla", id: null, at: null })
  room.replica.inbox.answer("x-message", "isla_slackwater", "No.")
  const x = await readThreadInLane(deps(), "x:team", "x.thread", "isla_slackwater", never)
  expect(x).toMatchObject({ kind: "read" })
  expect(x.kind === "read" && x.messages.map(({ from }) => from)).toEqual(["us", "them"])
  const spent = await room.store.read((db) => db.select({ kind: tables.spends.kind }).from(tables.spends))
  expect(spent.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["linkedin.thread", "x.thread"]))
  const nobody = await readThreadInLane(deps(), "x:team", "x.thread", "nobody_at_all", never)
  expect(nobody.kind).toBe("refused")
})

test("where the page turned out to be somebody else's, nothing is written", async () => {
  room.put(
    "https://www.linkedin.com/in/swapped/",
    `<script>history.replaceState(null, "", "/in/${isla}/")</script><h1>Somebody</h1>`,
  )
  const sent = await sendInLane(
    deps(),
    "linkedin:team",
    "linkedin.message",
    { recipient: "swapped", body: "Hi" },
    never,
  )
  expect(sent).toMatchObject({ kind: "refused", reason: expect.stringContaining("in place of swapped") })
})

test("a wall stops the account, and a stopped account sends nothing", async () => {
  room.put("https://www.linkedin.com/in/walled/", "", {
    status: 302,
    headers: { location: "/checkpoint/challenge/replica" },
  })
  const sent = await sendInLane(deps(), "linkedin:team", "linkedin.message", { recipient: "walled", body: "Hi" }, never)
  expect(sent.kind).toBe("blocked")
  expect(await whyStopped(room.store, 1)).toContain("security check")
  expect(await whyNotSending(deps(), "linkedin:team", "linkedin.message")).toContain("is stopped")
  expect(await whyNotSending(deps(), null, "x.message")).toContain("No account")
})
