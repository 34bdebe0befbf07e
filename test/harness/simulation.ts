import { openStore, type Store } from "../../src/db/store.ts"
import { type Run, type Task, tables } from "../../src/db/tables.ts"
import type { Limits } from "../../src/harness/budget.ts"
import type { Clock } from "../../src/harness/clock.ts"
import type { Model } from "../../src/harness/model.ts"
import { costOf, priceOf } from "../../src/harness/prices.ts"
import { openRateGate } from "../../src/harness/rate-gate.ts"
import type { Tool } from "../../src/harness/tool.ts"
import { readConversation } from "../../src/harness/transcript.ts"
import { workTasks } from "../../src/harness/workers.ts"
import { quickFolder } from "../quick-store.ts"
import { addTask } from "./add-task.ts"
import { complaintAbout } from "./messages-server.ts"
import { type Mischief, scriptedMind } from "./scripted-mind.ts"
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts"

export type Scenario = {
  seed: number
  tasks: number
  parallel: number
  mischief: Mischief
  dayUsd: number
  /** How each process in turn ends; those after the last one work until nothing is left. */
  ends: End[]
}

/** `crash`: at its n-th write, before it is on disk or after. `stop`: cleanly, after so many milliseconds. */
export type End = { kind: "crash"; write: number; when: "before" | "after" } | { kind: "stop"; afterMs: number }

type Report = {
  runs: number
  tasksDone: number
  /** Writes of the longest-lived process. */
  writes: number
  crashes: number
  violations: string[]
}

/** What there is outside of the database, and outlives every process. */
type World = {
  store: Store
  clock: SimulatedClock
  random: () => number
  /** How often each step of each task was done. */
  effects: Map<string, number>
  /** USD that the model's server has counted, also for what nobody received. */
  paid: number
  /** Writes under way. */
  busy: number
  violations: string[]
}

type Life = { dead: boolean; writes: number; died: PromiseWithResolvers<"died"> }

const limits: Limits = { usd: 3, tokens: 500_000, turns: 40, minutes: 120 }
const modelName = { name: "claude-opus-5-5", baseURL: "https://api.anthropic.com" }
const { price } = priceOf(modelName)

/** Plays a scenario to its end and says which promises it broke. The same scenario always goes the same way. */
export async function simulate(scenario: Scenario): Promise<Report> {
  // Processes die here, not the machine, so that waiting for a disk would prove nothing.
  const { path, remove } = quickFolder()
  const store = openStore(path)
  const clock = simulatedClock()
  const random = randomOf(scenario.seed)
  const world: World = { store, clock, random, effects: new Map(), paid: 0, busy: 0, violations: [] }
  try {
    for (let n = 1; n <= scenario.tasks; n += 1) await addTask(store, { kind: "work", leadId: n }, clock.now())
    const lives = await liveOneAfterTheOther(world, scenario)
    await check(world, scenario)
    const runs = await store.read((db) => db.select().from(tables.runs))
    const tasks = await store.read((db) => db.select().from(tables.tasks))
    return {
      runs: runs.length,
      tasksDone: tasks.filter((task) => task.state === "done").length,
      writes: Math.max(...lives.map((life) => life.writes)),
      crashes: lives.filter((life) => life.dead).length,
      violations: world.violations,
    }
  } finally {
    await store.close()
    remove()
  }
}

/** A scenario of chance: how many tasks, what goes wrong, when processes end. */
export function scenarioOf(seed: number): Scenario {
  const random = randomOf(seed ^ 0x5eed)
  const whole = (most: number) => Math.floor(random() * most)
  return {
    seed,
    tasks: 3 + whole(8),
    parallel: 1 + whole(5),
    mischief: { perReply: random() < 0.2 ? 0 : random() * 0.35 },
    dayUsd: random() < 0.15 ? 1.5 : 1_000,
    ends: Array.from({ length: whole(4) }, () =>
      random() < 0.75
        ? { kind: "crash", write: 1 + whole(80), when: random() < 0.5 ? "before" : "after" }
        : { kind: "stop", afterMs: whole(120_000) },
    ),
  }
}

/** Numbers from 0 to 1 that a seed always gives in the same order. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

async function liveOneAfterTheOther(world: World, scenario: Scenario): Promise<Life[]> {
  const lives: Life[] = []
  for (let n = 0; n < scenario.ends.length + 40; n += 1) {
    const life: Life = { dead: false, writes: 0, died: Promise.withResolvers() }
    lives.push(life)
    const end = await world.clock.run(live(world, life, n, scenario), () => world.busy > 0)
    if (end === "stopped") return lives
    // The next one starts at once or long after; leases run out in a minute.
    world.clock.pass(world.random() * 90_000)
    const left = await world.store.read((db) => db.select().from(tables.tasks))
    if (left.every((task) => task.state === "done" || task.state === "failed")) return lives
  }
  world.violations.push("The work never came to its end.")
  return lives
}

async function live(world: World, life: Life, n: number, scenario: Scenario): Promise<"died" | "ended" | "stopped"> {
  const end = scenario.ends[n]
  const clock = world.clock.forProcess(() => life.dead)
  const store = mortalStore(world, life, end?.kind === "crash" ? end : null)
  const control = new AbortController()
  if (end?.kind === "stop") void clock.sleep(end.afterMs).then(() => control.abort())
  const { random } = world
  const gate = openRateGate({ clock, random })
  const model = simulatedModel(world, life, clock, scenario)
  const working = workTasks(
    {
      store,
      gate,
      clock,
      random,
      dayUsd: scenario.dayUsd,
      worker: `process ${n}`,
      person: "ada",
      prepare: async (task) => ({
        kind: "job",
        agent: { name: "worker", system: "You work.", budget: limits },
        model,
        goesOn: true,
        prompt: `Do task ${task.id}, which has ${stepsOf(task.id)} steps.`,
        tools: () => toolsOf(world, life, clock),
        judge: async (outcome) =>
          outcome.kind === "done" ? { kind: "done", outcome: "ok" } : { kind: "failed", outcome: outcome.reason },
      }),
    },
    { parallel: scenario.parallel, signal: control.signal, until: "idle" },
  )
  const worked = await Promise.race([working, life.died.promise])
  if (worked === "died") return "died"
  return worked.end.kind === "stopped" ? "stopped" : "ended"
}

function stepsOf(taskId: number): number {
  return 1 + (taskId % 3)
}

/** The store as one process has it: it may die at a write, and from then on hears of nothing any more. */
function mortalStore(world: World, life: Life, crash: Extract<End, { kind: "crash" }> | null): Store {
  const { store } = world
  const never = () => new Promise<never>(() => {})
  async function written<T>(write: () => Promise<T>): Promise<T> {
    if (life.dead) return never()
    life.writes += 1
    const isLast = crash?.write === life.writes
    if (isLast && crash.when === "before") return die()
    world.busy += 1
    try {
      const value = await write()
      if (life.dead) return never()
      return isLast ? die() : value
    } finally {
      world.busy -= 1
    }
  }
  function die(): Promise<never> {
    life.dead = true
    life.died.resolve("died")
    return never()
  }
  return {
    ...store,
    write: (work) => written(() => store.write(work)),
    jot: (work) => written(() => store.jot(work)),
    change: (author, work) => written(() => store.change(author, work)),
    read: (work) => (life.dead ? never() : store.read(work)),
  }
}

function simulatedModel(world: World, life: Life, clock: Clock, scenario: Scenario): Model {
  const mind = scriptedMind(world.random, scenario.mischief)
  return {
    ...modelName,
    async request({ messages, maxTokens, signal }) {
      const complaint = complaintAbout(messages)
      if (complaint) world.violations.push(`The API would refuse the history: ${complaint}`)
      await clock.sleep(200 + world.random() * 20_000, signal)
      if (life.dead) return new Promise<never>(() => {})
      const stopped = {
        kind: "failed",
        failure: "aborted",
        reason: "Stopped.",
        retryAfterMs: null,
        usage: null,
      } as const
      const reply = signal.aborted ? stopped : mind(messages, maxTokens)
      if (reply.usage) world.paid += costOf(price, reply.usage)
      return reply
    },
  }
}

/** `act` does a step, which must not happen twice; `look` tells which steps are done. */
function toolsOf(world: World, life: Life, clock: Clock): Tool[] {
  const inputSchema = { type: "object", properties: { task: { type: "integer" }, step: { type: "integer" } } }
  async function takeTime(signal: AbortSignal): Promise<void> {
    await clock.sleep(world.random() * 5_000, signal)
    if (life.dead) await new Promise<never>(() => {})
  }
  return [
    {
      name: "act",
      description: "Does a step.",
      inputSchema,
      async run({ task, step }, { signal }) {
        await takeTime(signal)
        if (signal.aborted) return { text: "Stopped before anything was done.", isError: true }
        const key = `${task}/${step}`
        world.effects.set(key, (world.effects.get(key) ?? 0) + 1)
        await takeTime(signal)
        return { text: `did step ${step}` }
      },
    },
    {
      name: "look",
      description: "Tells which steps are done.",
      inputSchema,
      repeatable: "always",
      async run({ task }, { signal }) {
        await takeTime(signal)
        const done = [...world.effects.keys()]
          .filter((key) => key.startsWith(`${task}/`))
          .map((key) => key.split("/")[1])
        return { text: `done: ${done.sort().join(",")}` }
      },
    },
  ]
}

async function check(world: World, scenario: Scenario): Promise<void> {
  const { store, violations } = world
  const tasks = await store.read((db) => db.select().from(tables.tasks))
  const runs = await store.read((db) => db.select().from(tables.runs))
  for (const task of tasks) checkTask(world, task, runs)
  for (const run of runs) {
    if (run.costUsd > limits.usd + dust) violations.push(`Run ${run.id} cost ${run.costUsd} of ${limits.usd} USD.`)
    if (run.endedAt === null && !tasks.some((task) => task.state === "leased" && task.id === run.taskId)) {
      violations.push(`Run ${run.id} never ended.`)
    }
    if (run.outcome === "done") {
      const { messages, lost } = await readConversation(store, run.id)
      const complaint = complaintAbout(messages)
      if (complaint || lost.length > 0) violations.push(`Run ${run.id} left a broken transcript: ${complaint}`)
    }
  }
  const counted = runs.reduce((sum, run) => sum + run.costUsd, 0)
  if (counted > scenario.dayUsd + dust) violations.push(`The day cost ${counted} of ${scenario.dayUsd} USD.`)
  if (world.paid > counted + dust) violations.push(`Paid ${world.paid} USD, but counted ${counted}.`)
}

function checkTask({ effects, violations }: World, task: Task, runs: Run[]): void {
  const finished = runs.filter((run) => run.taskId === task.id && run.outcome === "done").length
  if (finished !== (task.state === "done" ? 1 : 0))
    violations.push(`Task ${task.id} is ${task.state}, done by ${finished} runs.`)
  for (let step = 1; step <= stepsOf(task.id); step += 1) {
    const times = effects.get(`${task.id}/${step}`) ?? 0
    if (times > 1) violations.push(`Step ${step} of task ${task.id} was done ${times} times.`)
    if (times === 0 && task.state === "done") violations.push(`Task ${task.id} is done without its step ${step}.`)
  }
}

/** Of floating-point sums, in USD. */
const dust = 1e-6
