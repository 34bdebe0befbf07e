import { and, eq, or, sql } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import { type Bookmark, tables } from "../db/tables.ts"

/** As it is shown. `isShared` is 0 or 1. */
export type Named = Pick<Bookmark, "id" | "owner" | "name" | "path"> & { isShared: number }
type Kept = { kind: "kept"; bookmark: Bookmark } | { kind: "refused"; reason: string }

const { bookmarks } = tables
/** More than this would be no help to anybody. */
const most = 100

/** Keeps a page with its whole state under a name, for its owner or for all. One's own with the same name is replaced. */
export async function keepBookmark(
  store: Store,
  author: Author,
  { name, path, isShared }: Pick<Bookmark, "name" | "path" | "isShared">,
  now: Date,
): Promise<Kept> {
  const owner = author.actor
  return store.change(author, async (db): Promise<Kept> => {
    const own = await db
      .select({ id: bookmarks.id, name: bookmarks.name })
      .from(bookmarks)
      .where(eq(bookmarks.owner, owner))
    const before = own.find((one) => one.name === name)
    if (before) {
      const [changed] = await db
        .update(bookmarks)
        .set({ path, isShared })
        .where(eq(bookmarks.id, before.id))
        .returning()
      if (changed) return { kind: "kept", bookmark: changed }
    }
    if (own.length >= most) return { kind: "refused", reason: `You have ${most} bookmarks already.` }
    const [added] = await db
      .insert(bookmarks)
      .values({ owner, name, path, isShared, createdAt: now.toISOString() })
      .returning()
    if (!added) throw new Error("The database made no row for a bookmark.")
    return { kind: "kept", bookmark: added }
  })
}

/** Removes a bookmark: one's own, or as an admin anybody's that is for all. Returns whether there was such a one. */
export async function removeBookmark(store: Store, author: Author, id: number, isAdmin: boolean): Promise<boolean> {
  const own = eq(bookmarks.owner, author.actor)
  const mine = isAdmin ? or(own, eq(bookmarks.isShared, true)) : own
  return store.change(author, async (db) => {
    const removed = await db
      .delete(bookmarks)
      .where(and(eq(bookmarks.id, id), mine))
      .returning({ id: bookmarks.id })
    return removed.length > 0
  })
}

/** A person's bookmarks and those that are for all. */
export function listBookmarks(store: Store, owner: string): Promise<Named[]> {
  return store.rows<Named>(listing, { owner })
}

/** Kept, because every table asks for them. */
const listing = sql`
  SELECT ${bookmarks.id} AS id, ${bookmarks.owner} AS owner, ${bookmarks.name} AS name, ${bookmarks.path} AS path,
    ${bookmarks.isShared} AS "isShared"
  FROM ${bookmarks} WHERE ${bookmarks.owner} = ${sql.placeholder("owner")} OR ${bookmarks.isShared} = 1
  ORDER BY ${bookmarks.name}, ${bookmarks.id}`
