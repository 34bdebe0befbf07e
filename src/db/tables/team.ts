import type { Columns } from "../columns.ts"

export const roles = ["viewer", "member", "admin"] as const

/** Who works here, and what they keep. */
export function teamTables(c: Columns) {
  return {
    users: c.table(
      "users",
      {
        id: c.id(),
        /** As the board and the journal call them: the actor is `human:` and this. */
        name: c.text("name").notNull(),
        role: c.choice("role", roles).notNull(),
        /** The operating system's user who is this person at the command line. */
        systemName: c.text("system_name"),
        removedAt: c.time("removed_at"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("users_name").on(t.name)],
    ),

    /** One-time links, the sessions that they became, and tokens for agents; of their secrets, only SHA-256 as lower-case hex. */
    sessions: c.table(
      "sessions",
      {
        id: c.id(),
        userId: c.integer("user_id").notNull(),
        kind: c.choice("kind", ["link", "session", "token"]).notNull(),
        sha256: c.text("sha256").notNull(),
        expiresAt: c.time("expires_at").notNull(),
        /** A link that was used, a session that was ended. */
        endedAt: c.time("ended_at"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("sessions_sha256").on(t.sha256), c.index("sessions_user").on(t.userId)],
    ),

    /** Saved states of a table. */
    bookmarks: c.table(
      "bookmarks",
      {
        id: c.id(),
        owner: c.text("owner").notNull(),
        name: c.text("name").notNull(),
        /** The page with its whole state, from the first slash on. */
        path: c.text("path").notNull(),
        isShared: c.flag("is_shared").notNull().default(false),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("bookmarks_owner").on(t.owner)],
    ),
  }
}
