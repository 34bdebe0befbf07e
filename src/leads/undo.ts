import { and, asc, desc, eq, isNull, lt } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Change, type Changeset, tables } from "../db/tables.ts"
import { followDrafts, voidApprovals } from "./undo-drafts.ts"
import { followRedirects } from "./undo-redirects.ts"
import { giveUp, takeAll } from "./undo-rows.ts"
import { type Blocked, rowsOf, stepOf, type Undo } from "./undo-steps.ts"

/** A value that undo left alone, because it was changed again afterwards or cannot come back. */
type Kept = { table: string; row: number; column: string | null; by: string; reason: string }

export type UndoPlan = {
  changeset: number
  actor: string
  kind: string
  /** Rows put back, by what is done to them. */
  restored: { updated: number; removed: number; brought_back: number }
  kept: Kept[]
  /** The changeset that the undo itself left; null for a preview, or when there was nothing to do. */
  undoneBy: number | null
}

type UndoResult = { kind: "undone"; plan: UndoPlan } | { kind: "refused"; reason: string; hint: string }

/** How many changes are looked at at a time. */
const pageSize = 500

/** Takes back everything that a changeset did, or only one change of it. What anybody changed afterwards is kept and reported. The
 * undo is a changeset of its own and can be undone. A preview does the same and takes it back. */
export async function undoChangeset(
  store: Store,
  author: Omit<Author, "kind" | "undoes">,
  id: number,
  options: { preview: boolean; change?: number },
): Promise<UndoResult> {
  const change = options.change ?? null
  const asked = await store.read((db) => askedFor(db, id, change))
  if (asked.kind === "refused") return asked
  const { changeset } = asked
  try {
    const plan = await store.change({ ...author, kind: "undo", undoes: id }, async (db, undoneBy) => {
      if (change !== null) {
        await db.update(tables.changesets).set({ undoesChange: change }).where(eq(tables.changesets.id, undoneBy))
      }
      const restored = { updated: 0, removed: 0, brought_back: 0 }
      const undo: Undo = {
        changeset,
        change,
        plan: { changeset: id, actor: changeset.actor, kind: changeset.kind, restored, kept: [], undoneBy: null },
        drafts: new Set<number>(),
        moved: new Set<number>(),
        followers: [],
        named: { leads: new Set<number>(), companies: new Set<number>() },
        taken: new Set<number>(),
      }
      await takeBack(db, undo)
      await followDrafts(db, undo)
      const [own] = await db.select().from(tables.changesets).where(eq(tables.changesets.id, undoneBy))
      if (own) {
        await followRedirects(db, undo, own.createdAt)
        await voidApprovals(db, undo, own.createdAt)
      }
      if (options.preview) throw new PreviewEnds(undo.plan)
      const hasDone = restored.updated + restored.removed + restored.brought_back > 0
      return { ...undo.plan, undoneBy: hasDone ? undoneBy : null }
    })
    return { kind: "undone", plan }
  } catch (error) {
    if (error instanceof PreviewEnds) return { kind: "undone", plan: error.plan }
    throw error
  }
}

/** Rolls a preview back. */
class PreviewEnds extends Error {
  readonly plan: UndoPlan
  constructor(plan: UndoPlan) {
    super("A preview writes nothing.")
    this.plan = plan
  }
}

async function askedFor(
  db: Db,
  id: number,
  change: number | null,
): Promise<{ kind: "open"; changeset: Changeset } | Extract<UndoResult, { kind: "refused" }>> {
  const refused = (reason: string, hint: string) => ({ kind: "refused", reason, hint }) as const
  const [changeset] = await db.select().from(tables.changesets).where(eq(tables.changesets.id, id))
  if (!changeset) return refused(`There is no changeset ${id}.`, "giant runs and giant history show the numbers.")
  if (changeset.kind === "forget")
    return refused("What was forgotten cannot be brought back.", "Nothing of it is kept.")
  const undoneBefore = await standingUndo(db, id)
  if (undoneBefore !== null) {
    const hint = `giant undo changeset:${undoneBefore} takes that back.`
    return refused(`Changeset ${id} was undone already, by changeset ${undoneBefore}.`, hint)
  }
  if (change === null) return { kind: "open", changeset }
  const { changes } = tables
  const [own] = await db
    .select({ id: changes.id })
    .from(changes)
    .where(and(eq(changes.id, change), eq(changes.changesetId, id)))
  return own
    ? { kind: "open", changeset }
    : refused(`Changeset ${id} has no change ${change}.`, "giant history shows the numbers.")
}

/** The undo of a whole changeset that has not itself been undone since. */
async function standingUndo(db: Db, id: number): Promise<number | null> {
  const { changesets } = tables
  const undos = await db
    .select({ id: changesets.id })
    .from(changesets)
    .where(and(eq(changesets.undoes, id), isNull(changesets.undoesChange)))
    .orderBy(asc(changesets.id))
  for (const undo of undos) if ((await standingUndo(db, undo.id)) === null) return undo.id
  return null
}

/** Goes through the changes from the last to the first. Steps that other rows stand against are tried again after them. */
async function takeBack(db: Db, undo: Undo): Promise<void> {
  let blocked: Blocked[] = []
  for await (const changes of pagesOf(db, undo)) {
    const steps = (await rowsOf(db, undo, changes)).map((state) => stepOf(state, undo))
    blocked.push(
      ...(await takeAll(
        db,
        steps.filter((step) => step !== null),
        undo,
      )),
    )
  }
  for (let tried = 0; tried !== blocked.length; ) {
    tried = blocked.length
    blocked = await takeAll(
      db,
      blocked.map(({ step }) => step),
      undo,
    )
  }
  for (const one of blocked) await giveUp(db, one, undo)
}

async function* pagesOf(db: Db, { changeset, change }: Undo): AsyncGenerator<Change[]> {
  const { changes } = tables
  const own = change === null ? eq(changes.changesetId, changeset.id) : eq(changes.id, change)
  let last = Number.MAX_SAFE_INTEGER
  for (;;) {
    const page = await db
      .select()
      .from(changes)
      .where(and(own, lt(changes.id, last)))
      .orderBy(desc(changes.id))
      .limit(pageSize)
    if (page.length > 0) yield page
    last = page.at(-1)?.id ?? 0
    if (page.length < pageSize) return
  }
}
