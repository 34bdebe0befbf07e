import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"
import type { JsonObject } from "../json.ts"

/** The team's accounts, and the hosts whose browsers use them. */
export function browserTables(c: Columns) {
  return {
    accounts: c.table("accounts", {
      id: c.id(),
      site: c.choice("site", ["linkedin", "x", "web"]).notNull(),
      /** As the team calls it; unique within its site. */
      name: c.text("name").notNull(),
      /** The home that has its browser profile, and alone uses it; null before the first use. */
      place: c.text("place"),
      /** Why the lane stopped; null while it runs. A person clears it. */
      stoppedReason: c.text("stopped_reason"),
      stoppedAt: c.time("stopped_at"),
      createdAt: c.time("created_at").notNull(),
    }),

    /** The pacing ledger: one row for each load that an account paid for. */
    spends: c.table(
      "spends",
      {
        id: c.id(),
        account: c.text("account").notNull(),
        kind: c.text("kind").notNull(),
        url: c.text("url").notNull(),
        /** The home whose browser made the load. */
        place: c.text("place"),
        at: c.time("at").notNull(),
      },
      (t) => [c.index("spends_account").on(t.account, t.at)],
    ),

    /** Processes at work around this database that have a home's browser. Times are the database's. */
    hosts: c.table(
      "hosts",
      {
        id: c.id(),
        /** The home, by the id that it gave itself. */
        place: c.text("place").notNull(),
        machine: c.text("machine").notNull(),
        folder: c.text("folder").notNull(),
        web: c.choice("web", ["live", "replica"]).notNull(),
        startedAt: c.time("started_at").notNull(),
        seenAt: c.time("seen_at").notNull(),
        /** When it counts as gone unless it is seen again. */
        livesUntil: c.time("lives_until").notNull(),
        endedAt: c.time("ended_at"),
        /** Until when the model's server wants to be left alone. */
        modelPausedUntil: c.time("model_paused_until"),
      },
      (t) => [c.index("hosts_place").on(t.place), c.index("hosts_open").on(t.livesUntil).where(sql`ended_at is null`)],
    ),

    /** Pages that one process asks of the one that has the account's browser. */
    readings: c.table(
      "readings",
      {
        id: c.id(),
        /** The home that is asked. */
        place: c.text("place").notNull(),
        url: c.text("url").notNull(),
        /** As a page of which kind it is read. */
        page: c.text("page").notNull(),
        owner: c.text("owner"),
        runId: c.integer("run_id"),
        /** Nobody waits for it any more after this. */
        wantedUntil: c.time("wanted_until").notNull(),
        /** The host that is at it. */
        takenBy: c.integer("taken_by"),
        answer: c.json<JsonObject>("answer"),
        createdAt: c.time("created_at").notNull(),
        answeredAt: c.time("answered_at"),
      },
      (t) => [c.index("readings_open").on(t.place, t.id).where(sql`answered_at is null`)],
    ),
  }
}
