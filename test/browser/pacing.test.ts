import { spawn } from "node:child_process"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { afterAll, beforeAll, expect, test } from "vitest"
import { clearAccount, listAccounts } from "../../src/browser/accounts.ts"
import { tables } from "../../src/db/tables.ts"
import { openReadingRoom, type ReadingRoom, xPage } from "./reading-room.ts"

let room: ReadingRoom
/** Fewer than two processes would load by themselves. */
const most = 5
const limits = [{ loads: most, windowMs: 900_000 }]
/** A quarter of an hour is two seconds. */
const scale = 450
/** 300 show the pacing at length. */
const readings = Number(process.env.GIANT_READINGS ?? 20)
const addresses = Array.from({ length: readings }, (_, i) => `https://x.com/keeper${i}`)
const shared = addresses.slice(0, readings / 2)
const alone = addresses.slice(readings / 2)
const [walled = ""] = alone.slice(readings / 5)

beforeAll(async () => {
  room = await openReadingRoom()
  for (const address of addresses) room.put(address, xPage(new URL(address).pathname.slice(1)))
  room.put(walled, "<h1>Slow down</h1>", { status: 429 })
})
afterAll(() => room.close())

test("many readings: two processes keep to one ledger, a challenge stops all ten agents, none is lost", {
  timeout: Math.max(300_000, readings * 2_000),
}, async () => {
  const together = await Promise.all(
    [0, 1].map((half) =>
      inProcess(
        `half-${half}`,
        shared.filter((_, i) => i % 2 === half),
      ),
    ),
  )
  expect(together.map((came) => [came.size, ...new Set(came.values())])).toEqual([
    [readings / 4, "found"],
    [readings / 4, "found"],
  ])

  const before = await inProcess("alone", alone)
  expect(before.size).toBe(readings / 2)
  expect(before.get(walled)).toBe("blocked")
  expect(new Set(before.values())).toEqual(new Set(["found", "blocked", "parked"]))
  expect(loads().at(-1), "not one more navigation").toBe(new URL(walled).pathname)

  const [account] = await listAccounts(room.store)
  if (!account) throw new Error("The readers made no account.")
  expect(account.stoppedReason).toContain("429")
  await clearAccount(room.store, account.id, "human:ada", new Date())
  room.put(walled, xPage(new URL(walled).pathname.slice(1)), { status: 200 })
  const left = alone.filter((address) => before.get(address) !== "found")
  const after = await inProcess("alone", left)
  expect([after.size, ...new Set(after.values())]).toEqual([left.length, "found"])
  expect(new Set(loads()).size).toBe(readings)
  expect(loads(), "no page was loaded twice, but the walled one").toHaveLength(readings + 1)

  const spends = await room.store.read((db) => db.select().from(tables.spends))
  const times = spends.map(({ at }) => Date.parse(at))
  const window = 900_000 / scale
  expect(times).toHaveLength(readings + 1)
  const inWindow = times.map((from) => times.filter((at) => at >= from && at < from + window).length)
  expect(Math.max(...inWindow)).toBeLessThanOrEqual(most)
})

function loads(): string[] {
  return room.asked("x.com").filter((path) => path.startsWith("/keeper"))
}

/** What came of each address in a process with ten agents and a browser profile of its own. */
async function inProcess(profile: string, list: string[]): Promise<Map<string, string>> {
  const { port, spki, certificate } = room.replica
  const { store, captures, folder } = room
  const place = { home: store.path, profiles: join(folder, profile), captures, port, spki, certificate }
  const order = JSON.stringify({ ...place, addresses: list, limits, scale })
  const script = join(import.meta.dirname, "agents.ts")
  const child = spawn(process.execPath, [script, order], { stdio: ["ignore", "pipe", "inherit"] })
  const lines = (await text(child.stdout)).split("\n").filter(Boolean)
  return new Map(lines.map((line) => [JSON.parse(line).address, JSON.parse(line).kind]))
}
