import { type ChildProcess, spawn } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as sleep } from "node:timers/promises"
import { count, eq, isNull, sum } from "drizzle-orm"
import { z } from "zod"
import { addAccount } from "../../src/browser/accounts.ts"
import { holdAccount } from "../../src/browser/hosts.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import type { PostgresServer } from "../postgres/server.ts"
import { type Happened, verdict } from "./hosts-judge.ts"
import { network } from "./hosts-network.ts"
import { inventPeople } from "./hosts-people.ts"

/** Whose laptops they are. Each has a LinkedIn account, whose leads are read with it. */
export const people = ["ada", "ben", "cleo"]
const [killed = "", pulled = ""] = ["ben", "cleo"]
const launcher = resolve(import.meta.dirname, "../../src/launcher.js")
const preload = join(import.meta.dirname, "hosts-preload.mjs")
const dayUsd = 50
const pulledMs = 60_000
const longestMs = 15 * 60_000

/** By how many milliseconds the clock of a laptop is wrong. */
const aside: Record<string, number> = { ben: 60_000, cleo: -60_000 }

/** The same as the environment of its processes. */
export function clockAside(person: string): Record<string, string> {
  return { NODE_OPTIONS: `--import=${preload}`, GIANT_SOAK_SKEW: String(aside[person] ?? 0) }
}

type Soak = { folder: string; leads: number; parallel: number; signal: AbortSignal }

/** Three hosts work their leads together, while one is killed, one cut off and the database restarted. Says what went wrong. */
export async function threeHosts(
  postgres: PostgresServer,
  { folder, leads, parallel, signal }: Soak,
): Promise<string[]> {
  const url = await postgres.newDatabase()
  const store = openStore(url)
  const each = Math.ceil(leads / people.length)
  const invented = inventPeople(folder, people, each)
  for (const person of people) await settleIn(store, folder, person)
  const models = await Promise.all(people.map((person) => startModel(person)))
  const stop: ChildProcess[] = models.map(({ child }) => child)
  const start = (person: string, ...file: string[]) => {
    const model = models.find((one) => one.person === person)
    if (!model) throw new Error(`${person} has no model.`)
    const host = startHost(person, { folder, url, pages: invented.pages, parallel, model }, file)
    stop.push(host)
    return host
  }
  const happened: Happened = {
    ...{ each, folder, aside },
    dayUsd,
    mostUsd: 0,
    mostRuns: 0,
    killedAt: 0,
    pulled: { from: 0, to: 0 },
    restartedAt: 0,
  }
  try {
    const hosts = new Map(people.map((person) => [person, start(person, invented.csvOf(person))]))
    const total = each * people.length
    const begun = performance.now()
    const disasters: [number, () => Promise<void>][] = [
      [
        0.15,
        async () => {
          happened.killedAt = Date.now()
          killAll(hosts.get(killed))
          await sleep(15_000)
          start(killed)
        },
      ],
      [
        0.4,
        async () => {
          happened.pulled.from = Date.now()
          network.plug(pulled, false)
          await sleep(pulledMs)
          network.plug(pulled, true)
          happened.pulled.to = Date.now()
        },
      ],
      [
        0.7,
        async () => {
          happened.restartedAt = Date.now()
          await postgres.stop("fast")
          await sleep(3_000)
          await postgres.start()
        },
      ],
    ]
    const underWay: Promise<void>[] = []
    for (let looked = 0; ; looked += 1) {
      await sleep(500)
      const now = await look(store)
      happened.mostUsd = Math.max(happened.mostUsd, now.usd)
      happened.mostRuns = Math.max(happened.mostRuns, now.atWork)
      const seconds = Math.round((performance.now() - begun) / 1000)
      if (looked % 20 === 0)
        console.log(`${seconds} s: ${now.done} of ${total} done, ${now.atWork} at work, ${now.usd.toFixed(3)} USD`)
      const [next] = disasters
      if (next && now.done >= total * next[0]) {
        disasters.shift()
        console.log(
          `${seconds} s: ${["a machine is killed", "a cable is pulled", "the database is restarted"][2 - disasters.length]}`,
        )
        underWay.push(next[1]())
      }
      if (now.done === total && disasters.length === 0 && now.open === 0) break
      const isOver = [...stop].every(
        (child) => child.exitCode !== null || models.some((model) => model.child === child),
      )
      if (isOver || signal.aborted || performance.now() - begun > longestMs) break
    }
    if (!signal.aborted) await Promise.all(underWay)
    return await verdict(store, people, happened)
  } finally {
    for (const child of stop) killAll(child)
    await store.close()
  }
}

async function look(store: Store) {
  const { tasks, runs } = tables
  return store.read(async (db) => {
    const [done] = await db.select({ number: count() }).from(tasks).where(eq(tasks.state, "done"))
    const [leased] = await db.select({ number: count() }).from(tasks).where(eq(tasks.state, "leased"))
    const [spent] = await db.select({ usd: sum(runs.costUsd) }).from(runs)
    const [open] = await db.select({ number: count() }).from(runs).where(isNull(runs.endedAt))
    const numbers = { done: done?.number ?? 0, atWork: leased?.number ?? 0, open: open?.number ?? 0 }
    return { ...numbers, usd: Number(spent?.usd ?? 0) }
  })
}

/** A home on somebody's laptop where they have signed in, as `giant login` leaves it. */
async function settleIn(store: Store, folder: string, person: string): Promise<void> {
  const home = join(folder, person)
  mkdirSync(home, { recursive: true, mode: 0o700 })
  writeFileSync(join(home, "place"), `home-of-${person}\n`)
  const account = await addAccount(store, "linkedin", person, store.now())
  await holdAccount(store, account, { id: `home-of-${person}`, machine: person, folder: home })
}

type Model = { person: string; child: ChildProcess; url: string; key: string }

async function startModel(person: string): Promise<Model> {
  const [command = "", ...before] = network.on(person)
  const args = [...before, process.execPath, ...process.execArgv, join(import.meta.dirname, "hosts-model.ts")]
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], detached: true })
  for await (const line of createInterface({ input: child.stdout })) {
    return { person, child, ...z.object({ url: z.string(), key: z.string() }).parse(JSON.parse(line)) }
  }
  throw new Error(`The model's server of ${person} did not start.`)
}

type Start = { folder: string; url: string; pages: string; parallel: number; model: Model }

function startHost(person: string, { folder, url, pages, parallel, model }: Start, file: string[]): ChildProcess {
  const [command = "", ...before] = network.on(person)
  const options = ["--web", "replica", "--budget", String(dayUsd), "--model", "claude-haiku-5-5", "--port", "0"]
  const args = ["start", ...file, ...options, "--parallel", String(parallel), "--home", join(folder, person)]
  // Each machine has a name of its own, too.
  const named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', `${person}-laptop`]
  const child = spawn(command, [...before, ...named, process.execPath, launcher, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      ...clockAside(person),
      GIANT_DATABASE_URL: url,
      GIANT_REPLICA: pages,
      GIANT_SOAK_LOG: join(folder, `${person}.log`),
      ANTHROPIC_BASE_URL: model.url,
      ANTHROPIC_API_KEY: model.key,
    },
  })
  const tell = (line: string) => console.log(`  ${person}: ${line}`)
  if (child.stdout) createInterface({ input: child.stdout }).on("line", tell)
  if (child.stderr) createInterface({ input: child.stderr }).on("line", tell)
  child.once("exit", (code, signal) => tell(`ended with ${signal ?? code}`))
  return child
}

/** With its browsers, as when a machine is gone. */
function killAll(child: ChildProcess | undefined): void {
  if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return
  process.kill(-child.pid, "SIGKILL")
}
