import { and, asc, desc, eq, isNull, lte, or } from "drizzle-orm"
import { alias } from "drizzle-orm/sqlite-core"
import type { Store } from "../db/store.ts"
import { type Run, tables } from "../db/tables.ts"

/** Several turns, each going on from one before. Its number is that of its first turn. */
export type Conversation = { id: number; turns: Run[] }

/** How many turns a history looks back. */
const lookedBack = 400

/** A person's turns, the newest first: runs of the sales agent that no other run has asked. */
export async function lastTurns(store: Store, person: string, limit: number): Promise<Run[]> {
  const { runs } = tables
  const parent = alias(runs, "parent")
  const rows = await store.read((db) =>
    db
      .select({ run: runs })
      .from(runs)
      .leftJoin(parent, eq(parent.id, runs.parentId))
      .where(
        and(
          eq(runs.agent, "sales"),
          eq(runs.person, person),
          isNull(runs.taskId),
          or(isNull(runs.parentId), lte(parent.endedAt, runs.startedAt)),
        ),
      )
      .orderBy(desc(runs.id))
      .limit(limit),
  )
  return rows.map(({ run }) => run)
}

/** A person's conversations, the one with the newest turn first. */
export async function conversationsOf(store: Store, person: string, limit: number): Promise<Conversation[]> {
  const turns = (await lastTurns(store, person, lookedBack)).toReversed()
  const rootOf = new Map<number, number>()
  for (const { id, parentId } of turns) rootOf.set(id, (parentId !== null && rootOf.get(parentId)) || id)
  const grouped = Map.groupBy(turns, ({ id }) => rootOf.get(id) ?? id)
  return [...grouped]
    .map(([id, turns]) => ({ id, turns }))
    .sort((one, other) => (other.turns.at(-1)?.id ?? 0) - (one.turns.at(-1)?.id ?? 0))
    .slice(0, limit)
}

/** The whole conversation that a person's turn belongs to; null where there is none, or it is somebody else's. */
export async function conversationWith(store: Store, person: string, turn: number): Promise<Conversation | null> {
  const first = await firstTurn(store, person, turn)
  if (!first) return null
  const turns = [first]
  for (let asked = [first]; asked.length > 0; ) {
    const next: Run[] = []
    for (const one of asked) next.push(...(await goingOnFrom(store, person, one)))
    turns.push(...next)
    asked = next
  }
  return { id: first.id, turns: turns.sort((one, other) => one.id - other.id) }
}

/** Whether a turn was killed or stopped in the middle, so that it can go on by itself. */
export function isBrokenOff(turn: Run): boolean {
  return turn.outcome === "interrupted" || turn.outcome === "aborted"
}

async function firstTurn(store: Store, person: string, turn: number): Promise<Run | null> {
  const { runs } = tables
  let found: Run | null = null
  for (let id: number | null = turn; id !== null; id = found.parentId) {
    const asked: number = id
    const [run]: Run[] = await store.read((db) => db.select().from(runs).where(eq(runs.id, asked)))
    if (run?.agent !== "sales" || run.person !== person || run.taskId !== null) return null
    if (found && (run.endedAt === null || run.endedAt > found.startedAt)) return null
    found = run
  }
  return found
}

async function goingOnFrom(store: Store, person: string, turn: Run): Promise<Run[]> {
  const { runs } = tables
  const { endedAt } = turn
  if (endedAt === null) return []
  const found = await store.read((db) =>
    db
      .select()
      .from(runs)
      .where(and(eq(runs.parentId, turn.id), eq(runs.agent, "sales"), eq(runs.person, person)))
      .orderBy(asc(runs.id)),
  )
  return found.filter((run) => run.startedAt >= endedAt)
}
