import { and, asc, eq } from "drizzle-orm"
import { afterAll, onTestFinished } from "vitest"
import { catalogue } from "../../src/actions/catalogue.ts"
import { type Checker, openChecker } from "../../src/actions/check.ts"
import { declarationsOf } from "../../src/actions/declarations.ts"
import type { Action, ActionContext, Grant, Settled } from "../../src/actions/define.ts"
import { type Gate, openGate } from "../../src/actions/gate.ts"
import { checkingOf } from "../../src/actions/offering.ts"
import type { Read, Services } from "../../src/actions/services.ts"
import type { ModelTool, ToolDeps, ToolResult } from "../../src/actions/tool.ts"
import { modelTools } from "../../src/actions/tools.ts"
import { hiddenTables } from "../../src/actions/work.ts"
import type { Adapter } from "../../src/browser/sites/adapter.ts"
import { adapterFor } from "../../src/browser/sites/route.ts"
import type { JsonObject } from "../../src/db/json.ts"
import { openQueries } from "../../src/db/sql.ts"
import { openStore, type Store } from "../../src/db/store.ts"
import { type Call, type Run, tables } from "../../src/db/tables.ts"
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts"
import { hiddenFromViews } from "../../src/views/asking.ts"
import { quickFolder } from "../quick-store.ts"

export const now = new Date("2026-11-03T10:00:00.000Z")
export const everything: Grant = { effects: ["read", "write", "browse"], actions: null, maxCalls: 1_000, leadId: null }

/** What the invented web says of an address. */
export type Page = { fields: JsonObject; quotes?: JsonObject; text?: string }

export type Bench = {
  store: Store
  runId: number
  gate: Gate
  context: ActionContext<Services>
  deps: ToolDeps
  /** Every address that was asked for. */
  opened: string[]
  settled: Settled[]
  execute(code: string): Promise<ToolResult>
  search(input: JsonObject): Promise<ToolResult>
  isTainted(): Promise<boolean>
  calls(): Promise<Call[]>
}

/** One sandbox and one type checker for all tests of a file. */
export function machines(): { sandbox: Sandbox; checker: Checker } {
  const sandbox = openSandbox({ workers: 2 })
  const checker = openChecker(declarationsOf(catalogue), { checking: 120_000, loading: 120_000 })
  afterAll(async () => {
    await sandbox.close()
    await checker.close()
  })
  return { sandbox, checker }
}

export function newStore(): Store {
  const { path, remove } = quickFolder()
  const store = openStore(path, () => now)
  onTestFinished(async () => {
    await store.close()
    remove()
  })
  return store
}

/** A run with its gate and tools, on a real store and an invented web. */
export async function openBench(
  { sandbox, checker }: { sandbox: Sandbox; checker: Checker },
  options: {
    store?: Store
    grant?: Partial<Grant>
    pages?: Record<string, Page>
    catalogue?: readonly Action<Services>[]
    run?: Partial<Run>
    promptIsForeign?: boolean
    skillFolders?: string[]
  } = {},
): Promise<Bench> {
  const { store = newStore(), pages = {}, catalogue: actions = catalogue } = options
  const grant = { ...everything, ...options.grant }
  const runId = await newRun(store, { leadId: grant.leadId, ...options.run })
  const queries = openQueries(store.place, hiddenTables)
  const queriesOfViews = openQueries(store.place, hiddenFromViews)
  onTestFinished(() => {
    queries.close()
    queriesOfViews.close()
  })
  const opened: string[] = []
  const settled: Settled[] = []
  const context: ActionContext<Services> = {
    store,
    services: {
      read: async (url, { runId, as }) => {
        opened.push(url)
        const page = pages[new URL(url).hostname + new URL(url).pathname.replace(/\/$/, "")]
        return readPage(store, adapterFor(url, as), url, page, runId)
      },
      snapshot: async () => ({ kind: "refused", reason: "Pages of this test have no outline." }),
      sources: noSources,
      query: (text) => queries.ask(text, 1_000),
      ask: async (asked) => {
        const run = await newRun(store, { parentId: runId })
        return { kind: "answered", run, text: `Asked ${asked.agent}.`, shown: null }
      },
      skillFolders: options.skillFolders ?? [],
      views: checkingOf(actions, grant, { queries: queriesOfViews, tryHtml: async () => [] }),
    },
    author: { actor: "agent:tester", kind: "run", runId },
    runId,
    person: "human:ada",
    taskId: options.run?.taskId ?? null,
    leadId: grant.leadId,
    promptIsForeign: options.promptIsForeign ?? false,
    settle: (one) => settled.push(one),
    clock: () => now,
    signal: new AbortController().signal,
  }
  const gate = openGate(actions, grant, context)
  const deps: ToolDeps = { catalogue: actions, gate, sandbox, checker, context, isSettled: () => settled.length > 0 }
  const [execute, search] = modelTools(deps)
  return {
    ...{ store, runId, gate, context, deps, opened, settled },
    execute: (code) => use(execute, { code }),
    search: (input) => use(search, input),
    isTainted: async () => (await runRow(store, runId)).tainted,
    calls: () =>
      store.read((db) =>
        db.select().from(tables.calls).where(eq(tables.calls.runId, runId)).orderBy(asc(tables.calls.id)),
      ),
  }
}

export async function newRun(store: Store, run: Partial<Run> = {}): Promise<number> {
  const [row] = await store.write((db) =>
    db
      .insert(tables.runs)
      .values({
        agent: "tester",
        model: "none",
        prompt: "Do it.",
        person: "human:ada",
        startedAt: now.toISOString(),
        ...run,
      })
      .returning({ id: tables.runs.id }),
  )
  return row?.id ?? 0
}

export async function runRow(store: Store, id: number): Promise<Run> {
  const [row] = await store.read((db) => db.select().from(tables.runs).where(eq(tables.runs.id, id)))
  if (!row) throw new Error(`There is no run ${id}.`)
  return row
}

/** What a run changed in the journalled tables, as `table row column`. */
export async function changedBy(
  store: Store,
  runId: number,
): Promise<{ table: string; row: number; after: JsonObject }[]> {
  const { changes, changesets } = tables
  const rows = await store.read((db) =>
    db
      .select({ table: changes.tableName, row: changes.rowId, after: changes.after })
      .from(changes)
      .innerJoin(changesets, and(eq(changesets.id, changes.changesetId), eq(changesets.runId, runId))),
  )
  return rows.map(({ after, ...rest }) => ({ ...rest, after: after ?? {} }))
}

export async function use(tool: ModelTool | undefined, input: JsonObject): Promise<ToolResult> {
  if (!tool) throw new Error("There is no such tool.")
  return tool.run(input, { signal: new AbortController().signal })
}

/** No data beside the browser. */
const noSources: Services["sources"] = {
  ...{ sources: [], off: [], resolver: null },
  takeCall: async () => ({ kind: "spent" }),
  pay: async () => ({ kind: "paid" }),
}

/** Keeps evidence as the reader does. */
async function readPage(
  store: Store,
  adapter: Adapter | null,
  url: string,
  page: Page | undefined,
  runId: number,
): Promise<Read> {
  if (!adapter) return { kind: "refused", reason: `${url} is no address of a page that can be read.` }
  if (!page) return { kind: "parked", reason: "That page is not part of this test.", until: null }
  const { fields, quotes = {}, text = Object.values({ ...fields, ...quotes }).join("\n") } = page
  const shared = { url: adapter.address(new URL(url)), kind: adapter.page, title: null, text, reason: null }
  const [row] = await store.write((db) =>
    db
      .insert(tables.evidence)
      .values({
        ...shared,
        ...{ sha256: "", capturedAt: now.toISOString(), outcome: "found", finalUrl: url, runId },
        reading: { fields, quotes },
      })
      .returning({ id: tables.evidence.id }),
  )
  const reading = { url: shared.url, page: adapter.page, title: null, text, reason: null, hooks: {}, quotes }
  return { kind: "read", reading: { ...reading, kind: "found", fields }, evidenceId: row?.id ?? 0 }
}
