import { existsSync, statSync } from "node:fs"
import { eq } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import { addAccount, clearAccount, listAccounts, stopAccount, stopPicture } from "../../src/browser/accounts.ts"
import { pruneCaptures, reparse } from "../../src/browser/evidence.ts"
import type { Read } from "../../src/browser/reader.ts"
import { tables } from "../../src/db/tables.ts"
import { openReadingRoom, quietly, type ReadingRoom, xPage } from "./reading-room.ts"

let room: ReadingRoom
beforeEach(async () => {
  room = await openReadingRoom()
})
afterEach(() => room.close())

const wall = '<html><body><h1>Wait</h1><div data-testid="error-detail">Something went wrong</div></body></html>'

test("twenty agents that ask for the same company cause one load, and all get the same evidence", async () => {
  const reader = await room.reader()
  const url = "https://www.linkedin.com/company/loomwerk/"
  const reads = await Promise.all(Array.from({ length: 20 }, () => reader.read(url, quietly)))
  expect(new Set(reads.map((read) => (read.kind === "read" ? read.evidenceId : read.reason))).size).toBe(1)
  expect(room.asked("www.linkedin.com").filter((path) => path.startsWith("/company/"))).toHaveLength(1)
  expect(await spent()).toHaveLength(1)
})

test("a fresh page is served from its evidence, and read again when it is older than its kind allows", async () => {
  room.put("https://x.com/beekeeper1", xPage("beekeeper1"))
  let now = Date.now()
  const reader = await room.reader({ clock: () => new Date(now) })
  const first = await reader.read("https://x.com/beekeeper1", quietly)
  now += 6 * 24 * 3_600_000
  expect(await reader.read("https://x.com/beekeeper1", quietly)).toEqual(first)
  now += 2 * 24 * 3_600_000
  const later = await reader.read("https://x.com/beekeeper1", quietly)
  expect(later).toMatchObject({ kind: "read", evidenceId: 2 })
})

test("one agent that is stopped does not end the reading for the others", async () => {
  room.put("https://x.com/beekeeper1", xPage("beekeeper1"))
  const reader = await room.reader()
  const stopping = new AbortController()
  const stopped = reader.read("https://x.com/beekeeper1", { ...quietly, signal: stopping.signal })
  const other = reader.read("https://x.com/beekeeper1", quietly)
  stopping.abort()
  expect(await stopped).toMatchObject({ kind: "parked" })
  expect(await other).toMatchObject({ kind: "read", reading: { kind: "found" } })
})

test("after a challenge not one more navigation is made, everybody is told, and a person can let it go on", async () => {
  const handles = Array.from({ length: 15 }, (_, i) => `keeper${i}`)
  for (const handle of handles) room.put(`https://x.com/${handle}`, xPage(handle))
  room.put("https://x.com/keeper3", wall, { status: 429 })
  const leads = await room.store.change({ actor: "system", kind: "edit" }, (db) =>
    db
      .insert(tables.leads)
      .values(handles.map((xHandle) => ({ xHandle, createdAt: "2026-01-01", updatedAt: "2026-01-01" })))
      .returning({ id: tables.leads.id }),
  )
  const reader = await room.reader()
  const reads = await agents(10, handles, (handle) => reader.read(`https://x.com/${handle}`, quietly))

  const asked = room.asked("x.com").filter((path) => path.startsWith("/keeper"))
  expect(asked.at(-1), "the wall is the last page asked for").toBe("/keeper3")
  expect(asked).toHaveLength(4)
  const kinds = Map.groupBy(reads, (read) => (read.kind === "read" ? read.reading.kind : read.kind))
  expect([kinds.get("found")?.length, kinds.get("blocked")?.length, kinds.get("parked")?.length]).toEqual([3, 1, 11])
  expect(kinds.get("parked")?.[0]).toEqual({
    kind: "parked",
    reason: "x:team is stopped: X asks to slow down (429). (https://x.com/keeper3)",
    until: null,
  })

  const [account] = await listAccounts(room.store)
  if (!account) throw new Error("The reader made no account.")
  const picture = stopPicture(room.captures, account)
  expect(picture && statSync(picture).mode & 0o777).toBe(0o600)

  const waiting = handles.flatMap((_, i) => {
    const leadId = leads[i]?.id
    const at = "2026-01-01T00:00:00.000Z"
    const notBefore = "9999-12-31T00:00:00.000Z"
    return leadId && reads[i]?.kind !== "read"
      ? [{ kind: "enrich", leadId, state: "waiting" as const, notBefore, createdAt: at, updatedAt: at }]
      : []
  })
  await room.store.write((db) => db.insert(tables.tasks).values(waiting))
  room.put("https://x.com/keeper3", xPage("keeper3"), { status: 200 })
  expect(await clearAccount(room.store, account.id, "human:ada", new Date())).toBe(11)
  expect(await reader.read("https://x.com/keeper3", quietly)).toMatchObject({ reading: { kind: "found" } })
})

test("an account that another process pauses makes no further navigation", async () => {
  room.put("https://x.com/keeper1", xPage("keeper1"))
  const account = await addAccount(room.store, "x", "team", new Date())
  const reader = await room.reader()
  await stopAccount(room.store, { id: account.id, reason: "human:ada paused it.", actor: "human:ada" }, new Date())
  expect(await reader.read("https://x.com/keeper1", quietly)).toMatchObject({
    kind: "parked",
    reason: "x:team is stopped: human:ada paused it.",
  })
  expect(room.asked("x.com")).toEqual([])
})

test("nothing is read live with an account whose owner has not said yes", async () => {
  const reader = await room.reader({
    policy: () => ({ limits: [], mayRead: { kind: "no", reason: "x:team reads nothing yet." } }),
  })
  expect(await reader.read("https://x.com/keeper1", quietly)).toMatchObject({ kind: "parked", until: null })
  expect(room.asked("x.com")).toEqual([])
})

test("what the site says of its own limit lets the account rest", async () => {
  const reset = Math.floor(Date.now() / 1000) + 900
  room.put("https://x.com/keeper1", xPage("keeper1"), {
    headers: {
      "x-rate-limit-limit": "95",
      "x-rate-limit-remaining": "1",
      "x-rate-limit-reset": String(reset),
    },
  })
  room.put("https://x.com/keeper2", xPage("keeper2"))
  const reader = await room.reader({ scale: 1, longestWait: 1_000 })
  await reader.read("https://x.com/keeper1", quietly)
  expect(await reader.read("https://x.com/keeper2", quietly)).toEqual({
    kind: "parked",
    reason: "The site asks x:team to rest.",
    until: new Date(reset * 1000).toISOString(),
  })
  expect(room.asked("x.com")).toEqual(["/keeper1"])
})

test("a fault of the site's own puts the page off and stops nobody", async () => {
  room.put("https://x.com/keeper1", "<h1>Over capacity</h1>", { status: 503 })
  const reader = await room.reader()
  expect(await reader.read("https://x.com/keeper1", quietly)).toMatchObject({
    kind: "parked",
    until: expect.any(String),
  })
  expect((await listAccounts(room.store)).map(({ stoppedReason }) => stoppedReason)).toEqual([null])
})

test("five pages in a row that are not recognised stop the account", async () => {
  const odd = '<div data-testid="primaryColumn"><div data-testid="UserName"></div></div>'
  for (let i = 0; i < 6; i++) room.put(`https://x.com/odd${i}`, odd)
  const reader = await room.reader()
  const reads: Read[] = []
  for (let i = 0; i < 6; i++) reads.push(await reader.read(`https://x.com/odd${i}`, quietly))
  expect(reads.map((read) => (read.kind === "read" ? read.reading.kind : read.kind))).toEqual([
    ...Array(5).fill("drift"),
    "parked",
  ])
})

test("a page that a company's robots.txt does not allow is refused, and its others are read", async () => {
  room.put("https://quiet.example/robots.txt", "User-agent: *\nDisallow: /staff/\n", {
    headers: { "content-type": "text/plain" },
  })
  room.put("https://quiet.example/staff/", "<h1>Staff</h1>")
  room.put("https://quiet.example/", "<title>Quiet</title><h1>Quiet</h1>")
  const reader = await room.reader()
  expect(await reader.read("https://quiet.example/staff/", quietly)).toMatchObject({
    kind: "refused",
    reason: expect.stringContaining("robots.txt"),
  })
  expect(await reader.read("https://quiet.example/", quietly)).toMatchObject({ kind: "read" })
  expect(room.asked("quiet.example").filter((path) => path === "/staff/")).toEqual([])
})

test("a page is read again from its capture as long as that is kept", async () => {
  room.put("https://x.com/keeper1", xPage("keeper1"))
  const reader = await room.reader()
  const read = await reader.read("https://x.com/keeper1", quietly)
  if (read.kind !== "read") throw new Error(read.reason)
  const asked = room.asked("x.com").length
  expect(await reparse(room.store, room.captures, read.evidenceId)).toEqual({
    ...read,
    kind: "reparsed",
    isNew: false,
  })

  const { evidence } = tables
  await room.store.write((db) => db.update(evidence).set({ text: "as an older adapter read it" }))
  const again = await reparse(room.store, room.captures, read.evidenceId)
  expect(again).toMatchObject({ kind: "reparsed", isNew: true, reading: read.reading, evidenceId: read.evidenceId + 1 })
  expect(room.asked("x.com")).toHaveLength(asked)

  const [kept] = await room.store.read((db) => db.select().from(evidence).where(eq(evidence.id, read.evidenceId)))
  expect(existsSync(`${room.captures}/${kept?.capture}`)).toBe(true)
  expect(await pruneCaptures(room.store, room.captures, 180, new Date())).toBe(0)
  expect(await pruneCaptures(room.store, room.captures, 180, new Date(Date.now() + 182 * 24 * 3_600_000))).toBe(1)
  expect(existsSync(`${room.captures}/${kept?.capture}`)).toBe(false)
  expect(await reparse(room.store, room.captures, read.evidenceId)).toMatchObject({ kind: "refused" })
})

function spent() {
  return room.store.read((db) => db.select().from(tables.spends))
}

/** So many agents take turns at a list of things to read. */
async function agents<T>(count: number, things: T[], read: (thing: T) => Promise<Read>): Promise<Read[]> {
  const reads: Read[] = []
  const todo = things.entries()
  await Promise.all(
    Array.from({ length: count }, async () => {
      for (const [i, thing] of todo) reads[i] = await read(thing)
    }),
  )
  return reads
}
