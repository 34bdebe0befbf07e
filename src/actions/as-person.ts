import { and, eq } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Click, Clicked } from "../views/port.ts"
import type { Action, Grant } from "./define.ts"
import { openGate } from "./gate.ts"
import type { Services } from "./services.ts"

type Means = { store: Store; catalogue: readonly Action<Services>[]; services: Services; clock: () => Date }

/** A person decides on each call by itself, so nothing else bounds them. */
const everyWrite: Grant = { effects: ["read", "write"], actions: null, maxCalls: Number.MAX_SAFE_INTEGER, leadId: null }

/** Makes a call as the person who wants it, through the gate; it is written down with the other calls of this view, and its changes
 * are the person's own. */
export async function callAsPerson(means: Means, { person, view, name, args, words }: Click): Promise<Clicked> {
  const { catalogue, services, clock } = means
  const { store, changed } = noting(means.store)
  const runId = await runOf(store, person, view, clock())
  const gate = openGate(catalogue, everyWrite, {
    ...{ store, services, person, runId, taskId: null, leadId: null, clock },
    author: { actor: person, kind: "edit", note: `${view.title}: ${words}` },
    promptIsForeign: false,
    settle() {},
    signal: new AbortController().signal,
  })
  const called = await gate.call(name, args, person)
  return called.kind === "done" ? { ...called, changeset: changed() } : called
}

/** The store of one click, which notes what is changed by it: the same person may change other things meanwhile. */
function noting(store: Store): { store: Store; changed(): number | null } {
  const { changes } = tables
  const noted: number[] = []
  const change: Store["change"] = async (author, work) => {
    let changeset: number | null = null
    const done = await store.change(author, async (db, id) => {
      const worked = await work(db, id)
      const [made] = await db.select({ id: changes.id }).from(changes).where(eq(changes.changesetId, id)).limit(1)
      changeset = made ? id : null
      return worked
    })
    if (changeset !== null) noted.push(changeset)
    return done
  }
  return { store: { ...store, change }, changed: () => noted[0] ?? null }
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
