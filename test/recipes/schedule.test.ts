import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import {
  addSchedule,
  cronOf,
  type NewSchedule,
  noteOutcome,
  pauseSchedule,
  removeSchedule,
  schedulesOf,
  takeDue,
} from "../../src/recipes/schedule.ts"
import { newStore } from "../actions/bench.ts"

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
  expect(await takeDue(store, new Date("2026-11-24T06:59:00.000Z"))).toEqual([])
  const late = new Date("2026-11-27T10:00:00.000Z")
  expect(await takeDue(store, late)).toMatchObject([
    { recipe: "find-stale", input: { days: 30 }, lastAt: late.toISOString() },
  ])
  expect(await takeDue(store, late)).toEqual([])
  await noteOutcome(store, 1, "3 leads shown.")
  expect(await schedulesOf(store)).toMatchObject([
    { nextAt: "2026-11-28T07:00:00.000Z", lastOutcome: "3 leads shown." },
  ])
})

test("a paused schedule rests and catches nothing up; a removed one comes back by undo", async () => {
  const store = newStore()
  await addSchedule(store, ada, morning, monday)
  await pauseSchedule(store, ada, 1, true, monday)
  expect(await takeDue(store, new Date("2026-11-27T10:00:00.000Z"))).toEqual([])
  await pauseSchedule(store, ada, 1, false, new Date("2026-11-27T10:00:00.000Z"))
  expect(await schedulesOf(store)).toMatchObject([{ pausedAt: null, nextAt: "2026-11-28T07:00:00.000Z" }])
  await removeSchedule(store, ada, 1)
  expect(await schedulesOf(store)).toEqual([])
  const changesets = await store.read((db) => db.select().from(tables.changesets))
  await undoChangeset(store, ada, Math.max(...changesets.map(({ id }) => id)), { preview: false })
  expect(await schedulesOf(store)).toMatchObject([{ recipe: "find-stale" }])
})

test("what is no time, or no zone, is refused", async () => {
  const store = newStore()
  expect(await addSchedule(store, ada, { ...morning, words: "soon" }, monday)).toMatchObject({ kind: "refused" })
  expect(await addSchedule(store, ada, { ...morning, zone: "Moon/Crater" }, monday)).toMatchObject({ kind: "refused" })
  expect(await addSchedule(store, ada, { ...morning, words: "0 8 30 2 *" }, monday)).toMatchObject({ kind: "refused" })
})
