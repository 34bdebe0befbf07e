import { getTableColumns } from "drizzle-orm"
import { type JournalledTable, journalled, tables } from "./tables.ts"

/** One row: under which changeset the present transaction writes. Null outside of a change, and then the actor is `outside`.
 * `is_bulk` while rows are inserted in bulk, which are journalled together right after. */
const context = `
DROP TABLE IF EXISTS journal_context;
CREATE TABLE journal_context (
  id INTEGER PRIMARY KEY CHECK (id = 1), changeset_id INTEGER, is_bulk INTEGER NOT NULL DEFAULT 0);
INSERT INTO journal_context (id) VALUES (1);`

const now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

/** The statements that make SQLite itself journal every change of every journalled table, whichever program makes it. */
export function journalSql(): string {
  return [context, ...journalled.flatMap(tableTriggers)].join("\n")
}

/** The statement that journals inserted rows from one id to another at once, as the trigger does one by one. */
export function journalInserted(name: JournalledTable): string {
  return `
INSERT INTO changes (changeset_id, table_name, row_id, op, before, after, created_at)
  SELECT changeset_id, '${name}', ${name}.id, 'insert', NULL, ${wholeRow(name, name)}, ${now}
  FROM journal_context, ${name} WHERE ${name}.id BETWEEN ? AND ? ORDER BY ${name}.id`
}

function tableTriggers(name: JournalledTable): string[] {
  const columns = Object.values(getTableColumns(tables[name])).map((column) => column.name)
  const changed = (row: "OLD" | "NEW") =>
    `(SELECT json_group_object(name, value) FROM (${columns
      .map((c) => `SELECT '${c}' AS name, ${row}.${c} AS value WHERE OLD.${c} IS NOT NEW.${c}`)
      .join(" UNION ALL ")}))`
  const differs = columns.map((c) => `OLD.${c} IS NOT NEW.${c}`).join(" OR ")
  return [
    trigger(name, "insert", ` WHEN NOT ${isBulk}`, "NEW", "NULL", wholeRow(name, "NEW")),
    trigger(name, "update", ` WHEN ${differs}`, "NEW", changed("OLD"), changed("NEW")),
    trigger(name, "delete", "", "OLD", wholeRow(name, "OLD"), "NULL"),
  ]
}

const isBulk = "(SELECT is_bulk FROM journal_context)"

function wholeRow(name: JournalledTable, row: string): string {
  const columns = Object.values(getTableColumns(tables[name])).map((column) => column.name)
  return `json_object(${columns.map((c) => `'${c}', ${row}.${c}`).join(", ")})`
}

function trigger(table: string, op: string, when: string, row: "OLD" | "NEW", before: string, after: string): string {
  return `
DROP TRIGGER IF EXISTS journal_${table}_${op};
CREATE TRIGGER journal_${table}_${op} AFTER ${op.toUpperCase()} ON ${table}${when} BEGIN
  INSERT INTO changesets (actor, kind, created_at)
    SELECT 'outside', 'edit', ${now} FROM journal_context WHERE changeset_id IS NULL;
  INSERT INTO changes (changeset_id, table_name, row_id, op, before, after, created_at)
    SELECT coalesce(changeset_id, (SELECT max(id) FROM changesets)), '${table}', ${row}.id, '${op}', ${before}, ${after}, ${now}
    FROM journal_context;
END;`
}
