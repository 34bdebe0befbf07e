import type { Columns } from "../columns.ts"
import type { JsonObject } from "../json.ts"

const viewKinds = ["declared", "html"] as const

/** Interfaces made on request. */
export function viewTables(c: Columns) {
  return {
    /** Interfaces made on request. Their versions are never changed. */
    views: c.table(
      "views",
      {
        id: c.id(),
        /** Who asked for it, and alone sees it until it is shared. */
        owner: c.text("owner").notNull(),
        title: c.text("title").notNull(),
        /** The version that its owner sees: the newest, or one that they went back to. */
        version: c.integer("version").notNull().default(1),
        /** The version that everybody sees; null while it is private. */
        sharedVersion: c.integer("shared_version"),
        /** Whether it stands in everybody's navigation. */
        inNavigation: c.flag("in_navigation").notNull().default(false),
        removedAt: c.time("removed_at"),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
      },
      (t) => [c.index("views_owner").on(t.owner)],
    ),

    viewVersions: c.table(
      "view_versions",
      {
        id: c.id(),
        viewId: c.integer("view_id").notNull(),
        version: c.integer("version").notNull(),
        kind: c.choice("kind", viewKinds).notNull(),
        /** What it shows, asks and may do. */
        manifest: c.json<JsonObject>("manifest").notNull(),
        /** Free HTML; null where the view is declared. */
        html: c.text("html"),
        /** What it reads and may do, as whoever uses it agrees to it. */
        rights: c.json<string[]>("rights").notNull(),
        /** What was asked for, in the person's words. */
        prompt: c.text("prompt"),
        runId: c.integer("run_id"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("view_versions_number").on(t.viewId, t.version)],
    ),

    /** What a view keeps for a person between two visits. */
    viewStates: c.table(
      "view_states",
      {
        id: c.id(),
        viewId: c.integer("view_id").notNull(),
        person: c.text("person").notNull(),
        state: c.json<JsonObject>("state").notNull(),
        /** The rights of the view that the person has agreed to. */
        agreed: c.json<string[]>("agreed").notNull().default([]),
        updatedAt: c.time("updated_at").notNull(),
      },
      (t) => [c.uniqueIndex("view_states_person").on(t.viewId, t.person)],
    ),

    /** What people did in views. A key is used once, so that nothing that was sent twice is done twice. */
    viewActs: c.table(
      "view_acts",
      {
        id: c.id(),
        viewId: c.integer("view_id").notNull(),
        person: c.text("person").notNull(),
        key: c.text("key").notNull(),
        action: c.text("action").notNull(),
        /** What came of it; null while it is under way, or where its process ended. */
        outcome: c.json<JsonObject>("outcome"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("view_acts_key").on(t.viewId, t.person, t.key)],
    ),
  }
}
