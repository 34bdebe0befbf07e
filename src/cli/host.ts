import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { catalogue } from "../actions/catalogue.ts"
import { openChecker } from "../actions/check.ts"
import { declarationsOf } from "../actions/declarations.ts"
import type { PersonsAnswer, Resumed } from "../actions/questions.ts"
import { hiddenTables } from "../actions/work.ts"
import { type Chromium, findChromium } from "../browser/chromium.ts"
import { serveReadings } from "../browser/elsewhere.ts"
import { openPresence, type Presence, type Whereabouts, whereIs } from "../browser/hosts.ts"
import type { Reader } from "../browser/reader.ts"
import { takeSnapshot } from "../browser/snapshot.ts"
import { standingIn } from "../config.ts"
import type { Lock } from "../db/lock.ts"
import { openQueries, type Queries } from "../db/sql.ts"
import type { Account } from "../db/tables.ts"
import { type Agent, loadAgent } from "../harness/agent-files.ts"
import { clockOf } from "../harness/clock.ts"
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
import { homePlace } from "./home-place.ts"
import { sharedHostLock } from "./host-lock.ts"
import { CommandFailed, type Io } from "./io.ts"
import { capturesOf, openLanes } from "./lanes.ts"
import { type ReplayOptions, replayAtWork } from "./replays.ts"
import { openSourceRoom } from "./sources.ts"
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
  /** Its place among the machines around this database; null where it does not keep the browser. */
  presence: Presence | null
  /** On which machine an account is read. */
  whereIs(account: Account): Promise<Whereabouts>
  /** The invented web, where it works on that. */
  replica: Replica | null
  /** The browser, found once. Throws NoBrowserFound. */
  chromium(): Promise<Chromium>
  /** Asks what views may read. */
  viewQueries: Queries
  /** Keeps the home's browser for this process until it is released. Throws CommandFailed while another process has it. */
  hold(): Lock
  close(): Promise<void>
}

const agentsFolder = fileURLToPath(new URL("../../agents", import.meta.url))

/** Opens what agents need. `isolated` readings (for `giant read` on the replica) each get a lane of their own that starts clean. `lock`
 * is the home's, where this process has it; else it is taken when a lane of the browser is first needed. Who has it and `serves` is a
 * host among those of other machines: it reads for them too. Throws HomeCopied. */
export async function openHost(
  io: Io,
  home: Home,
  world: World,
  options: { dayUsd: number; isolated?: boolean; isPlain?: boolean | undefined; lock?: Lock; serves?: boolean },
): Promise<Host> {
  if (options.isPlain && world.model.kind === "rehearsal") {
    throw new CommandFailed("usage", "The rehearsal model writes scripts.", "Leave out --plain, or name a real model.")
  }
  const replica = world.web === "replica" ? await openReplica(io) : null
  const stand = world.model.kind === "rehearsal" ? await startRehearsalModel({ msPerReply: 60 }) : null
  const sandbox = openSandbox()
  const checker = openChecker(declarationsOf(catalogue))
  if (!options.isolated) checker.warm()
  const place = homePlace(home.path)
  const presence = options.lock && options.serves ? await openPresence(home.store, place, world.web) : null
  const clock = clockOf(home.store)
  const gate = openRateGate({ clock, random: Math.random, peers: presence })
  const browser = lazily(() => findBrowser(io, home))
  const hold = sharedHostLock(home.path, options.lock ?? null)
  const isolated = options.isolated ?? false
  const reader = await openLanes(io, home, { replica, browser, hold, isolated, place, presence })
  const closing = new AbortController()
  const serving = presence ? serveReadings(home.store, presence, reader, closing.signal) : null

  const queries = openQueries(home.store.place, hiddenTables)
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
      query: (text) => queries.ask(text, 1_000),
      skillFolders: [join(home.path, "agents", "skills"), join(agentsFolder, "skills")],
      recipeFolders,
    },
    sources: openSourceRoom(io, home, replica, dayUsd),
    loop: (agent) => ({
      ...{ store: home.store, model: model(agent), gate, clock, random: Math.random, dayUsd },
    }),
  }

  return {
    ...{
      home,
      world,
      gate,
      dayUsd,
      agent,
      model,
      reader,
      presence,
      replica,
      recipeFolders,
      chromium: browser,
      hold,
      viewQueries: views.queries,
    },
    whereIs: (account) => whereIs(home.store, account, place, presence?.id ?? null),
    replay: (run, within, options) => replayAtWork(machines, run, within, options),
    tools: (run) => toolsAtWork(machines, run),
    resume: (question, answer, options) => resumeAtWork(machines, question, answer, options),
    async close() {
      queries.close()
      await views.close()
      closing.abort()
      await serving
      await reader.close()
      await presence?.close()
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
