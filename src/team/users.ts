import { and, asc, eq, isNull, sql } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import type { roles } from "../db/tables/team.ts"
import { tables, type User } from "../db/tables.ts"

export type Role = (typeof roles)[number]
export type Named = Pick<User, "name" | "role">
export type Changed = { kind: "changed"; user: User } | { kind: "refused"; reason: string }

const { users } = tables
/** What a name may be: it stands in the journal, on the board and on the command line. */
const nameShape = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._'-]{0,62}$/u

/** Takes somebody into the team, or gives a role to who is in it already. Somebody who was removed comes back. `systemName` is their
 * user name on this machine. */
export async function putUser(
  store: Store,
  author: Author,
  user: { name: string; role: Role; systemName?: string | undefined },
  now: Date,
): Promise<Changed> {
  const name = user.name.normalize("NFC").trim()
  if (!nameShape.test(name)) {
    return { kind: "refused", reason: "A name has at most 63 letters, digits, spaces, dots, hyphens and apostrophes." }
  }
  return store.change(author, async (db): Promise<Changed> => {
    const { role, systemName } = user
    if (systemName !== undefined) {
      await db.update(users).set({ systemName: null }).where(eq(users.systemName, systemName))
    }
    const set = { role, removedAt: null, ...(systemName !== undefined && { systemName }) }
    const [changed] = await db.update(users).set(set).where(eq(users.name, name)).returning()
    if (changed) return { kind: "changed", user: changed }
    const [added] = await db
      .insert(users)
      .values({ name, ...set, createdAt: now.toISOString() })
      .returning()
    return added ? { kind: "changed", user: added } : { kind: "refused", reason: `${name} could not be stored.` }
  })
}

/** Takes somebody out of the team; what they did stays under their name. Their sessions are ended by `endSessionsOf`. */
export async function removeUser(store: Store, author: Author, name: string, now: Date): Promise<Changed> {
  return store.change(author, async (db): Promise<Changed> => {
    const here = and(eq(users.name, name), isNull(users.removedAt))
    const [user] = await db.update(users).set({ removedAt: now.toISOString() }).where(here).returning()
    return user ? { kind: "changed", user } : { kind: "refused", reason: `Nobody in the team is called ${name}.` }
  })
}

/** The team, in the order in which they came. */
export function listUsers(store: Store): Promise<User[]> {
  return store.read((db) => db.select().from(users).where(isNull(users.removedAt)).orderBy(asc(users.id)))
}

export async function userNamed(store: Store, name: string): Promise<User | null> {
  const [user] = await store.read((db) =>
    db
      .select()
      .from(users)
      .where(and(eq(users.name, name), isNull(users.removedAt))),
  )
  return user ?? null
}

/** Whom the team knows a user of this machine as; else that user's own name, with every right, because who has the machine has the
 * database. */
export async function memberOnMachine(store: Store, systemName: string): Promise<Named> {
  const [user] = await store.rows<Named>(onMachine, { systemName })
  return user ?? { name: systemName, role: "admin" }
}

/** Kept, because every request asks who it is. */
const onMachine = sql`
  SELECT ${users.name} AS name, ${users.role} AS role FROM ${users}
  WHERE ${users.systemName} = ${sql.placeholder("systemName")} AND ${users.removedAt} IS NULL`
