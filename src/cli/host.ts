import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { catalogue } from "../actions/catalogue.ts"
import { openChecker } from "../actions/check.ts"
import { declarationsOf } from "../actions/declarations.ts"
import type { PersonsAnswer, Resumed } from "../actions/questions.ts"
import { hiddenTables } from "../actions/work.ts"
import { type Chromium, findChromium } from "../browser/chromium.ts"
import type { Reader } from "../browser/reader.ts"
import { takeSnapshot } from "../browser/snapshot.ts"
import { standingIn } from "../config.ts"
import { type Lock, takeLock } from "../db/lock.ts"
import { openQueries } from "../db/sql.ts"
import { type Agent, loadAgent } from "../harness/agent-files.ts"
import { systemClock } from "../harness/clock.ts"
import { type Model, openModel } from "../harness/model.ts"
import { openRateGate, type RateGate } from "../harness/rate-gate.ts"
import type { Tool } from "../harness/tool.ts"
import { withMemories } from "../memory/prompt.ts"
import type { Replay, Replayed } from "../recipes/replay.ts"
import { type RehearsalModel, startRehearsalModel } from "../rehearsal/model.ts"
import { type Replica, startReplica } from "../rehearsal/replica.ts"
import { openSandbox } from "../sandbox/sandbox.ts"
import { type AgentAtWork, type Machines, resumeAtWork, toolsAtWork } from "./at-work.ts"
import type { Home } from "./home.ts"
import { CommandFailed, type Io } from "./io.ts"
import { capturesOf, openLanes } from "./lanes.ts"
import { type ReplayOptions, replayAtWork } from "./replays.ts"
import { openSourceDesk } from "./sources.ts"
import { openViewRoom } from "./view-room.ts"
import type { World } from "./world.ts"

/** Everything that agents need of this process: the model, the sandbox, the browser's lanes. One process per home has the lanes. */
export type Host = {
  home: Home
  world: World
  gate: RateGate
  dayUsd: number
  /** The agent's file, the home's own first, with what this person and the team want remembered; left out, the person at the
   * command line. */
  agent(name: string, person?: string): Promise<Agent>
  /** The model that a run of this agent asks. */
  model(agent: Agent): Model
  /** The tools of one run, behind a gate of its own: `execute` and `search`, or one for each action in plain mode. */
  tools(run: AgentAtWork): Tool[]
  /** Goes on with the script of a run that stopped to ask a person. */
  resume(question: number, answer: PersonsAnswer, options: Pick<AgentAtWork, "signal" | "onEvent">): Promise<Resumed>
  /** Runs a recipe without a model: within its own actions, and within what this agent may do. */
  replay(run: Replay, within: Agent, options?: ReplayOptions): Promise<Replayed>
  /** Folders of recipes, the team's own first. */
  recipeFolders: string[]
  reader: Reader
  /** The invented web, where it works on that. */
  replica: Replica | null
  /** The browser, found once. Throws NoBrowserFound. */
  chromium(): Promise<Chromium>
  close(): Promise<void>
}

const agentsFolder = fileURLToPath(new URL("../../agents", import.meta.url))

/** Opens what agents need. `isolated` readings (for `giant read` on the replica) each get a lane of their own that starts clean. */
export async function openHost(
  io: Io,
  home: Home,
  world: World,
  options: { dayUsd: number; isolated?: boolean; isPlain?: boolean | undefined },
): Promise<Host> {
  if (options.isPlain && world.model.kind === "rehearsal") {
    throw new CommandFailed("usage", "The rehearsal model writes scripts.", "Leave out --plain, or name a real model.")
  }
  const replica = world.web === "replica" ? await openReplica(io) : null
  const stand = world.model.kind === "rehearsal" ? await startRehearsalModel({ msPerReply: 60 }) : null
  const sandbox = openSandbox()
  const checker = openChecker(declarationsOf(catalogue))
  if (!options.isolated) checker.warm()
  const gate = openRateGate({ clock: systemClock, random: Math.random })
  const browser = lazily(() => findBrowser(io, home))
  const reader = await openLanes(io, home, replica, browser, options.isolated ?? false)

  const queries = openQueries(join(home.path, "giant.db"), hiddenTables)
  const views = openViewRoom(home, browser)
  const recipeFolders = recipeFoldersOf(home.path)
  const agent = agentFilesOf(home)
  const model = (agent: Agent) => modelOf(io, world, stand, agent)
  const { dayUsd } = options
  const machines: Machines = {
    ...{ home, sandbox, checker, agent, views, clock: io.clock, isPlain: options.isPlain ?? false },
    services: {
      read: reader.read,
      snapshot: (evidenceId) => takeSnapshot(home.store, capturesOf(home.path), evidenceId),
      sources: openSourceDesk(io, home, replica, { dayUsd, agent }),
      query: (text) => queries.ask(text, 1_000),
      skillFolders: [join(home.path, "agents", "skills"), join(agentsFolder, "skills")],
      recipeFolders,
    },
    loop: (agent) => ({
      ...{ store: home.store, model: model(agent), gate, clock: systemClock, random: Math.random, dayUsd },
    }),
  }

  return {
    ...{ home, world, gate, dayUsd, agent, model, reader, replica, recipeFolders, chromium: browser },
    replay: (run, within, options) => replayAtWork(machines, run, within, options),
    tools: (run) => toolsAtWork(machines, run),
    resume: (question, answer, options) => resumeAtWork(machines, question, answer, options),
    async close() {
      queries.close()
      await views.close()
      await reader.close()
      await Promise.all([replica?.close(), stand?.close(), sandbox.close(), checker.close()])
    },
  }
}

/** Agents as their files describe them, the home's own first, with what is remembered for the person. */
export function agentFilesOf(home: Home) {
  return async (name: string, person = home.person): Promise<Agent> => {
    const loaded = await loadAgent(name, [join(home.path, "agents"), agentsFolder])
    return { ...loaded, system: await withMemories(home.store, loaded.system, person) }
  }
}

/** Folders of recipes, the team's own first. */
export function recipeFoldersOf(home: string): string[] {
  return [join(home, "agents", "recipes"), join(agentsFolder, "recipes")]
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
  if (world.model.kind === "none") {
    throw new CommandFailed("no_model", "This needs a model.", "Set ANTHROPIC_API_KEY, or rehearse with --rehearse.")
  }
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

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null
  return () => {
    made ??= make()
    return made
  }
}
