import { and, count, eq, inArray, isNotNull, max } from "drizzle-orm"
import { outsideModel } from "../actions/taint.ts"
import { openNarration } from "../conversation/narration.ts"
import type { Json, JsonObject } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type Question, tables } from "../db/tables.ts"
import { type Agent, AgentNotFound } from "../harness/agent-files.ts"
import type { Clock } from "../harness/clock.ts"
import { beginWatchedRun, type WatchedRun } from "../harness/presence.ts"
import type { Tool, ToolResult } from "../harness/tool.ts"
import { addMessage, endRun, resultBlock } from "../harness/transcript.ts"
import { answerText } from "./answer.ts"
import type { McpViews } from "./apps.ts"

/** What somebody else's agent needs of the process that it reaches. */
export type McpDeps = {
  store: Store
  clock: Clock
  /** The files of agents. Throws AgentNotFound. */
  agent(name: string, person: string): Promise<Agent>
  tools(run: {
    runId: number
    agent: Agent
    person: string
    taskId: null
    leadId: null
    isPlain: boolean
    signal: AbortSignal
  }): Tool[]
  /** Where the person looks and decides; it is opened if it is not there. */
  viewer(): Promise<string>
  /** Views for clients that show such; left out, they are only given their addresses. */
  views?: McpViews
}

/** On whose behalf a client works. `readOnly`: its token may only look. */
export type McpPerson = { person: string; readOnly: boolean }
export type McpClient = { name: string; version: string }

/** One client at work, from its first call to its end. Its calls are runs of its own, under its name. */
export type McpSession = {
  tools(isPlain: boolean): Promise<Tool[]>
  /** `value`: what an action returned, in plain mode. */
  call(name: string, input: JsonObject, options: CallOptions): Promise<{ text: string; isError: boolean; value?: Json }>
  close(): Promise<void>
}
export type CallOptions = { isPlain: boolean; signal: AbortSignal; onStep?(text: string): void }

/** Action calls that one run of a client may make. */
const mostCalls = 5_000

export function openMcpSession(deps: McpDeps, person: McpPerson, client: McpClient): McpSession {
  const { store, clock } = deps
  const ending = new AbortController()
  let agent: Promise<Agent> | null = null
  let run: WatchedRun | null = null
  let beginning: Promise<WatchedRun> | null = null
  /** The runs of this client; each goes on from the one before, so what that read stays read. */
  const own: number[] = []
  let number = 0
  const toldOf = new Set<number>()
  let made: { key: string; tools: Promise<Tool[]> } | null = null

  function agentAtWork(): Promise<Agent> {
    agent ??= agentOf(deps, person, client)
    return agent
  }

  async function current(): Promise<WatchedRun> {
    if (run && (await hasEnded(store, run.id))) {
      run.release()
      run = null
    }
    if (run) return run
    beginning ??= begin().finally(() => {
      beginning = null
    })
    run = await beginning
    return run
  }

  async function begin(): Promise<WatchedRun> {
    const { name } = await agentAtWork()
    const prompt = `(works over MCP as ${client.name} ${client.version})`.slice(0, 300)
    const begun = await beginWatchedRun(
      store,
      { agent: name, model: outsideModel, prompt, person: person.person, parentId: own.at(-1) ?? null },
      clock.now(),
    )
    own.push(begun.id)
    // What the client has read elsewhere is not known here.
    const { runs } = tables
    await store.write((db) => db.update(runs).set({ tainted: true }).where(eq(runs.id, begun.id)))
    return begun
  }

  /** The tools of a run, made once: a plain listing is long. */
  function toolsOf(runId: number, isPlain: boolean): Promise<Tool[]> {
    const key = `${runId} ${isPlain}`
    if (made?.key !== key) made = { key, tools: makeTools(runId, isPlain) }
    return made.tools
  }

  async function makeTools(runId: number, isPlain: boolean): Promise<Tool[]> {
    const whole = { agent: await agentAtWork(), person: person.person, taskId: null, leadId: null } as const
    return deps.tools({ ...whole, runId, isPlain, signal: ending.signal })
  }

  async function call(name: string, input: JsonObject, { isPlain, signal, onStep }: CallOptions) {
    const { id: runId } = await current()
    const stopped = AbortSignal.any([signal, ending.signal])
    const tools = await toolsOf(runId, isPlain)
    const tool = tools.find((one) => one.name === name)
    if (!tool) {
      const near = tools.filter((one) => !isPlain || one.name.split("_")[0] === name.split("_")[0])
      return { text: `There is no tool ${name}. ${namesOf(near.length > 0 ? near : tools)}`, isError: true }
    }
    number += 1
    const id = `mcp_${runId}_${number}`
    const asked = { role: "assistant" as const, content: [{ type: "tool_use" as const, id, name, input }] }
    await store.write((db) => addMessage(db, runId, asked, clock.now()))
    const narration = onStep ? await followed(store, runId, onStep) : null
    const result = await tool
      .run(input, { runId, signal: stopped, onProgress: onStep ?? (() => {}) })
      .catch((error: unknown): ToolResult => ({ text: messageIn(error), isError: true }))
    await narration?.close()
    const text = result.ends ? await answerText(deps, runId, result.ends.answer, result.text) : result.text
    const told = { role: "user" as const, content: [resultBlock(id, text, result.isError ?? false)] }
    await store.write((db) => addMessage(db, runId, told, clock.now()))
    const { isError = false, value } = result
    return { text: [...(await newsOf()), text].join("\n\n"), isError, ...(value === undefined ? {} : { value }) }
  }

  /** What became of questions that this client left with the person, told once. */
  async function newsOf(): Promise<string[]> {
    const decided = await decidedQuestions(store, own)
    const fresh = decided.filter(({ id }) => !toldOf.has(id))
    for (const { id } of fresh) toldOf.add(id)
    return fresh.map(({ id, answer, outcome }) => `(Question ${id} was ${answer} meanwhile. ${outcome ?? ""})`.trim())
  }

  return {
    tools: (isPlain) => toolsOf(0, isPlain),
    call,
    async close() {
      ending.abort()
      if (!run) return
      const { id } = run
      const made = await callsOf(store, id)
      const end = {
        outcome: "done",
        summary: `The client went after ${made} ${made === 1 ? "call" : "calls"}.`,
      } as const
      await store.write((db) => endRun(db, id, end, clock.now()))
      run.release()
      run = null
    },
  }
}

/** The sales agent's rights under the client's name. A client cannot take the name of an agent that works here. */
async function agentOf(deps: McpDeps, { person, readOnly }: McpPerson, client: McpClient): Promise<Agent> {
  const sales = await deps.agent("sales", person)
  const slug =
    client.name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "-")
      .replace(/^[^a-z]+|-+$/g, "")
      .slice(0, 40) || "client"
  const isOurs = await deps.agent(slug, person).then(
    () => true,
    (error: unknown) => !(error instanceof AgentNotFound),
  )
  const grant = { ...sales.grant, maxCalls: mostCalls, ...(readOnly ? { effects: ["read" as const] } : {}) }
  return { ...sales, name: isOurs ? `${slug}-outside` : slug, grant }
}

async function followed(store: Store, runId: number, onStep: (text: string) => void) {
  const { calls } = tables
  const [last] = await store.read((db) =>
    db
      .select({ id: max(calls.id) })
      .from(calls)
      .where(eq(calls.runId, runId)),
  )
  const narration = openNarration(
    store,
    { ...{ write: () => {}, endRow: () => {}, status: () => {} }, step: onStep },
    last?.id ?? 0,
  )
  narration.follow(runId)
  return narration
}

async function hasEnded(store: Store, runId: number): Promise<boolean> {
  const { runs } = tables
  const [run] = await store.read((db) => db.select({ endedAt: runs.endedAt }).from(runs).where(eq(runs.id, runId)))
  return run?.endedAt !== null
}

function decidedQuestions(store: Store, runIds: number[]): Promise<Question[]> {
  const { questions } = tables
  return store.read((db) =>
    db
      .select()
      .from(questions)
      .where(and(inArray(questions.runId, runIds), isNotNull(questions.answer))),
  )
}

async function callsOf(store: Store, runId: number): Promise<number> {
  const { calls } = tables
  const [made] = await store.read((db) => db.select({ number: count() }).from(calls).where(eq(calls.runId, runId)))
  return made?.number ?? 0
}

function namesOf(tools: Tool[]): string {
  return `There is ${tools.map(({ name }) => name).join(", ")}.`
}

function messageIn(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
