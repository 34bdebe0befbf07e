import { createHash, randomBytes } from "node:crypto"
import { and, eq, gt, isNull } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Named } from "./users.ts"

/** How long a link waits for its one use, in milliseconds. */
export const linkLasts = 24 * 60 * 60 * 1000
/** How long a token for agents holds, in milliseconds. */
export const tokenLasts = 90 * 24 * 60 * 60 * 1000
/** Shows what it is to whoever finds one where it should not be. */
const tokenPrefix = "giant_"
/** How long somebody stays signed in, in milliseconds. */
export const sessionLasts = 7 * 24 * 60 * 60 * 1000

const { sessions, users } = tables
type Session = Named & { secret: string; expiresAt: Date }

/** Makes a secret that signs somebody in once. Links made before it for the same person end. Only its hash is kept. */
export async function makeLink(store: Store, userId: number, now: Date): Promise<{ secret: string; expiresAt: Date }> {
  const secret = newSecret()
  const expiresAt = new Date(now.getTime() + linkLasts)
  await store.write(async (db) => {
    const earlier = and(eq(sessions.userId, userId), eq(sessions.kind, "link"), isNull(sessions.endedAt))
    await db.update(sessions).set({ endedAt: now.toISOString() }).where(earlier)
    await db.insert(sessions).values(row(userId, "link", secret, expiresAt, now))
  })
  return { secret, expiresAt }
}

/** Turns a link that was not used yet into a session; null where there is no such link any more. */
export async function useLink(store: Store, secret: string, now: Date): Promise<Session | null> {
  return store.write(async (db) => {
    const waiting = and(
      eq(sessions.sha256, sha256(secret)),
      eq(sessions.kind, "link"),
      isNull(sessions.endedAt),
      gt(sessions.expiresAt, now.toISOString()),
    )
    const [link] = await db.update(sessions).set({ endedAt: now.toISOString() }).where(waiting).returning()
    if (!link) return null
    const [user] = await db
      .select({ name: users.name, role: users.role })
      .from(users)
      .where(and(eq(users.id, link.userId), isNull(users.removedAt)))
    if (!user) return null
    const own = newSecret()
    const expiresAt = new Date(now.getTime() + sessionLasts)
    await db.insert(sessions).values(row(link.userId, "session", own, expiresAt, now))
    return { ...user, secret: own, expiresAt }
  })
}

/** Who is signed in by this secret; null where the session ended or never was. */
export function sessionUser(store: Store, secret: string, now: Date): Promise<Named | null> {
  return userBy(store, "session", secret, now)
}

async function userBy(store: Store, kind: "session" | "token", secret: string, now: Date): Promise<Named | null> {
  const [user] = await store.read((db) =>
    db
      .select({ name: users.name, role: users.role })
      .from(sessions)
      .innerJoin(users, eq(users.id, sessions.userId))
      .where(
        and(
          eq(sessions.sha256, sha256(secret)),
          eq(sessions.kind, kind),
          isNull(sessions.endedAt),
          gt(sessions.expiresAt, now.toISOString()),
          isNull(users.removedAt),
        ),
      ),
  )
  return user ?? null
}

/** Makes a token by which an agent of somebody's works on their behalf, until it is taken back. Only its hash is kept. */
export async function makeToken(store: Store, userId: number, now: Date): Promise<string> {
  const secret = `${tokenPrefix}${newSecret()}`
  const expiresAt = new Date(now.getTime() + tokenLasts)
  await store.write((db) => db.insert(sessions).values(row(userId, "token", secret, expiresAt, now)))
  return secret
}

/** Whose token this is; null where it has ended or never was one. */
export function tokenUser(store: Store, secret: string, now: Date): Promise<Named | null> {
  return userBy(store, "token", secret, now)
}

/** Signs out. */
export async function endSession(store: Store, secret: string, now: Date): Promise<void> {
  await store.write(async (db) =>
    db
      .update(sessions)
      .set({ endedAt: now.toISOString() })
      .where(and(eq(sessions.sha256, sha256(secret)), isNull(sessions.endedAt))),
  )
}

/** Ends every link and session of somebody. */
export async function endSessionsOf(store: Store, userId: number, now: Date): Promise<void> {
  await store.write(async (db) =>
    db
      .update(sessions)
      .set({ endedAt: now.toISOString() })
      .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt))),
  )
}

function row(userId: number, kind: "link" | "session" | "token", secret: string, expiresAt: Date, now: Date) {
  const times = { expiresAt: expiresAt.toISOString(), createdAt: now.toISOString() }
  return { userId, kind, sha256: sha256(secret), ...times }
}

/** 256 bits, as they stand in a link or a cookie. */
function newSecret(): string {
  return randomBytes(32).toString("base64url")
}

function sha256(secret: string): string {
  return createHash("sha256").update(secret).digest("hex")
}
