import { expect, onTestFinished, test } from "vitest"
import { DatabaseAway } from "../../src/db/postgres/trouble.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { systemClock } from "../../src/harness/clock.ts"
import type { WorkDeps } from "../../src/harness/job.ts"
import { beginWatchedRun, endLostRuns } from "../../src/harness/presence.ts"
import { openRateGate, type Peers } from "../../src/harness/rate-gate.ts"
import type { Tool } from "../../src/harness/tool.ts"
import { workTasks } from "../../src/harness/workers.ts"
import { addTask } from "./add-task.ts"
import { fakeClock } from "./fake-clock.ts"
import { type Bench, newStore, noteTool, openBench, plenty } from "./workbench.ts"

const never = new AbortController().signal

test("a host that cannot reach the database lets go of its tasks, takes none meanwhile, and works them when it can", async () => {
  const bench = await openBench((body) =>
    body.messages.length === 1 ? { calls: [{ name: "note", input: { text: "found" } }] } : { text: "Enriched." },
  )
  await addTask(bench.store, { kind: "enrich", leadId: 1 }, systemClock.now())
  let reach = new AbortController()
  let tried = 0
  const tool = noteTool([], async () => {
    tried += 1
    if (tried > 1) return { text: "noted" }
    reach.abort()
    setTimeout(() => {
      reach = new AbortController()
    }, 100)
    return new Promise(() => {})
  })
  const worked = await workTasks(depsOf(bench, [tool], { reach: () => reach.signal }), {
    ...{ parallel: 1, signal: never, until: "idle" },
  })
  expect(worked).toMatchObject({ done: 1, released: 1, failed: 0 })
  const runs = await bench.store.read((db) => db.select().from(tables.runs))
  expect(runs.map(({ outcome }) => outcome)).toEqual(["aborted", "done"])
})

test("work that waits for more outlasts a database that is away for long; other work says so and ends", async () => {
  const bench = await openBench([{ calls: [{ name: "note", input: { text: "found" } }] }, { text: "Enriched." }])
  await addTask(bench.store, { kind: "enrich", leadId: 1 }, systemClock.now())
  let refusals = 0
  const away: Store = {
    ...bench.store,
    rows(query, values) {
      refusals += 1
      return refusals > 2 ? bench.store.rows(query, values) : Promise.reject(new DatabaseAway("postgres://db/crm", 90))
    },
  }
  const deps = depsOf({ ...bench, store: away }, [noteTool([])])
  await expect(workTasks(deps, { parallel: 1, signal: never, until: "idle" })).rejects.toThrow(DatabaseAway)
  const ending = new AbortController()
  const worked = await workTasks(deps, {
    ...{ parallel: 1, signal: ending.signal, until: "forever" },
    onEvent: (event) => event.kind === "task-ended" && ending.abort(),
  })
  expect(worked).toMatchObject({ end: { kind: "aborted" }, done: 1 })
})

function depsOf(bench: Bench, tools: Tool[], more: Partial<WorkDeps> = {}): WorkDeps {
  return {
    ...{ store: bench.store, gate: bench.gate, clock: systemClock, random: () => 0, dayUsd: 100 },
    ...{ worker: "host 1", person: "ada" },
    prepare: async (task) => ({
      kind: "job",
      agent: { name: "enricher", system: "You enrich.", budget: plenty },
      model: bench.model,
      prompt: `Enrich lead ${task.leadId}.`,
      tools: () => tools,
      judge: async () => ({ kind: "done", outcome: "Enriched." }),
    }),
    ...more,
  }
}

test("hosts share the places at the model's server, and wait together when it asks them to", async () => {
  const clock = fakeClock()
  const told: Date[] = []
  const peers = { hosts: 4, pausedUntil: 0 }
  const gate = openRateGate({
    ...{ clock, random: () => 0, atOnce: 8 },
    peers: {
      atWork: () => peers.hosts,
      modelPausedUntil: () => peers.pausedUntil,
      pauseModel: async (until) => void told.push(until),
    } satisfies Peers,
  })
  const tickets = [await gate.enter(never), await gate.enter(never)]
  const third = new AbortController()
  const waiting = gate.enter(third.signal)
  third.abort()
  expect(await waiting).toBeNull()
  const began = clock.now().getTime()
  peers.pausedUntil = began + 12_000
  for (const ticket of tickets) if (ticket) gate.leave(ticket, { kind: "fine" })
  expect(await gate.enter(never)).not.toBeNull()
  expect(clock.now().getTime() - began).toBe(12_000)
  const ticket = await gate.enter(never)
  if (ticket) gate.leave(ticket, { kind: "limited", retryAfterMs: 5_000 })
  expect(told.map((until) => until.getTime() - clock.now().getTime())).toEqual([5_000])
})

test("another machine's conversation lives as long as it gives signs of life", async () => {
  const store = newStore()
  const elsewhere = newStore()
  const now = new Date()
  const run = { agent: "sales", model: "claude-opus-5-5", prompt: "Hello", person: "human:ada" }
  const begun = await beginWatchedRun(store, run, now)
  onTestFinished(begun.release)
  // The same rows, seen from a machine that has none of this one's locks.
  const other = { ...store, home: elsewhere.home }
  expect(await endLostRuns(other, new Date(now.getTime() + 50_000))).toEqual([])
  expect(await endLostRuns(other, new Date(now.getTime() + 70_000))).toEqual([begun.id])
})
