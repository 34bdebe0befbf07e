import { and, desc, eq, gte, inArray, isNull } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Changeset, tables } from "../db/tables.ts"
import { type UndoPlan, undoChangeset } from "../leads/undo.ts"

/** What came of taking back a turn, changeset by changeset, the newest first. */
type Undone = { kind: "undone"; plan: UndoPlan } | { kind: "refused"; reason: string }

/** Takes back what a turn changed, and the runs that it asked; what was changed since is kept and said. Empty: it has changed nothing. */
export async function undoTurn(store: Store, person: string, runId: number): Promise<Undone[]> {
  const undone: Undone[] = []
  for (const { id } of await changesetsOf(store, runId)) {
    const result = await undoChangeset(store, { actor: person }, id, { preview: false })
    undone.push(
      result.kind === "refused" ? { kind: "refused", reason: result.reason } : { kind: "undone", plan: result.plan },
    )
  }
  return undone
}

/** Whether a turn changed anything, and whether that stands. */
export async function stateOfChanges(store: Store, runId: number): Promise<"none" | "standing" | "undone"> {
  const made = await changesetsOf(store, runId)
  if (made.length === 0) return "none"
  const undoing = await undoneSince(store, made, "")
  return made.every(({ id }) => undoing.some(({ undoes }) => undoes === id)) ? "undone" : "standing"
}

/** What the agent is to be told before a conversation goes on: what was undone since its last turn. */
export async function newsFor(store: Store, after: number): Promise<string[]> {
  const { runs } = tables
  const news: string[] = []
  const [last] = await store.read((db) => db.select().from(runs).where(eq(runs.id, after)))
  for (let id: number | null = after; id !== null; ) {
    const asked: number = id
    const [turn] = await store.read((db) => db.select().from(runs).where(eq(runs.id, asked)))
    if (!turn) break
    const undone = await undoneSince(store, await changesetsOf(store, turn.id), last?.endedAt ?? "")
    if (undone.length > 0) news.push(`(Since then I have undone what run ${turn.id} of yours had changed.)`)
    id = turn.parentId
  }
  return news
}

/** Changesets of a run and of the runs that it asked, the newest first. */
async function changesetsOf(store: Store, runId: number): Promise<Changeset[]> {
  const { runs, changesets } = tables
  return store.read(async (db) => {
    const [own] = await db.select().from(runs).where(eq(runs.id, runId))
    const family = [runId]
    for (let asking = [runId]; asking.length > 0; ) {
      const children = await db.select().from(runs).where(inArray(runs.parentId, asking))
      // A run that began after this one's end is the conversation's next turn.
      asking = children.filter((run) => !own?.endedAt || run.startedAt < own.endedAt).map((run) => run.id)
      family.push(...asking)
    }
    return db.select().from(changesets).where(inArray(changesets.runId, family)).orderBy(desc(changesets.id))
  })
}

/** Changesets that undo some of these and have not been undone themselves. */
async function undoneSince(store: Store, made: Changeset[], since: string): Promise<Changeset[]> {
  const { changesets } = tables
  if (made.length === 0) return []
  const ids = made.map(({ id }) => id)
  const undoing = await store.read((db) =>
    db
      .select()
      .from(changesets)
      .where(and(inArray(changesets.undoes, ids), isNull(changesets.undoesChange), gte(changesets.createdAt, since))),
  )
  const takenBack = await undoneTwice(store, undoing)
  return undoing.filter(({ id }) => !takenBack.has(id))
}

async function undoneTwice(store: Store, undoing: Changeset[]): Promise<Set<number | null>> {
  const { changesets } = tables
  const ids = undoing.map(({ id }) => id)
  const rows = await store.read((db) => db.select().from(changesets).where(inArray(changesets.undoes, ids)))
  return new Set(rows.map(({ undoes }) => undoes))
}
