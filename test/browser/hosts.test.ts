import { spawn } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { eq } from "drizzle-orm"
import { afterEach, beforeEach, expect, test } from "vitest"
import { addAccount, listAccounts } from "../../src/browser/accounts.ts"
import { type SendingDeps, takeLoad, whyNotSending } from "../../src/browser/composer-lane.ts"
import { serveReadings } from "../../src/browser/elsewhere.ts"
import { keptPage, sweepCaptures } from "../../src/browser/evidence.ts"
import {
  HomeCopied,
  holdAccount,
  openPresence,
  otherMachines,
  type Presence,
  takeAccount,
  whereIs,
} from "../../src/browser/hosts.ts"
import { spend } from "../../src/browser/ledger.ts"
import type { Read, Reader } from "../../src/browser/reader.ts"
import { DatabaseAway } from "../../src/db/postgres/trouble.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { addTask } from "../harness/add-task.ts"
import { readerWithoutBrowser } from "./fake-lane.ts"
import { quietly } from "./reading-room.ts"

let folder: string
let store: Store
/** How far the database's time has been moved on, in milliseconds. */
let later = 0
const closing: (() => Promise<unknown>)[] = []

beforeEach(() => {
  later = 0
  folder = mkdtempSync(join(tmpdir(), "giant-hosts-"))
  store = openStore(join(folder, "giant.db"), () => new Date(Date.now() + later))
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
})

const url = "https://x.com/beekeeper1"
const ada = { id: "home-of-ada", machine: "ada-laptop", folder: "/home/ada/.giant" }
const ben = { id: "home-of-ben", machine: "ben-laptop", folder: "/home/ben/.giant" }
type Home = typeof ada
/** Nothing is said of oneself while a test is so short. */
const rarely = { everyMs: 600_000, silentMs: 600_000, livesMs: 60_000 }

async function arrive(home: Home, times = rarely): Promise<Presence> {
  const presence = await openPresence(store, home, "replica", times)
  closing.push(presence.close)
  return presence
}

/** A reader of one machine, with the addresses that its lanes opened. */
function readerOf(home: Home, host: number | null): { reader: Reader; visits: string[] } {
  const visits: string[] = []
  const reader = readerWithoutBrowser(store, { place: home, host }, (address) => visits.push(address))
  closing.push(reader.close)
  return { reader, visits }
}

function serve(presence: Presence, reader: Pick<Reader, "read">, through = store): AbortController {
  const stop = new AbortController()
  const serving = serveReadings(through, presence, reader, stop.signal)
  closing.push(async () => {
    stop.abort()
    await serving
  })
  return stop
}

test("a page is read on the machine that has the account, and others get its evidence", async () => {
  const adas = await arrive(ada)
  const bens = await arrive(ben)
  const at = { ada: readerOf(ada, adas.id), ben: readerOf(ben, bens.id) }
  serve(adas, at.ada.reader)
  await holdAccount(store, await addAccount(store, "x", "team", store.now()), ada)
  const read = await at.ben.reader.read(url, { ...quietly, runId: 7 })
  expect(read).toMatchObject({
    kind: "read",
    evidenceId: 1,
    reading: { kind: "found", fields: { bio: "Keeps bees." } },
  })
  expect([at.ada.visits, at.ben.visits]).toEqual([[url], []])
  expect(await store.read((db) => db.select().from(tables.evidence))).toMatchObject([{ place: ada.id, runId: 7 }])
  expect(await store.read((db) => db.select().from(tables.spends))).toMatchObject([
    { account: "x:team", place: ada.id },
  ])
  expect(await store.read((db) => db.select().from(tables.readings)), "what was answered is not kept").toEqual([])
  // From now on the evidence is fresh, wherever it is asked for.
  expect(await at.ben.reader.read(url, quietly)).toEqual(read)
  expect(at.ada.visits).toHaveLength(1)
})

test("another process of the same home is read for by the one that has the browser", async () => {
  const adas = await arrive(ada)
  const at = { host: readerOf(ada, adas.id), chat: readerOf(ada, null) }
  serve(adas, at.host.reader)
  await holdAccount(store, await addAccount(store, "x", "team", store.now()), ada)
  expect(await at.chat.reader.read(url, quietly)).toMatchObject({ kind: "read" })
  expect([at.host.visits, at.chat.visits]).toEqual([[url], []])
})

test("a machine that is not at work is named, and so is one that falls silent while it is asked", async () => {
  const adas = await arrive(ada)
  const { reader, visits } = readerOf(ben, (await arrive(ben)).id)
  await holdAccount(store, await addAccount(store, "x", "team", store.now()), ada)
  const asking = reader.read(url, quietly)
  while ((await store.read((db) => db.select().from(tables.readings))).length === 0) await pause()
  later += 120_000
  expect(await asking).toMatchObject({ kind: "parked", reason: expect.stringContaining("ada-laptop") })
  expect(await store.read((db) => db.select().from(tables.readings))).toEqual([])
  later = 0
  await adas.close()
  closing.splice(closing.indexOf(adas.close), 1)
  expect(await reader.read(url, quietly)).toMatchObject({
    kind: "parked",
    reason: expect.stringContaining("x:team is signed in on ada-laptop, which is not at work now."),
  })
  expect(visits).toEqual([])
})

test("what a host was asked is read by the one that comes after it", async () => {
  const fallen = await arrive(ada)
  const { reader } = readerOf(ben, (await arrive(ben)).id)
  await holdAccount(store, await addAccount(store, "x", "team", store.now()), ada)
  const asking = reader.read(url, quietly)
  while ((await store.read((db) => db.select().from(tables.readings))).length === 0) await pause()
  await store.write((db) => db.update(tables.readings).set({ takenBy: fallen.id }))
  const next = await arrive(ada)
  expect(next.fallen).toEqual([fallen.id])
  serve(next, readerOf(ada, next.id).reader)
  expect(await asking).toMatchObject({ kind: "read" })
})

test("a reading that was broken off there, or whose answer was lost, is no answer: it is read again", async () => {
  const adas = await arrive(ada)
  const { reader, visits } = readerOf(ada, adas.id)
  await holdAccount(store, await addAccount(store, "x", "team", store.now()), ada)
  const outOfReach = new AbortController()
  const lost = { answers: 0 }
  const steps: (() => Promise<Read>)[] = [
    () => Promise.reject(new DatabaseAway("The database", 90)),
    async () => {
      outOfReach.abort()
      return { kind: "parked", reason: "The reading was stopped.", until: null }
    },
    async () => {
      lost.answers = 1
      return reader.read(url, quietly)
    },
  ]
  const presence = { ...adas, reach: () => (steps.length === 2 ? outOfReach.signal : adas.reach()) }
  const through: Store = {
    ...store,
    write: (work) => (lost.answers-- > 0 ? Promise.reject(new DatabaseAway("The database", 90)) : store.write(work)),
  }
  serve(presence, { read: (...given) => steps.shift()?.() ?? reader.read(...given) }, through)
  const asking = readerOf(ben, (await arrive(ben)).id)
  expect(await asking.reader.read(url, quietly)).toMatchObject({ kind: "read", evidenceId: 1 })
  expect([steps.length, visits.length]).toEqual([0, 1])
})

test("what fails on the machine that reads is told to who asked, and tried again later", async () => {
  const adas = await arrive(ada)
  await holdAccount(store, await addAccount(store, "x", "team", store.now()), ada)
  serve(adas, { read: () => Promise.reject(new Error("The browser's folder is full.")) })
  const { reader } = readerOf(ben, (await arrive(ben)).id)
  expect(await reader.read(url, quietly)).toEqual({
    kind: "parked",
    reason: "ada-laptop could not read it: The browser's folder is full.",
    until: expect.stringMatching(/^20/),
  })
  expect(await store.read((db) => db.select().from(tables.readings))).toEqual([])
})

test("an account that nobody has used becomes the first one's, and signing in takes it from a machine that is away", async () => {
  const account = await addAccount(store, "x", "team", store.now())
  expect(await whereIs(store, account, ben, null)).toEqual({ kind: "here" })
  const held = await Promise.all([holdAccount(store, account, ada), holdAccount(store, account, ben)])
  expect(held.filter((isHeld) => isHeld)).toHaveLength(1)
  const [holder, other] = held[0] ? [ada, ben] : [ben, ada]
  const presence = await arrive(holder)
  expect(await takeAccount(store, account, other, "human:ada")).toBe(holder.machine)
  await presence.close()
  expect(await takeAccount(store, account, other, "human:ada")).toBe(null)
  expect(await listAccounts(store)).toMatchObject([{ place: other.id }])
  const load = { account: "x:team", page: "x.profile", url, place: holder.id }
  expect(await spend(store, load, [], 1, store.now)).toMatchObject({
    kind: "limited",
    reason: expect.stringContaining("another machine"),
  })
  expect(await spend(store, { ...load, place: other.id }, [], 1, store.now)).toEqual({ kind: "spent" })
})

test("a message whose account another machine has is not sent here, and says on which machine it can be", async () => {
  const account = await addAccount(store, "x", "team", store.now())
  await holdAccount(store, account, ada)
  await (await arrive(ada)).close()
  const deps: SendingDeps = {
    ...{ store, place: ben, scale: 1, longestWait: 0, clock: store.now },
    policy: () => ({ limits: [], mayRead: { kind: "yes" } }),
    presser: () => "lane",
    whyNoWindow: async () => null,
    onReady: () => {},
    lane: () => Promise.reject(new Error("Nothing is opened here.")),
  }
  expect(await whyNotSending(deps, "x:team", "x.message")).toBe("x:team is signed in on ada-laptop: send it there.")
  const load = { account: "x:team", page: "x.message", url }
  expect(await takeLoad(deps, account, load, new AbortController().signal)).toMatch(
    /^x:team is signed in on ada-laptop/,
  )
  expect(await whyNotSending({ ...deps, place: ada }, "x:team", "x.message")).toBeNull()
})

test("company sites are read by every machine, within one ledger", async () => {
  const account = await addAccount(store, "web", "team", store.now())
  expect(await holdAccount(store, account, ada)).toBe(true)
  expect(await whereIs(store, account, ben, null)).toEqual({ kind: "here" })
  expect(await listAccounts(store)).toMatchObject([{ place: null }])
})

test("a host that cannot reach the database stops acting before others take it for gone, and comes back", async () => {
  const times = { everyMs: 10, silentMs: 2_000, livesMs: 60_000 }
  const line = { isCut: false }
  const cut: Store = { ...store, jot: (work) => (line.isCut ? Promise.reject(new Error("away")) : store.jot(work)) }
  const presence = await openPresence(cut, ada, "replica", times)
  closing.push(presence.close)
  const before = presence.reach()
  await beats(3)
  expect(before.aborted).toBe(false)
  line.isCut = true
  await new Promise((resolve) => before.addEventListener("abort", resolve))
  line.isCut = false
  await beats(3)
  expect(presence.reach().aborted).toBe(false)
})

test("a host that slept through its time is told by its first sign of life", async () => {
  const presence = await arrive(ada, { everyMs: 20, silentMs: 600_000, livesMs: 60_000 })
  const before = presence.reach()
  later += 120_000
  await new Promise((resolve) => before.addEventListener("abort", resolve))
  expect(presence.reach().aborted).toBe(false)
})

test("hosts tell each other how many they are, and that the model's server wants to be left alone", async () => {
  const adas = await arrive(ada, { everyMs: 10, silentMs: 600_000, livesMs: 60_000 })
  const bens = await arrive(ben)
  const until = new Date(Date.now() + 30_000)
  await bens.pauseModel(until)
  while (adas.modelPausedUntil() === 0) await pause()
  expect([adas.atWork(), adas.modelPausedUntil()]).toEqual([2, until.getTime()])
})

test("the copy of a home that is at work is refused, and says what to do", async () => {
  await arrive(ada)
  const copy = { ...ada, machine: "another-laptop" }
  await expect(openPresence(store, copy, "replica")).rejects.toThrow(HomeCopied)
  later += 120_000
  await arrive(copy)
})

test("a raw page that another machine has is said to be there", async () => {
  const adas = await arrive(ada)
  const { reader } = readerOf(ada, adas.id)
  await reader.read(url, quietly)
  expect(await keptPage(store, join(folder, "captures-of-home-of-ada"), 1)).toMatchObject({ kind: "kept" })
  const elsewhere = join(folder, "captures-of-home-of-ben")
  expect(await keptPage(store, elsewhere, 1)).toEqual({
    kind: "refused",
    reason: "The raw page of evidence 1 is kept on ada-laptop, which read it.",
  })
  await store.write((db) => db.update(tables.hosts).set({ machine: hostname() }).where(eq(tables.hosts.id, adas.id)))
  expect(await keptPage(store, elsewhere, 1)).toMatchObject({ reason: expect.stringContaining("not kept any more") })
})

test("raw pages of somebody who was forgotten on another machine go when this one starts", async () => {
  const adas = await arrive(ada)
  await readerOf(ada, adas.id).reader.read(url, quietly)
  const captures = join(folder, "captures-of-home-of-ada")
  const hour = 3_600_000
  await store.write((db) => db.delete(tables.evidence))
  expect(await sweepCaptures(store, captures, new Date()), "what is being kept just now stays").toBe(0)
  expect(await sweepCaptures(store, captures, new Date(Date.now() + 2 * hour))).toBe(1)
  expect(await sweepCaptures(store, captures, new Date(Date.now() + 2 * hour))).toBe(0)
  await arrive(ben)
  expect(await otherMachines(store, ada)).toEqual(["ben-laptop"])
})

test("three processes work their leads together, one is killed and comes back: all is done once, each page on its own machine", async () => {
  const homes = ["ada", "ben", "cleo"]
  const each = 12
  await addLeads(homes, each)
  const log = join(folder, "visits")
  const start = (name: string) => {
    const args = [join(import.meta.dirname, "hosts-process.ts"), join(folder, "giant.db"), name, log]
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] })
    closing.push(async () => child.kill("SIGKILL"))
    return child
  }
  const hosts = homes.map(start)
  while ((await countDone()) < each) await pause()
  hosts[1]?.kill("SIGKILL")
  hosts.push(start("ben"))
  while ((await countDone()) < 3 * each) await pause()

  const tasks = await store.read((db) => db.select().from(tables.tasks))
  expect(new Set(tasks.map(({ state, outcome }) => `${state} ${outcome?.split(" ")[0]}`))).toEqual(
    new Set(["done found"]),
  )
  const visits = readFileSync(log, "utf8").trim().split("\n")
  expect(visits.filter((line) => !/^(\w+) \S+\/\1_\d+$/.test(line))).toEqual([])
  const again = visits.length - new Set(visits).size
  expect(again, "only what was under way when its machine was killed").toBeLessThanOrEqual(1)
  expect(new Set(visits).size).toBe(3 * each)
  const spends = await store.read((db) => db.select().from(tables.spends))
  expect(spends.every(({ account, place }) => account === `x:${place}`)).toBe(true)
  // A machine may be killed when its load is paid for and not yet made.
  expect([0, 1]).toContain(spends.length - visits.length)
})

/** Leads that each owner's own X account reads, with their tasks. */
async function addLeads(owners: string[], each: number): Promise<void> {
  for (const owner of owners) {
    await holdAccount(store, await addAccount(store, "x", owner, store.now()), {
      id: owner,
      machine: owner,
      folder: "",
    })
  }
  const at = store.now().toISOString()
  const wanted = Array.from({ length: each }, (_, number) =>
    owners.map((owner) => ({ owner, xHandle: `${owner}_${number}` })),
  )
  const added = await store.change({ actor: "import", kind: "import" }, (db) =>
    db
      .insert(tables.leads)
      .values(wanted.flat().map((one) => ({ ...one, createdAt: at, updatedAt: at })))
      .returning(),
  )
  for (const { id } of added) await addTask(store, { kind: "enrich", leadId: id }, store.now())
}

async function countDone(): Promise<number> {
  const done = await store.read((db) => db.select().from(tables.tasks).where(eq(tables.tasks.state, "done")))
  return done.length
}

/** Until the hosts have given so many signs of life. */
async function beats(number: number): Promise<void> {
  const seen = new Set<string>()
  while (seen.size <= number) {
    for (const { seenAt } of await store.read((db) => db.select().from(tables.hosts))) seen.add(seenAt)
    await pause()
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5))
}
