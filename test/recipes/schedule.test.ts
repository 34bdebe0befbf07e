import { eq } from "drizzle-orm"
import { expect, onTestFinished, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import {
  addSchedule,
  cronOf,
  endTurn,
  leaveTurn,
  type NewSchedule,
  pauseSchedule,
  removeSchedule,
  schedulesOf,
  takeNext,
} from "../../src/recipes/schedule.ts"
import { emptyStore } from "../leads/fixture.ts"

const ada = { actor: "human:ada", kind: "schedule" }
const monday = new Date("2026-11-23T12:00:00.000Z")
const morning: NewSchedule = {
  ...{ words: "every morning", zone: "Europe/Berlin", person: "human:ada" },
  does: { recipe: "find-stale", input: { days: 30 } },
}

test.each([
  ["every morning", "0 8 * * *"],
  ["Every weekday at 9:30", "30 9 * * 1-5"],
  ["every monday at 5 pm", "0 17 * * 1"],
  ["every day at 12 am", "0 0 * * *"],
  ["every hour", "0 * * * *"],
  ["*/5 6-9 * * 1-5", "*/5 6-9 * * 1-5"],
  ["every morning at 25", null],
  ["every constructor at 9", null],
  ["now and then", null],
  ["61 * * * *", null],
])("%s is %s", (words, cron) => {
  expect(cronOf(words)).toBe(cron)
})

test("a schedule is due in its own zone, also when the clocks change", async () => {
  const store = newStore()
  const added = await addSchedule(store, ada, morning, monday)
  expect(added).toMatchObject({ kind: "done", schedule: { nextAt: "2026-11-24T07:00:00.000Z", cron: "0 8 * * *" } })
  const summer = await addSchedule(store, ada, morning, new Date("2027-03-27T12:00:00.000Z"))
  expect(summer).toMatchObject({ schedule: { nextAt: "2027-03-28T06:00:00.000Z" } })
})

test("what is due is taken once, and what was missed is caught up once", async () => {
  const store = newStore()
  await addSchedule(store, ada, morning, monday)
  const { here } = await openHosts(store)
  expect(await take(store, here, "2026-11-24T06:59:00.000Z")).toBeNull()
  const late = "2026-11-27T10:00:00.000Z"
  const turn = await take(store, here, late)
  expect(turn).toMatchObject({
    schedule: { recipe: "find-stale", input: { days: 30 }, lastAt: late, takenBy: here },
    isAgain: false,
  })
  if (turn) await endTurn(store, turn, "3 leads shown.")
  expect(await take(store, here, late)).toBeNull()
  expect(await schedulesOf(store)).toMatchObject([
    { nextAt: "2026-11-28T07:00:00.000Z", lastOutcome: "3 leads shown.", takenBy: null, attempts: 0 },
  ])
})

test("what a host was cut off at is taken up again once by another, and then it is missed", async () => {
  const store = newStore()
  await addSchedule(store, ada, morning, monday)
  const { here, other, end } = await openHosts(store)
  const first = await take(store, other, "2026-11-24T07:00:00.000Z")
  if (first) await leaveTurn(store, first)
  // While its host lives it is at work there, however long it takes.
  expect(await take(store, here, "2026-11-26T12:00:00.000Z")).toBeNull()
  await end(other)
  const again = await take(store, here, "2026-11-26T12:00:00.000Z")
  expect(again).toMatchObject({
    schedule: { lastAt: "2026-11-24T07:00:00.000Z", nextAt: "2026-11-27T07:00:00.000Z", takenBy: here },
    isAgain: true,
  })
  // The one that was taken for gone says nothing more.
  if (first) await endTurn(store, first, "Late.")
  await end(here)
  const next = (await openHosts(store)).here
  expect(await take(store, next, "2026-11-26T13:00:00.000Z")).toBeNull()
  expect(await schedulesOf(store)).toMatchObject([
    { lastOutcome: expect.stringMatching(/^Missed: /), nextAt: "2026-11-27T07:00:00.000Z", takenBy: null, attempts: 0 },
  ])
  expect(await take(store, next, "2026-11-27T08:00:00.000Z")).toMatchObject({ isAgain: false })
})

test("a paused schedule rests and catches nothing up; a removed one comes back by undo", async () => {
  const store = newStore()
  await addSchedule(store, ada, morning, monday)
  await pauseSchedule(store, ada, 1, true, monday)
  expect(await take(store, 1, "2026-11-27T10:00:00.000Z")).toBeNull()
  await pauseSchedule(store, ada, 1, false, new Date("2026-11-27T10:00:00.000Z"))
  expect(await schedulesOf(store)).toMatchObject([{ pausedAt: null, nextAt: "2026-11-28T07:00:00.000Z" }])
  await removeSchedule(store, ada, 1)
  expect(await schedulesOf(store)).toEqual([])
  const changesets = await store.read((db) => db.select().from(tables.changesets))
  await undoChangeset(store, ada, Math.max(...changesets.map(({ id }) => id)), { preview: false })
  expect(await schedulesOf(store)).toMatchObject([{ recipe: "find-stale" }])
})

test("a turn that is paused and resumed in its middle ends with its outcome; one whose host is gone is not taken up", async () => {
  const store = newStore()
  await addSchedule(store, ada, morning, monday)
  const { here, other, end } = await openHosts(store)
  const due = new Date("2026-11-24T07:00:00.000Z")
  const turn = await take(store, here, due.toISOString())
  for (const isPaused of [true, false]) await pauseSchedule(store, ada, 1, isPaused, due)
  expect(await take(store, other, "2026-11-24T07:01:00.000Z")).toBeNull()
  if (turn) await endTurn(store, turn, "3 leads shown.")
  expect(await schedulesOf(store)).toMatchObject([{ lastOutcome: "3 leads shown.", takenBy: null, attempts: 0 }])
  const next = new Date("2026-11-25T07:00:00.000Z")
  await take(store, other, next.toISOString())
  await end(other)
  for (const isPaused of [true, false]) await pauseSchedule(store, ada, 1, isPaused, next)
  expect(await take(store, here, "2026-11-25T08:00:00.000Z")).toBeNull()
})

test("a clock that was years ahead for a while delays nothing", async () => {
  const store = newStore()
  await addSchedule(store, ada, morning, monday)
  const { here } = await openHosts(store)
  const ahead = await take(store, here, "2031-01-01T12:00:00.000Z")
  if (ahead) await endTurn(store, ahead, "Early.")
  expect(await take(store, here, "2026-11-24T06:00:00.000Z")).toBeNull()
  expect(await schedulesOf(store)).toMatchObject([{ nextAt: "2026-11-24T07:00:00.000Z" }])
  expect(await take(store, here, "2026-11-24T07:00:00.000Z")).toMatchObject({ isAgain: false })
})

test("what is no time, or no zone, is refused", async () => {
  const store = newStore()
  expect(await addSchedule(store, ada, { ...morning, words: "soon" }, monday)).toMatchObject({ kind: "refused" })
  expect(await addSchedule(store, ada, { ...morning, zone: "Moon/Crater" }, monday)).toMatchObject({ kind: "refused" })
  expect(await addSchedule(store, ada, { ...morning, words: "0 8 30 2 *" }, monday)).toMatchObject({ kind: "refused" })
})

function newStore(): Store {
  const store = emptyStore()
  onTestFinished(() => store.close())
  return store
}

function take(store: Store, host: number, at: string) {
  return takeNext(store, host, { by: new Date(at), now: new Date(at) })
}

/** Two machines at work around a database, which live until they are ended. */
async function openHosts(store: Store) {
  const { hosts } = tables
  const at = monday.toISOString()
  const life = { web: "replica" as const, startedAt: at, seenAt: at, livesUntil: "2027-01-01T00:00:00.000Z" }
  const rows = await store.write((db) =>
    db
      .insert(hosts)
      .values(["one", "other"].map((place) => ({ place, machine: place, folder: `/${place}`, ...life })))
      .returning({ id: hosts.id }),
  )
  return {
    here: rows[0]?.id ?? 0,
    other: rows[1]?.id ?? 0,
    end: (id: number) => store.write((db) => db.update(hosts).set({ endedAt: at }).where(eq(hosts.id, id))),
  }
}
