import { eq } from "drizzle-orm"
import { catalogue } from "../actions/catalogue.ts"
import type { Checker } from "../actions/check.ts"
import type { Action, ActionContext, Settled } from "../actions/define.ts"
import { type Gate, openGate } from "../actions/gate.ts"
import { isGranted, narrowedBy } from "../actions/grants.ts"
import { checkingOf } from "../actions/offering.ts"
import { plainTools } from "../actions/plain-tools.ts"
import {
  askersOf,
  endLostAnswers,
  openQuestions,
  type PersonsAnswer,
  questionOf,
  type Resumed,
  resumeWaiting,
} from "../actions/questions.ts"
import { apiOf } from "../actions/scripts.ts"
import type { AgentAnswer, Read, Services } from "../actions/services.ts"
import { outsideModel } from "../actions/taint.ts"
import type { ToolDeps } from "../actions/tool.ts"
import { modelTools } from "../actions/tools.ts"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"
import { type Agent, AgentNotFound } from "../harness/agent-files.ts"
import { askAgent } from "../harness/ask-agent.ts"
import type { Bound } from "../harness/budget.ts"
import type { Event, LoopDeps, Outcome } from "../harness/loop.ts"
import { endLostRuns, isWatched, watchRun } from "../harness/presence.ts"
import type { Tool } from "../harness/tool.ts"
import type { Sandbox } from "../sandbox/sandbox.ts"
import type { Checking } from "../views/check.ts"
import type { Home } from "./home.ts"
import type { SourceRoom } from "./sources.ts"

export type AgentAtWork = {
  runId: number
  agent: Agent
  taskId: number | null
  leadId: number | null
  /** On whose behalf; left out, the person at the command line. */
  person?: string
  /** One tool for each action instead of scripts; left out, the agent's file says. */
  isPlain?: boolean
  /** What the run and those that asked it may use, its own first; left out, its agent's budget. */
  bounds?: Bound[]
  signal: AbortSignal
  onSettled?(settled: Settled): void
  /** Hears of every reading, so that what came of a task can be judged by it. */
  onRead?(read: Read): void
  /** What there is to call, in the place of the catalogue. */
  actions?: readonly Action<Services>[]
  /** Hears what a recipe leaves to an agent. */
  onHandOver?(reason: string, known: Json): void
  /** Hears what the agents do that this one asks. */
  onEvent?(event: Event): void
}

/** What the tools of all runs share. */
export type Machines = {
  home: Home
  sandbox: Sandbox
  checker: Checker
  services: Omit<Services, "ask" | "views" | "sources">
  sources: SourceRoom
  /** Where views are tried. */
  views: Pick<Checking, "queries" | "tryHtml">
  agent(name: string, person?: string): Promise<Agent>
  /** What a run of this agent needs to go round. */
  loop(agent: Agent): LoopDeps
  /** One tool for each action for whoever does not say otherwise. */
  isPlain: boolean
  clock: () => Date
}

/** The tools of one run, behind a gate of its own: `execute` and `search`, or one for each action in plain mode. */
export function toolsAtWork(machines: Machines, run: AgentAtWork): Tool[] {
  const { deps } = deskOf(machines, run)
  const isPlain = run.isPlain ?? (machines.isPlain || run.agent.mode === "plain")
  return isPlain ? plainTools(deps) : modelTools(deps)
}

/** The gate of one run whose script no model wrote. */
export function gateAtWork(machines: Machines, run: AgentAtWork): Gate {
  return deskOf(machines, run).deps.gate
}

/** Goes on with the script of a run that stopped to ask a person, behind the run's own gate. */
export async function resumeAtWork(
  machines: Machines,
  id: number,
  answer: PersonsAnswer,
  { signal, onEvent }: Pick<AgentAtWork, "signal" | "onEvent">,
): Promise<Resumed> {
  const { sandbox, clock, home } = machines
  const { store } = home
  const question = await questionOf(store, id)
  const run = question && (await runOf(store, question.runId))
  if (!question || !run) return { kind: "refused", reason: `There is no question ${id}.` }
  const { taskId, leadId } = question
  const { deps, settled } = deskOf(machines, {
    ...{ runId: run.id, ...(await agentOfRun(machines, run)), taskId, leadId, person: run.person, signal },
    ...(onEvent ? { onEvent } : {}),
  })
  const watched = await watchRun(store, run.id, clock())
  try {
    const resuming = { store, sandbox, gate: deps.gate, api: apiOf(catalogue), settled, clock, signal }
    return await resumeWaiting(resuming, id, answer)
  } finally {
    watched.release()
  }
}

/** Ends what processes left in the middle that are gone: their runs, and what went on after a person's answer. */
export async function endLost(store: Store, now: Date): Promise<void> {
  await endLostRuns(store, now)
  await endLostAnswers(store, (run) => isWatched(store, run, now), now)
}

/** The agent of a run with what it may do and use: of a run that was asked, what its askers may too. */
async function agentOfRun(machines: Machines, run: Run): Promise<{ agent: Agent; bounds: Bound[] }> {
  const own = await fileOf(machines, run)
  let { grant } = own
  const bounds = [{ runId: run.id, limits: own.budget }]
  for (const asker of await machines.home.store.read((db) => askersOf(db, run.id))) {
    const asking = await fileOf(machines, asker)
    const { leadId: _, ...narrowed } = narrowedBy(
      { ...grant, leadId: run.leadId },
      { ...asking.grant, leadId: asker.leadId },
    )
    grant = narrowed
    bounds.push({ runId: asker.id, limits: asking.budget })
  }
  return { agent: { ...own, grant }, bounds }
}

/** Somebody else's agent has the rights of the sales agent, under its own name. */
async function fileOf({ agent }: Machines, run: Run): Promise<Agent> {
  return run.model === outsideModel ? { ...(await agent("sales")), name: run.agent } : agent(run.agent)
}

async function runOf(store: Store, id: number): Promise<Run | undefined> {
  const [run] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, id)))
  return run
}

/** All that one run works with. */
function deskOf(machines: Machines, run: AgentAtWork): { deps: ToolDeps; settled(): Settled | null } {
  const { home, sandbox, checker, clock } = machines
  const { runId, taskId, leadId, agent, signal } = run
  let last: Settled | null = null
  const services: Services = {
    ...machines.services,
    async read(url, options) {
      const read = await machines.services.read(url, options)
      run.onRead?.(read)
      return read
    },
    sources: machines.sources(boundsOf(run)),
    ask: (asked) => askOther(machines, run, asked),
    views: checkingOf(catalogue, { ...agent.grant, leadId }, machines.views),
    ...(run.onHandOver ? { handOver: run.onHandOver } : {}),
  }
  const context: ActionContext<Services> = {
    ...{ store: home.store, services, runId, taskId, leadId, signal, clock, person: run.person ?? home.person },
    author: { actor: `agent:${agent.name}`, kind: "run", runId },
    // A task's prompt is made of what is known of its lead.
    promptIsForeign: taskId !== null,
    settle(settled) {
      last = settled
      run.onSettled?.(settled)
    },
  }
  const grant = { ...agent.grant, leadId }
  const gate = openGate(run.actions ?? catalogue, grant, context)
  // Without a task in hand there is none to end, and whoever answers a person has the last word. Only a recipe hands over.
  const offered = catalogue.filter(
    (one) =>
      isGranted(grant, one) &&
      (taskId !== null || !one.name.startsWith("tasks.")) &&
      (run.onHandOver !== undefined || one.name !== "recipes.handOver"),
  )
  return {
    deps: { catalogue, offered, gate, sandbox, checker, context, isSettled: () => taskId !== null && last !== null },
    settled: () => last,
  }
}

function boundsOf({ runId, agent, bounds }: AgentAtWork): Bound[] {
  return bounds ?? [{ runId, limits: agent.budget }]
}

/** Has another agent answer in a run of its own, below this one: within its grant, its taint, its budget. */
async function askOther(
  machines: Machines,
  run: AgentAtWork,
  { agent: name, question, usd }: Parameters<Services["ask"]>[0],
): Promise<AgentAnswer> {
  const asked = await machines.agent(name, run.person).catch((error: unknown) => {
    if (error instanceof AgentNotFound) return null
    throw error
  })
  if (!asked) return { kind: "refused", reason: `There is no agent ${name}.` }
  const { leadId, signal, person = machines.home.person, onRead, onEvent, isPlain } = run
  const { leadId: _, ...grant } = narrowedBy({ ...asked.grant, leadId }, { ...run.agent.grant, leadId })
  const budget = { ...asked.budget, usd: Math.min(asked.budget.usd, usd ?? Number.POSITIVE_INFINITY) }
  const agent = { ...asked, grant, budget }
  const answer = await askAgent(
    machines.loop(agent),
    {
      ...{ runId: run.runId, person, taskId: null, leadId, signal },
      bounds: boundsOf(run),
      ...(onEvent ? { onEvent } : {}),
    },
    {
      agent,
      prompt: question,
      tools: ({ runId, bounds, signal }) =>
        toolsAtWork(machines, {
          ...{ runId, agent, taskId: null, leadId, person, bounds, signal },
          ...(isPlain === undefined ? {} : { isPlain }),
          ...(onRead ? { onRead } : {}),
          ...(onEvent ? { onEvent } : {}),
        }),
    },
  )
  return answer.kind === "refused" ? answer : answerOf(machines, name, answer.runId, answer.outcome)
}

async function answerOf({ home }: Machines, name: string, run: number, outcome: Outcome): Promise<AgentAnswer> {
  if (outcome.kind !== "done") {
    return { kind: "ended", run, text: `${name} ended as ${outcome.kind}: ${outcome.reason}`, shown: null }
  }
  const [waiting] = await openQuestions(home.store, run)
  if (waiting) {
    return { kind: "waits", run, text: `${name} waits for a person to answer question ${waiting.id}.`, shown: null }
  }
  return { kind: "answered", run, text: outcome.text, shown: outcome.answer }
}
