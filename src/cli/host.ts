import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { catalogue } from "../actions/catalogue.ts"
import { type Checker, openChecker } from "../actions/check.ts"
import { declarationsOf } from "../actions/declarations.ts"
import type { ActionContext, Settled } from "../actions/define.ts"
import { openGate } from "../actions/gate.ts"
import { plainTools } from "../actions/plain-tools.ts"
import type { Services } from "../actions/services.ts"
import { modelTools } from "../actions/tools.ts"
import { hiddenTables } from "../actions/work.ts"
import { type Chromium, findChromium } from "../browser/chromium.ts"
import type { Read, Reader } from "../browser/reader.ts"
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
import { openLanes } from "./lanes.ts"
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
  /** The tools of one run, behind a gate of its own: `execute` and `search`, or one for each action in plain mode. */
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
  /** One tool for each action instead of scripts; left out, the agent's file says. */
  isPlain?: boolean
  signal: AbortSignal
  onSettled?(settled: Settled): void
  /** Hears of every reading, so that what came of a task can be judged by it. */
  onRead?(read: Read): void
}

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
  const checker = openChecker(declarationsOf(catalogue))
  if (!options.isolated) checker.warm()
  const gate = openRateGate({ clock: systemClock, random: Math.random })
  const browser = lazily(() => findBrowser(io, home))
  const reader = await openLanes(io, home, replica, browser, options.isolated ?? false)

  return {
    home,
    world,
    gate,
    dayUsd: options.dayUsd,
    agent: (name) => loadAgent(name, [join(home.path, "agents"), agentsFolder]),
    model: (agent) => modelOf(io, world, stand, agent),
    tools: (run) => toolsOf(io, home, { sandbox, checker, reader }, run),
    reader,
    chromium: browser,
    async close() {
      await reader.close()
      await Promise.all([replica?.close(), stand?.close(), sandbox.close(), checker.close()])
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

type Machines = { sandbox: Sandbox; checker: Checker; reader: Reader }

function toolsOf(io: Io, home: Home, { sandbox, checker, reader }: Machines, run: AgentAtWork): Tool[] {
  let isSettled = false
  const services: Services = {
    async read(url, options) {
      const read = await reader.read(url, options)
      run.onRead?.(read)
      return read
    },
    query: (text) => queryOutside(join(home.path, "giant.db"), text, 1_000, hiddenTables),
    skillFolders: [join(home.path, "agents", "skills"), join(agentsFolder, "skills")],
  }
  const { runId, taskId, leadId, agent, signal } = run
  const context: ActionContext<Services> = {
    ...{ store: home.store, services, runId, taskId, leadId, signal, clock: io.clock, person: person() },
    author: { actor: `agent:${agent.name}`, kind: "run", runId },
    // A task's prompt is made of what is known of its lead.
    promptIsForeign: taskId !== null,
    settle(settled) {
      isSettled = true
      run.onSettled?.(settled)
    },
  }
  const gate = openGate(catalogue, { ...agent.grant, leadId }, context)
  const deps = { catalogue, gate, sandbox, checker, context, isSettled: () => isSettled }
  return (run.isPlain ?? agent.mode === "plain") ? plainTools(deps) : modelTools(deps)
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}
