import { and, eq } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Click } from "../views/port.ts"
import type { Action, Grant } from "./define.ts"
import { type Called, openGate } from "./gate.ts"
import type { Services } from "./services.ts"

type Means = { store: Store; catalogue: readonly Action<Services>[]; services: Services; clock: () => Date }

/** A person decides on each call by itself, so nothing else bounds them. */
const everyWrite: Grant = { effects: ["read", "write"], actions: null, maxCalls: Number.MAX_SAFE_INTEGER, leadId: null }

/** Makes a call as the person who wants it, through the gate; it is written down with the other calls of this view, and its changes
 * are the person's own. */
export async function callAsPerson(means: Means, { person, view, name, args, words }: Click): Promise<Called> {
  const { store, catalogue, services, clock } = means
  const runId = await runOf(store, person, view, clock())
  const gate = openGate(catalogue, everyWrite, {
    ...{ store, services, person, runId, taskId: null, leadId: null, clock },
    author: { actor: person, kind: "edit", note: `${view.title}: ${words}` },
    promptIsForeign: false,
    settle() {},
    signal: new AbortController().signal,
  })
  return gate.call(name, args, person)
}

/** The run that keeps what one person does in one view. No model works in it, so it is never under way. */
async function runOf(store: Store, person: string, view: Click["view"], now: Date): Promise<number> {
  const { runs } = tables
  const agent = `view:${view.id}`
  const at = now.toISOString()
  return store.write(async (db) => {
    const [before] = await db
      .select({ id: runs.id })
      .from(runs)
      .where(and(eq(runs.agent, agent), eq(runs.person, person)))
      .limit(1)
    if (before) return before.id
    const run = { agent, model: "none", prompt: view.title, person, startedAt: at, endedAt: at }
    const [made] = await db
      .insert(runs)
      .values({ ...run, outcome: "done" as const, summary: "What was clicked in a view." })
      .returning({ id: runs.id })
    if (!made) throw new Error("The database made no row for a run.")
    return made.id
  })
}
