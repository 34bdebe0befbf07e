import { eq } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import type { Store } from "../../src/db/store.ts"
import { type Task, tables } from "../../src/db/tables.ts"
import { claimTasks, finishTask, releaseTask, renewLease, setTaskRun } from "../../src/harness/tasks.ts"
import { startRun } from "../../src/harness/transcript.ts"
import { openStore } from "../engine.ts"
import { addTask } from "./add-task.ts"
import { newStore } from "./workbench.ts"

const at = (seconds: number) => new Date(Date.parse("2026-11-20T09:00:00.000Z") + seconds * 1000)
const enrich = (leadId: number) => ({ kind: "enrich", leadId })

let claims = 0
function claim(store: Store, count: number, seconds = 0) {
  claims += 1
  return claimTasks(store, { leasedBy: `w/${claims}`, count, leaseSeconds: 60 }, () => at(seconds))
}

async function claimOne(store: Store, seconds = 0): Promise<Task> {
  const [task] = await claim(store, 1, seconds)
  if (!task) throw new Error("Nothing to claim.")
  return task
}

async function taskRow(store: Store, id: number) {
  const [row] = await store.read((db) => db.select().from(tables.tasks).where(eq(tables.tasks.id, id)))
  return row
}

describe("queueing", () => {
  test("a lead has one unfinished task of a kind", async () => {
    const store = newStore()
    expect(await addTask(store, enrich(1), at(0))).toMatchObject({ kind: "added" })
    expect(await addTask(store, enrich(1), at(0))).toEqual({ kind: "queued-already" })
    expect(await addTask(store, { kind: "verify", leadId: 1 }, at(0))).toMatchObject({ kind: "added" })
    const task = await claimOne(store)
    await store.write((db) => finishTask(db, task, { kind: "done", outcome: "ok" }, at(1)))
    expect(await addTask(store, enrich(1), at(2))).toMatchObject({ kind: "added" })
  })
})

describe("claiming", () => {
  test("the most urgent come first, then the oldest, and none before its time", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    await addTask(store, enrich(2), at(1))
    await addTask(store, { ...enrich(3), priority: 5 }, at(2))
    await addTask(store, { ...enrich(4), priority: 9, notBefore: at(100) }, at(2))
    expect((await claim(store, 10, 10)).map((task) => task.leadId)).toEqual([3, 1, 2])
    expect((await claim(store, 10, 101)).map((task) => task.leadId)).toContain(4)
  })

  test("no task is given to two, however many ask at once", async () => {
    const store = newStore()
    await fill(store, 500)
    const claimed = (await Promise.all(Array.from({ length: 100 }, () => claim(store, 7)))).flat()
    expect(claimed).toHaveLength(500)
    expect(new Set(claimed.map((task) => task.id)).size).toBe(500)
  })

  test("two processes on one database never share a task", async () => {
    const one = newStore()
    const two = openStore(one.path)
    await fill(one, 200)
    const rounds = Array.from({ length: 20 }, (_, i) => claim(i % 2 ? one : two, 10))
    const claimed = (await Promise.all(rounds)).flat()
    expect(new Set(claimed.map((task) => task.id)).size).toBe(200)
    await two.close()
  })

  test("thousands are claimed in groups, none twice", async () => {
    const store = newStore()
    await fill(store, 5_000)
    const claimed = (await Promise.all(Array.from({ length: 100 }, () => claim(store, 50)))).flat()
    expect(new Set(claimed.map((task) => task.id)).size).toBe(5_000)
  })
})

describe("finishing", () => {
  test("a failed task is tried three times, at once, later, and then failed", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const waits: number[] = []
    let now = 0
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      const task = await claimOne(store, now)
      expect(task.attempts).toBe(attempt)
      await store.write((db) => finishTask(db, task, { kind: "failed", outcome: "no page" }, at(now)))
      const row = await taskRow(store, task.id)
      waits.push((Date.parse(row?.notBefore ?? "") - at(now).getTime()) / 1000)
      now += 1_000
    }
    expect(waits.slice(0, 2)).toEqual([0, 30])
    expect(await claim(store, 1, 1_000_000)).toEqual([])
    expect(await taskRow(store, 1)).toMatchObject({ state: "failed", outcome: "no page", leasedBy: null })
  })

  test("a waiting task comes back when its time comes, with all its attempts", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const task = await claimOne(store)
    const result = { kind: "waiting" as const, until: at(500).toISOString(), outcome: "the account rests" }
    await store.write((db) => finishTask(db, task, result, at(1)))
    expect(await taskRow(store, task.id)).toMatchObject({ state: "waiting", outcome: "the account rests" })
    expect(await claim(store, 1, 499)).toEqual([])
    expect(await claimOne(store, 500)).toMatchObject({ attempts: 1 })
  })

  test("a task that waits for a time that is past wakes after a pause", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const task = await claimOne(store)
    const past = { kind: "waiting" as const, until: "2020-01-01T00:00:00Z", outcome: "later" }
    await store.write((db) => finishTask(db, task, past, at(1)))
    expect(await claim(store, 1, 2)).toEqual([])
    expect(await claim(store, 1, 3)).toHaveLength(1)
  })

  test("a task that waits for a person does not come back by itself", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const task = await claimOne(store)
    await store.write((db) => finishTask(db, task, { kind: "waiting", until: null, outcome: "a challenge" }, at(1)))
    expect(await claim(store, 1, 10 ** 9)).toEqual([])
  })

  test("a released task counts as not tried", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const task = await claimOne(store)
    await store.write((db) => releaseTask(db, task, at(0), at(1)))
    expect(await claimOne(store, 2)).toMatchObject({ attempts: 1, leasedBy: `w/${claims}` })
  })
})

describe("leases", () => {
  test("a lease that is renewed stays, one that runs out is taken over and its run interrupted", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const task = await claimOne(store)
    const runId = await startRun(store, { agent: "a", model: "m", prompt: "p", person: "ada", taskId: task.id }, at(0))
    await store.write((db) => setTaskRun(db, task, runId))
    expect(await renewLease(store, task, 60, () => at(50))).toBe(true)
    expect(await claim(store, 1, 100)).toEqual([])
    expect(await claimOne(store, 110)).toMatchObject({ id: task.id, attempts: 2 })
    const [run] = await store.read((db) => db.select().from(tables.runs))
    expect(run).toMatchObject({ outcome: "interrupted", endedAt: at(110).toISOString() })
  })

  test("who has lost a lease can no longer finish the task", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    const late = await claimOne(store)
    const next = await claimOne(store, 61)
    expect(await renewLease(store, late, 60, () => at(62))).toBe(false)
    expect(await store.write((db) => finishTask(db, late, { kind: "done", outcome: "late" }, at(62)))).toBe(false)
    expect(await store.write((db) => finishTask(db, next, { kind: "done", outcome: "in time" }, at(63)))).toBe(true)
    expect(await taskRow(store, next.id)).toMatchObject({ state: "done", outcome: "in time" })
  })

  test("a task that takes its worker down every time is given up", async () => {
    const store = newStore()
    await addTask(store, enrich(1), at(0))
    for (const seconds of [0, 100, 200]) await claimOne(store, seconds)
    expect(await claim(store, 1, 300)).toEqual([])
    expect(await taskRow(store, 1)).toMatchObject({ state: "failed", outcome: "Its worker fell silent 3 times." })
  })
})

async function fill(store: Store, count: number): Promise<void> {
  const time = at(0).toISOString()
  const rows = Array.from({ length: count }, (_, i) => ({
    ...enrich(i + 1),
    priority: i % 3,
    notBefore: time,
    createdAt: time,
    updatedAt: time,
  }))
  await store.write((db) => db.insert(tables.tasks).values(rows.slice(0, 2_500)))
  if (count > 2_500) await store.write((db) => db.insert(tables.tasks).values(rows.slice(2_500)))
}
