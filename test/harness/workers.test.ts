import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect, onTestFinished, test } from "vitest"
import { type Task, tables } from "../../src/db/tables.ts"
import { type Clock, systemClock } from "../../src/harness/clock.ts"
import type { Job, WorkEvent } from "../../src/harness/job.ts"
import { openRateGate } from "../../src/harness/rate-gate.ts"
import type { TaskResult } from "../../src/harness/tasks.ts"
import type { Tool } from "../../src/harness/tool.ts"
import { type WorkOptions, workTasks } from "../../src/harness/workers.ts"
import { addressOf, isShared } from "../engine.ts"
import { addTask } from "./add-task.ts"
import { handClock } from "./hand-clock.ts"
import { type Answer, apiError, type ModelRequestBody } from "./messages-server.ts"
import { type Bench, noteTool, openBench, plenty } from "./workbench.ts"

type Script = (body: ModelRequestBody, number: number) => Answer | Promise<Answer>
const oneNote: Script = (body) =>
  body.messages.length === 1 ? { calls: [{ name: "note", input: { text: "found" } }] } : { text: "Enriched." }

/** A queue of so many leads and everything to work it with, on the real clock unless another is given. */
async function openWork(
  leads: number,
  script: Script,
  more: { tools?: Tool[]; dayUsd?: number; prepare?: (task: Task) => TaskResult | null; clock?: Clock } = {},
) {
  const bench = await openBench(script)
  const { clock = systemClock } = more
  for (let lead = 1; lead <= leads; lead += 1) await addTask(bench.store, { kind: "enrich", leadId: lead }, clock.now())
  const events: WorkEvent[] = []
  const gate = openRateGate({ clock, random: Math.random })
  const deps = {
    store: bench.store,
    gate,
    clock,
    random: Math.random,
    dayUsd: more.dayUsd ?? 100,
    worker: "test",
    person: "ada",
    prepare: async (task: Task) => more.prepare?.(task) ?? jobOf(bench, task, more.tools ?? [noteTool([])]),
  }
  const work = (options: Partial<WorkOptions> = {}) =>
    workTasks(deps, {
      parallel: 5,
      signal: new AbortController().signal,
      until: "idle",
      onEvent: (event) => events.push(event),
      ...options,
    })
  return { ...bench, events, work }
}

function jobOf(bench: Bench, task: Task, tools: Tool[]): Job {
  return {
    kind: "job",
    agent: { name: "enricher", system: "You enrich.", budget: plenty },
    model: bench.model,
    prompt: `Enrich lead ${task.leadId}.`,
    tools: () => tools,
    judge: async (outcome) =>
      outcome.kind === "done" ? { kind: "done", outcome: outcome.text } : { kind: "failed", outcome: outcome.kind },
  }
}

const tasksOf = (bench: Pick<Bench, "store">) => bench.store.read((db) => db.select().from(tables.tasks))
const runsOf = (bench: Pick<Bench, "store">) => bench.store.read((db) => db.select().from(tables.runs))

test("every task is done once, by a run of its own, so many at a time", async () => {
  // The first five wait for each other, so that they are seen at once however slow the machine is.
  const five = Promise.withResolvers<void>()
  let asked = 0
  const bench = await openWork(23, async (body, n) => {
    asked += 1
    if (asked === 5) five.resolve()
    await five.promise
    return oneNote(body, n)
  })
  expect(await bench.work()).toEqual({ end: { kind: "idle" }, done: 23, waiting: 0, failed: 0, released: 0 })
  const runs = await runsOf(bench)
  expect(runs).toHaveLength(23)
  expect(new Set(runs.map((run) => run.taskId)).size).toBe(23)
  expect(runs.every((run) => run.outcome === "done" && run.summary === "Enriched." && run.endedAt)).toBe(true)
  expect(
    (await tasksOf(bench)).every((task) => task.state === "done" && task.outcome === "Enriched." && task.runId),
  ).toBe(true)
  expect(bench.server.open.most).toBe(5)
  expect(bench.events.filter(({ kind }) => kind === "task-ended")).toHaveLength(23)
})

test("a task that needs no run has none", async () => {
  const bench = await openWork(2, oneNote, {
    prepare: (task) => (task.leadId === 1 ? { kind: "done", outcome: "merged" } : null),
  })
  expect(await bench.work()).toMatchObject({ done: 2 })
  expect(await runsOf(bench)).toHaveLength(1)
})

test("an abort ends the runs and gives the tasks back uncounted", async () => {
  const control = new AbortController()
  const deaf = noteTool([], () => new Promise(() => {}))
  const bench = await openWork(4, oneNote, { tools: [deaf] })
  const working = bench.work({
    parallel: 3,
    signal: control.signal,
    onEvent: (event) =>
      event.kind === "run" && event.event.kind === "tool-started" && setTimeout(() => control.abort(), 50),
  })
  expect(await working).toMatchObject({ end: { kind: "aborted" }, done: 0, released: 3 })
  expect(
    (await tasksOf(bench)).every((task) => task.state === "open" && task.attempts === 0 && task.leasedBy === null),
  ).toBe(true)
  expect((await runsOf(bench)).every((run) => run.outcome === "aborted" && run.endedAt)).toBe(true)
})

test("a tool that fails, a run that fails and a job that throws fail their own task only", async () => {
  const bench = await openWork(
    3,
    (body, n) =>
      JSON.stringify(body.messages[0]).includes("lead 2")
        ? apiError(400, "invalid_request_error", "bad")
        : oneNote(body, n),
    {
      prepare: (task) => {
        if (task.leadId === 3) throw new Error("the lead is gone")
        return null
      },
    },
  )
  expect(await bench.work()).toMatchObject({ end: { kind: "idle" }, done: 1, failed: 4 })
  const tasks = await tasksOf(bench)
  expect(tasks.map((task) => [task.state, task.outcome, task.attempts])).toEqual([
    ["done", "Enriched.", 1],
    ["open", "failed", 2],
    ["open", "the lead is gone", 2],
  ])
})

test.each<[string, Answer]>([
  ["refused the key", apiError(401, "authentication_error", "bad key")],
  ["no credit", apiError(402, "billing_error", "no credit")],
  ["no such model", apiError(404, "not_found_error", "no such model")],
])("what only a person can mend stops the work and fails no task: %s", async (words, fault) => {
  const bench = await openWork(20, () => fault)
  const { end } = await bench.work()
  expect(end).toMatchObject({ kind: "stopped", reason: expect.stringContaining(words) })
  expect((await tasksOf(bench)).every((task) => task.state === "open" && task.attempts === 0)).toBe(true)
  expect(bench.server.requests.length).toBeLessThanOrEqual(5)
})

test("when the day's money is spent the work stops and no task is lost", async () => {
  const usage = { input_tokens: 20, output_tokens: 2_000 }
  const bench = await openWork(20, () => ({ text: "Done.", usage }), { dayUsd: 0.5 })
  const worked = await bench.work({ parallel: 2 })
  expect(worked).toMatchObject({ end: { kind: "stopped", reason: expect.stringContaining("of 0.50 USD") }, failed: 0 })
  expect(worked.done).toBeGreaterThan(0)
  const spent = (await runsOf(bench)).reduce((sum, run) => sum + run.costUsd, 0)
  expect(spent).toBeLessThanOrEqual(0.5)
})

test("a lease is kept for as long as its agent works", async () => {
  const clock = handClock()
  const control = new AbortController()
  const leaseUntil = async () => (await tasksOf(bench))[0]?.leaseUntil
  /** Three leases long, and for longer than a worker takes to look again. */
  const long = noteTool([], async () => {
    for (let third = 0; third < 9; third += 1) {
      const before = await leaseUntil()
      clock.pass(200)
      await expect.poll(leaseUntil).not.toBe(before)
    }
    return { text: "late" }
  })
  const bench = await openWork(1, oneNote, { tools: [long], clock })
  const work = () =>
    bench.work({
      leaseSeconds: 0.6,
      signal: control.signal,
      until: "forever",
      onEvent: (event) => event.kind === "task-ended" && control.abort(),
    })
  const [first, second] = await Promise.all([work(), work()])
  expect(first.done + second.done).toBe(1)
  expect(await runsOf(bench)).toHaveLength(1)
})

test("an agent whose lease was taken stops and changes nothing", async () => {
  const clock = handClock()
  const deaf = noteTool([], () => new Promise(() => {}))
  const bench = await openWork(1, oneNote, { tools: [deaf], clock })
  const events: string[] = []
  const control = new AbortController()
  const worked = await bench.work({
    leaseSeconds: 0.6,
    signal: control.signal,
    until: "forever",
    onEvent: (event) => {
      events.push(event.kind)
      if (event.kind === "task-lost") control.abort()
      if (event.kind !== "run" || event.event.kind !== "tool-started") return
      const taken = { leasedBy: "other/1", leaseUntil: "2099-01-01T00:00:00.000Z" }
      void bench.store.write((db) => db.update(tables.tasks).set(taken)).then(() => clock.pass(200))
    },
  })
  expect(events).toContain("task-lost")
  expect(worked).toMatchObject({ done: 0, failed: 0, released: 0 })
  expect(await tasksOf(bench)).toMatchObject([{ state: "leased", leasedBy: "other/1" }])
})

test("forever waits for more and takes it", async () => {
  const bench = await openWork(1, oneNote)
  const control = new AbortController()
  const working = bench.work({
    until: "forever",
    signal: control.signal,
    onEvent: (event) => {
      if (event.kind !== "task-ended") return
      if (event.task.leadId === 99) control.abort()
      else void addTask(bench.store, { kind: "enrich", leadId: 99 }, systemClock.now())
    },
  })
  expect(await working).toMatchObject({ end: { kind: "aborted" }, done: 2 })
})

test.runIf(isShared)("tasks of a killed process are taken over, done once, and its runs are interrupted", async () => {
  const bench = await openWork(6, (body, n) => (n <= 3 ? { text: "Half", breaks: "stall" as const } : oneNote(body, n)))
  const child = spawn(process.execPath, [
    fileURLToPath(new URL("doomed-worker.ts", import.meta.url)),
    addressOf(bench.store),
    bench.server.url,
  ])
  onTestFinished(() => void child.kill("SIGKILL"))
  while (bench.server.requests.length < 3) await new Promise((resolve) => setTimeout(resolve, 10))
  child.kill("SIGKILL")
  await once(child, "exit")
  expect((await tasksOf(bench)).filter((task) => task.state === "leased")).toHaveLength(3)
  const control = new AbortController()
  const ended = new Set<number>()
  const worked = await bench.work({
    until: "forever",
    signal: control.signal,
    onEvent: (event) => {
      if (event.kind === "task-ended") ended.add(event.task.id)
      if (ended.size === 6) control.abort()
    },
  })
  expect(worked).toMatchObject({ done: 6, failed: 0 })
  expect((await runsOf(bench)).map((run) => run.outcome).sort()).toEqual([
    ...Array(6).fill("done"),
    ...Array(3).fill("interrupted"),
  ])
})

test("a hundred agents at once", async () => {
  const bench = await openWork(100, oneNote)
  expect(await bench.work({ parallel: 100 })).toMatchObject({ done: 100 })
})
