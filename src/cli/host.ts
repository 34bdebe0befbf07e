import { lookup } from "node:dns/promises"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { catalogue } from "../actions/catalogue.ts"
import type { ActionContext, Settled } from "../actions/define.ts"
import { type Grant, openGate } from "../actions/gate.ts"
import type { Services } from "../actions/services.ts"
import { modelTools } from "../actions/tools.ts"
import { type Chromium, findChromium } from "../browser/chromium.ts"
import { openEgress, type Route } from "../browser/egress.ts"
import { type Lane, laneClock, openLane } from "../browser/lane.ts"
import { defaultLimits } from "../browser/ledger.ts"
import { openReader, type Read, type Reader } from "../browser/reader.ts"
import { person, standingIn } from "../config.ts"
import { type Lock, takeLock } from "../db/lock.ts"
import { queryOutside } from "../db/sql.ts"
import { type Agent, loadAgent } from "../harness/agent-files.ts"
import { systemClock } from "../harness/clock.ts"
import { type Model, openModel } from "../harness/model.ts"
import { openRateGate, type RateGate } from "../harness/rate-gate.ts"
import type { Tool } from "../harness/tool.ts"
import { type RehearsalModel, startRehearsalModel } from "../rehearsal/model.ts"
import { type Replica, startReplica } from "../rehearsal/replica.ts"
import { openSandbox, type Sandbox } from "../sandbox/sandbox.ts"
import type { Home } from "./home.ts"
import { CommandFailed, type Io } from "./io.ts"
import type { World } from "./world.ts"

/** Everything that agents need of this process: the model, the sandbox, the browser's lanes. One process per home has the lanes. */
export type Host = {
  home: Home
  world: World
  gate: RateGate
  dayUsd: number
  /** The agent's file, the home's own first. */
  agent(name: string): Promise<Agent>
  /** The model that a run of this agent asks. */
  model(agent: Agent): Model
  /** The two tools of one run, behind a gate of its own. */
  tools(run: AgentAtWork): Tool[]
  reader: Reader
  /** The browser, found once. Throws NoBrowserFound. */
  chromium(): Promise<Chromium>
  close(): Promise<void>
}

export type AgentAtWork = {
  runId: number
  agent: Agent
  taskId: number | null
  leadId: number | null
  signal: AbortSignal
  onSettled?(settled: Settled): void
  /** Hears of every reading, so that what came of a task can be judged by it. */
  onRead?(read: Read): void
}

/** How much faster than life the clock of pacing runs in rehearsal: an hour's limit is a second's. */
export const rehearsalScale = 3_600
const freshMs = 7 * 24 * 3_600_000
const agentsFolder = fileURLToPath(new URL("../../agents", import.meta.url))

/** Opens what agents need. `isolated` readings (for `giant read` on the replica) each get a lane of their own that starts clean. */
export async function openHost(
  io: Io,
  home: Home,
  world: World,
  options: { dayUsd: number; isolated?: boolean },
): Promise<Host> {
  const replica = world.web === "replica" ? await openReplica(io) : null
  const stand = world.model.kind === "rehearsal" ? await startRehearsalModel({ msPerReply: 60 }) : null
  const sandbox = openSandbox()
  const gate = openRateGate({ clock: systemClock, random: Math.random })
  const browser = lazily(() => findBrowser(io, home))
  const reader = openReader({
    store: home.store,
    openLane: laneOpener(io, home, replica, browser, options.isolated ?? false),
    limits: defaultLimits,
    scale: replica ? rehearsalScale : 1,
    captures: join(home.path, "captures"),
    clock: io.clock,
    freshMs: options.isolated ? 0 : freshMs,
    isolated: options.isolated ?? false,
    longestWait: replica ? 120_000 : 20_000,
    knows: (url) => replica?.knows(url) ?? true,
  })

  return {
    home,
    world,
    gate,
    dayUsd: options.dayUsd,
    agent: (name) => loadAgent(name, [join(home.path, "agents"), agentsFolder]),
    model: (agent) => modelOf(io, world, stand, agent),
    tools: (run) => toolsOf(io, home, sandbox, reader, run),
    reader,
    chromium: browser,
    async close() {
      await reader.close()
      await Promise.all([replica?.close(), stand?.close(), sandbox.close()])
    },
  }
}

/** The lock of the one process that has this home's browser. Throws CommandFailed while another has it. */
export function takeHost(home: string): Lock {
  const lock = takeLock(join(home, "host.lock"))
  if (lock) return lock
  throw new CommandFailed(
    "home_busy",
    "Small Giant is at work in this home already, in another process.",
    "Use its viewer, stop it with Ctrl-C, or name another home with --home.",
  )
}

function openReplica(io: Io): Promise<Replica> {
  const overlay = io.environment.GIANT_REPLICA
  return startReplica({ overlay: overlay ? resolve(standingIn(io.environment), overlay) : null })
}

function findBrowser(io: Io, home: Home): Promise<Chromium> {
  const setting = io.environment.GIANT_CHROME ?? home.settings.chrome ?? null
  return findChromium({ setting, cacheDir: join(homedir(), ".cache", "smallgiant") })
}

/** How an account's lane is opened: a profile of its own, for its owner alone, and a way out that only granted hosts pass. */
function laneOpener(io: Io, home: Home, replica: Replica | null, browser: () => Promise<Chromium>, isIsolated: boolean) {
  const profiles = join(home.path, "profiles")
  const route: Route = replica
    ? { kind: "replica", port: replica.port, spki: replica.spki }
    : { kind: "live", resolve: addressesOf }
  return async (account: string): Promise<Lane> => {
    const name = account.replace(/[^\w.-]+/g, "_")
    mkdirSync(profiles, { recursive: true, mode: 0o700 })
    const profileDir = isIsolated ? mkdtempSync(join(profiles, "once-")) : join(profiles, name)
    const egress = await openEgress({ route, clock: io.clock })
    const lane = openLane({
      profileDir,
      chromium: await browser(),
      egress,
      headless: true,
      clock: laneClock(replica ? rehearsalScale : 1),
      random: Math.random,
    })
    return {
      read: lane.read,
      async close() {
        await lane.close()
        await egress.close()
        if (isIsolated) rmSync(profileDir, { recursive: true, force: true })
      },
    }
  }
}

async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}

function modelOf(io: Io, world: World, stand: RehearsalModel | null, agent: Agent): Model {
  if (stand) return openModel({ model: "rehearsal", apiKey: stand.key, baseURL: stand.url })
  const { ANTHROPIC_API_KEY: apiKey, ANTHROPIC_AUTH_TOKEN: authToken, ANTHROPIC_BASE_URL: baseURL } = io.environment
  const name = (world.model.kind === "real" && world.model.name) || agent.model || "claude-sonnet-5-5"
  return openModel({
    model: name,
    ...(apiKey ? { apiKey } : {}),
    ...(authToken ? { authToken } : {}),
    ...(baseURL ? { baseURL } : {}),
  })
}

function toolsOf(io: Io, home: Home, sandbox: Sandbox, reader: Reader, run: AgentAtWork): Tool[] {
  let isSettled = false
  const services: Services = {
    async read(url, options) {
      const read = await reader.read(url, options)
      run.onRead?.(read)
      return read
    },
    query: (text) => queryOutside(join(home.path, "giant.db"), text, 1_000),
  }
  const context: ActionContext<Services> = {
    store: home.store,
    services,
    author: { actor: `agent:${run.agent.name}`, kind: "run", runId: run.runId },
    runId: run.runId,
    person: person(),
    taskId: run.taskId,
    leadId: run.leadId,
    settle(settled) {
      isSettled = true
      run.onSettled?.(settled)
    },
    clock: io.clock,
    signal: run.signal,
  }
  const grant: Grant = { ...run.agent.grant, leadId: run.leadId }
  return modelTools({
    catalogue,
    gate: openGate(catalogue, grant, context),
    sandbox,
    clock: io.clock,
    seed: run.runId,
    isSettled: () => isSettled,
  })
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}
