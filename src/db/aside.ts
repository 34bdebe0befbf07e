import Database from "better-sqlite3"
import { searchAsUsual, searchMerge, searchWhileLoading } from "./search.ts"

/** Remembers the indexes that are put aside while very many leads come in: building one at the end costs a fraction. It outlives the
 * process that was to build them again. */
export const asideSql = "CREATE TABLE IF NOT EXISTS indexes_aside (name TEXT PRIMARY KEY, sql TEXT NOT NULL);"

/** What pages begin with, and what looks at single leads. */
const needed = ["leads_created", "leads_merged", "identities_lead", "identities_company", "identities_company_value"]

/** Does for whoever else writes meanwhile what the unique index does, slowly. What is inserted in bulk knows by itself what is there. */
const guard = `
CREATE TRIGGER IF NOT EXISTS guard_identities BEFORE INSERT ON identities
WHEN NEW.lead_id IS NOT NULL AND NOT (SELECT is_bulk FROM journal_context) AND EXISTS (
  SELECT 1 FROM identities WHERE kind = NEW.kind AND value = NEW.value AND lead_id IS NOT NULL) BEGIN
  SELECT RAISE(ABORT, 'UNIQUE constraint failed: identities.kind, identities.value');
END;`

/** Puts the other indexes of leads and their identities aside, within a transaction. */
export function putIndexesAside(connection: Database.Database): void {
  const names = needed.map((name) => `'${name}'`).join(", ")
  connection.exec(`
INSERT OR REPLACE INTO indexes_aside (name, sql)
  SELECT name, sql FROM sqlite_master
  WHERE type = 'index' AND tbl_name IN ('leads', 'identities') AND sql IS NOT NULL AND name NOT IN (${names})`)
  for (const name of asideNames(connection)) connection.exec(`DROP INDEX IF EXISTS "${name}"`)
  connection.exec(guard + searchWhileLoading)
}

export function areIndexesAside(connection: Database.Database): boolean {
  return asideNames(connection).length > 0
}

/** Builds again what was put aside, each in a transaction of its own. An index that the rows contradict stays aside, and its guard with
 * it: the database can be worked with, and `giant doctor` says what is wrong. */
export function buildIndexes(connection: Database.Database): void {
  connection.exec(searchAsUsual)
  mergeSearch(connection)
  const build = connection.transaction((name: string) => {
    const isThere = connection.prepare("SELECT 1 FROM sqlite_master WHERE type = 'index' AND name = ?").get(name)
    const sql = connection.prepare("SELECT sql FROM indexes_aside WHERE name = ?").pluck().get(name)
    if (!isThere && typeof sql === "string") connection.exec(sql)
    connection.prepare("DELETE FROM indexes_aside WHERE name = ?").run(name)
  })
  for (const name of asideNames(connection)) {
    try {
      build.immediate(name)
    } catch (error) {
      if (!(error instanceof Database.SqliteError && error.code === "SQLITE_CONSTRAINT_UNIQUE")) throw error
    }
  }
  if (!areIndexesAside(connection)) connection.exec("DROP TRIGGER IF EXISTS guard_identities")
}

/** Where nothing is left to merge, the command itself is the one change. */
function mergeSearch(connection: Database.Database): void {
  const changes = connection.prepare<[], number>("SELECT total_changes()").pluck()
  for (;;) {
    const before = changes.get() ?? 0
    connection.exec(searchMerge)
    if ((changes.get() ?? 0) - before < 2) return
  }
}

function asideNames(connection: Database.Database): string[] {
  return connection.prepare<[], string>("SELECT name FROM indexes_aside ORDER BY name").pluck().all()
}
