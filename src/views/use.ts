import { and, eq, sql } from "drizzle-orm"
import { type JsonObject, jsonText } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

/** What a view keeps for a person. */
export type ViewUse = { state: JsonObject; agreed: string[] }

/** Characters of what a view keeps for a person. */
export const mostState = 20_000

const { viewStates, viewActs } = tables

/** What this person left in the view, and what they agreed to that it may do. */
export async function useOf(store: Store, viewId: number, person: string): Promise<ViewUse> {
  const [use] = await store.read((db) =>
    db
      .select({ state: viewStates.state, agreed: viewStates.agreed })
      .from(viewStates)
      .where(and(eq(viewStates.viewId, viewId), eq(viewStates.person, person))),
  )
  return use ?? { state: {}, agreed: [] }
}

export async function keepUse(
  store: Store,
  viewId: number,
  person: string,
  use: Partial<ViewUse>,
  now: Date,
): Promise<void> {
  const updatedAt = now.toISOString()
  await store.write((db) =>
    db
      .insert(viewStates)
      .values({ viewId, person, state: use.state ?? {}, agreed: use.agreed ?? [], updatedAt })
      .onConflictDoUpdate({ target: [viewStates.viewId, viewStates.person], set: { ...use, updatedAt } }),
  )
}

/** Rights that a person has not agreed to. What was agreed to once need not be asked again. */
export function notAgreed(rights: string[], { agreed }: ViewUse): string[] {
  return rights.filter((right) => !agreed.includes(right))
}

/** taken: nobody has done this before. done: it was, with this outcome. unknown: whether it was done is not known. */
type Claimed = { kind: "taken"; id: number } | { kind: "done"; outcome: JsonObject } | { kind: "unknown" }

/** Takes a key for one act. A key is used once, so that what is sent twice is done once. */
export async function claimAct(
  store: Store,
  act: { viewId: number; person: string; key: string; action: string },
  now: Date,
): Promise<Claimed> {
  return store.write(async (db): Promise<Claimed> => {
    const [made] = await db
      .insert(viewActs)
      .values({ ...act, createdAt: now.toISOString() })
      .onConflictDoNothing()
      .returning({ id: viewActs.id })
    if (made) return { kind: "taken", id: made.id }
    const { viewId, person, key } = act
    const [before] = await db
      .select({ outcome: viewActs.outcome })
      .from(viewActs)
      .where(and(eq(viewActs.viewId, viewId), eq(viewActs.person, person), eq(viewActs.key, key)))
    return before?.outcome ? { kind: "done", outcome: before.outcome } : { kind: "unknown" }
  })
}

/** Gives a key back: what was not begun may be sent again, corrected. */
export async function releaseAct(store: Store, id: number): Promise<void> {
  await store.write((db) => db.delete(viewActs).where(eq(viewActs.id, id)))
}

/** Whether it was a click of this person in this view that made a changeset. */
export async function isOfAct(store: Store, viewId: number, person: string, changeset: number): Promise<boolean> {
  const made = sql`cast(${jsonText(viewActs.outcome, "changeset")} as text) = ${String(changeset)}`
  const found = await store.read((db) =>
    db
      .select({ id: viewActs.id })
      .from(viewActs)
      .where(and(eq(viewActs.viewId, viewId), eq(viewActs.person, person), made))
      .limit(1),
  )
  return found.length > 0
}

export async function settleAct(store: Store, id: number, outcome: JsonObject): Promise<void> {
  await store.write((db) => db.update(viewActs).set({ outcome }).where(eq(viewActs.id, id)))
}
