import { and, desc, eq, isNotNull, isNull, max, or, sql } from "drizzle-orm"
import type { JsonObject } from "../db/json.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { tables, type View, type ViewVersion } from "../db/tables.ts"
import { type Manifest, manifest as manifestShape } from "./manifest.ts"

/** A view that was checked, as it is kept. */
type CheckedView = {
  manifest: Manifest
  rights: string[]
  /** What was asked for. */
  prompt: string | null
  runId: number | null
}
/** A view in the version that a person sees. */
export type SeenView = { view: View; version: ViewVersion; manifest: Manifest; isOwner: boolean }
export type Changed = { kind: "changed"; version: number } | { kind: "refused"; reason: string }

const { views, viewVersions } = tables

/** Keeps a view, private to its owner. Returns its id. */
export async function makeView(
  store: Store,
  author: Author,
  owner: string,
  checked: CheckedView,
  now: Date,
): Promise<number> {
  const at = now.toISOString()
  return store.change(author, async (db) => {
    const [view] = await db
      .insert(views)
      .values({ owner, title: checked.manifest.title, createdAt: at, updatedAt: at })
      .returning({ id: views.id })
    if (!view) throw new Error("The database made no row for a view.")
    await addVersion(db, view.id, 1, checked, at)
    // Who asked for it agrees to what it may do; what a later version may do besides, they are asked.
    await db
      .insert(tables.viewStates)
      .values({ viewId: view.id, person: owner, state: {}, agreed: checked.rights, updatedAt: at })
    return view.id
  })
}

/** Adds a version, which its owner sees from now on. What was shared stays the version that was shared. */
export async function changeView(
  store: Store,
  author: Author,
  person: string,
  id: number,
  checked: CheckedView,
  now: Date,
): Promise<Changed> {
  const at = now.toISOString()
  return store.change(author, async (db): Promise<Changed> => {
    const view = await ownView(db, person, id)
    if (!view) return { kind: "refused", reason: `There is no view ${id} of yours. Make one with views.make.` }
    const [newest] = await db
      .select({ version: max(viewVersions.version) })
      .from(viewVersions)
      .where(eq(viewVersions.viewId, id))
    const version = (newest?.version ?? 0) + 1
    await addVersion(db, id, version, checked, at)
    await db.update(views).set({ version, title: checked.manifest.title, updatedAt: at }).where(eq(views.id, id))
    return { kind: "changed", version }
  })
}

/** A view as this person sees it: their own in its present version or in the one they name, another's as it was shared. */
export async function seeView(store: Store, person: string, id: number, asked?: number): Promise<SeenView | null> {
  return store.read(async (db) => {
    const [view] = await db
      .select()
      .from(views)
      .where(and(eq(views.id, id), isNull(views.removedAt)))
    if (!view) return null
    const isOwner = view.owner === person
    const number = isOwner ? (asked ?? view.version) : view.sharedVersion
    if (number === null) return null
    const [version] = await db
      .select()
      .from(viewVersions)
      .where(and(eq(viewVersions.viewId, id), eq(viewVersions.version, number)))
    return version ? { view, version, manifest: manifestShape.parse(wholeManifest(version)), isOwner } : null
  })
}

/** The person's own views and those that are shared, the newest first. */
export async function listViews(store: Store, person: string): Promise<View[]> {
  return store.read((db) =>
    db
      .select()
      .from(views)
      .where(and(isNull(views.removedAt), or(eq(views.owner, person), isNotNull(views.sharedVersion))))
      .orderBy(desc(views.updatedAt), desc(views.id))
      .limit(200),
  )
}

/** Shared views that stand in everybody's navigation. */
export async function viewsInNavigation(store: Store): Promise<{ id: number; title: string }[]> {
  return store.rows(navigation)
}

/** Kept, because every page asks for it. */
const navigation = sql`
  SELECT ${views.id} AS id, ${views.title} AS title FROM ${views}
  WHERE ${views.removedAt} IS NULL AND ${eq(views.inNavigation, true)} AND ${views.sharedVersion} IS NOT NULL
  ORDER BY ${views.id} LIMIT 8`

export async function versionsOf(store: Store, id: number): Promise<Omit<ViewVersion, "html" | "manifest">[]> {
  const { id: row, viewId, version, kind, rights, prompt, runId, createdAt } = viewVersions
  return store.read((db) =>
    db
      .select({ id: row, viewId, version, kind, rights, prompt, runId, createdAt })
      .from(viewVersions)
      .where(eq(viewVersions.viewId, id))
      .orderBy(desc(version)),
  )
}

/** Lets everybody see one version of a view; null takes it back. Sharing is a person's deed: the author is its owner. */
export async function shareView(
  store: Store,
  author: Author,
  id: number,
  shared: { version: number | null; inNavigation: boolean },
  now: Date,
): Promise<Changed> {
  return changeOwn(store, author, id, now, async (db) => {
    const { version } = shared
    if (version !== null && !(await hasVersion(db, id, version))) return `View ${id} has no version ${version}.`
    return { sharedVersion: version, inNavigation: version !== null && shared.inNavigation }
  })
}

/** Goes back, or forward, to a version that there is. */
export async function chooseVersion(store: Store, author: Author, id: number, version: number, now: Date) {
  return changeOwn(store, author, id, now, async (db) => {
    const title = await titleOf(db, id, version)
    return title === null ? `View ${id} has no version ${version}.` : { version, title }
  })
}

/** Takes a view away, for everybody. Undo brings it back. */
export async function removeView(store: Store, author: Author, id: number, now: Date): Promise<Changed> {
  return changeOwn(store, author, id, now, async () => ({ removedAt: now.toISOString() }))
}

async function changeOwn(
  store: Store,
  author: Author,
  id: number,
  now: Date,
  change: (db: Db) => Promise<Partial<View> | string>,
): Promise<Changed> {
  if (!author.actor.startsWith("human:")) return { kind: "refused", reason: "A person does this, in the viewer." }
  return store.change(author, async (db): Promise<Changed> => {
    const view = await ownView(db, author.actor, id)
    if (!view) return { kind: "refused", reason: `There is no view ${id} of yours.` }
    const changed = await change(db)
    if (typeof changed === "string") return { kind: "refused", reason: changed }
    await db
      .update(views)
      .set({ ...changed, updatedAt: now.toISOString() })
      .where(eq(views.id, id))
    return { kind: "changed", version: changed.version ?? view.version }
  })
}

async function ownView(db: Db, person: string, id: number): Promise<View | null> {
  const [view] = await db
    .select()
    .from(views)
    .where(and(eq(views.id, id), eq(views.owner, person), isNull(views.removedAt)))
  return view ?? null
}

async function addVersion(db: Db, viewId: number, version: number, checked: CheckedView, createdAt: string) {
  const { manifest, rights, prompt, runId } = checked
  const { html, ...rest } = manifest
  const kept: JsonObject = JSON.parse(JSON.stringify(rest))
  const kind = html === undefined ? "declared" : "html"
  await db
    .insert(viewVersions)
    .values({ viewId, version, kind, manifest: kept, html: html ?? null, rights, prompt, runId, createdAt })
}

async function hasVersion(db: Db, id: number, version: number): Promise<boolean> {
  return (await titleOf(db, id, version)) !== null
}

async function titleOf(db: Db, id: number, version: number): Promise<string | null> {
  const [found] = await db
    .select({ manifest: viewVersions.manifest })
    .from(viewVersions)
    .where(and(eq(viewVersions.viewId, id), eq(viewVersions.version, version)))
  return found ? String(found.manifest.title) : null
}

/** As it was made; the HTML stands in a column of its own. */
function wholeManifest({ manifest, html }: ViewVersion): JsonObject {
  return html === null ? manifest : { ...manifest, html }
}
