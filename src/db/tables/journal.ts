import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"
import type { JsonObject } from "../json.ts"

/** What was changed, kept by triggers. */
export function journalTables(c: Columns) {
  return {
    changesets: c.table(
      "changesets",
      {
        id: c.id(),
        actor: c.text("actor").notNull(),
        kind: c.text("kind").notNull(),
        runId: c.integer("run_id"),
        undoes: c.integer("undoes"),
        /** The one change that an undo took back; null where it took back the whole changeset. */
        undoesChange: c.integer("undoes_change"),
        /** What it was, in words: the file imported, the command typed. */
        note: c.text("note"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [
        c.index("changesets_run").on(t.runId).where(sql`run_id is not null`),
        c.index("changesets_undoes").on(t.undoes).where(sql`undoes is not null`),
      ],
    ),

    changes: c.table(
      "changes",
      {
        id: c.id(),
        changesetId: c.integer("changeset_id").notNull(),
        tableName: c.text("table_name").notNull(),
        rowId: c.integer("row_id").notNull(),
        op: c.choice("op", ["insert", "update", "delete"]).notNull(),
        /** Columns by name: the whole row of a delete, the changed columns of an update. */
        before: c.json<JsonObject>("before"),
        /** Columns by name: the whole row of an insert, the changed columns of an update. */
        after: c.json<JsonObject>("after"),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("changes_row").on(t.tableName, t.rowId), c.index("changes_changeset").on(t.changesetId)],
    ),
  }
}
