import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs"
import { dirname } from "node:path"
import Database from "better-sqlite3"
import type { MigrationMeta } from "drizzle-orm/migrator"
import { asideSql } from "./aside.ts"
import { indexesSql } from "./indexes.ts"
import { journalSql } from "./journal.ts"
import { restoreIndexes } from "./loading.ts"
import { migrationsIn, ownMigrations } from "./migrations.ts"
import { searchSql } from "./search.ts"
import { wordsSql } from "./whole-words.ts"

/** "giant" and a version, so that no other program's database is taken for ours. */
const applicationId = 0x67_69_61_31
const oldestSqlite = "3.51.3"
/** Milliseconds for which an opening waits for other processes. */
const patience = 5_000

export class DatabaseUnusable extends Error {
  readonly code = "database_unusable"
  readonly hint: string
  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

export class DiskFull extends Error {
  readonly code = "disk_full"
  readonly hint = "Make room on that disk, then do it again. What was saved before is safe, and can be read meanwhile."
  constructor(path: string) {
    super(`There is no room to write to ${path}; nothing of this was saved.`)
  }
}

/** The writer's connection, made if missing, with every migration applied. Throws DatabaseUnusable. */
export function openWriter(path: string, migrations = ownMigrations): Database.Database {
  refuseWhatIsNoDatabase(path)
  refuseWhatIsLocked(path)
  const connection = connect(path, {})
  try {
    const known = migrationsIn(migrations, "sqlite")
    const isDone = versionOf(connection, path, known.length) === known.length
    keepLog(connection)
    connection.pragma("synchronous = FULL")
    connection.pragma("secure_delete = ON")
    connection.pragma("journal_size_limit = 16777216")
    connection.pragma("cache_size = -32768")
    // Every statement and savepoint keeps a copy of the pages it touches, to take them back: in memory, a third faster.
    connection.pragma("temp_store = MEMORY")
    if (!isDone) migrate(connection, path, known)
    restoreIndexes(connection)
    connection.pragma("busy_timeout = 0")
    return connection
  } catch (error) {
    connection.close()
    throw readable(error, path)
  }
}

/** A connection that cannot write. Throws DatabaseUnusable. */
export function openReader(path: string, migrations = ownMigrations): Database.Database {
  refuseWhatIsNoDatabase(path)
  if (!existsSync(path)) throw new DatabaseUnusable(`There is no database at ${path}.`, "giant import FILE makes one.")
  const connection = connect(path, { readonly: true }, isSealed(path) ? sealedBytes(path) : path)
  try {
    const known = migrationsIn(migrations, "sqlite").length
    if (versionOf(connection, path, known) < known) {
      throw new DatabaseUnusable(
        `${path} was written by an older version of Small Giant.`,
        "Run giant doctor where it can be written, to bring it up to date.",
      )
    }
    connection.exec(wordsSql)
    connection.pragma("query_only = ON")
    // Beside the mapped file: more would be held by every process that only looks, for the length of its life.
    connection.pragma("cache_size = -16384")
    connection.pragma("mmap_size = 2147418112")
    return connection
  } catch (error) {
    connection.close()
    throw readable(error, path)
  }
}

/** Turns the write-ahead log on, which a file remembers. SQLite waits for nobody here: of two processes that make a file at once, one
 * is refused at once however long its `timeout`, so it comes again. */
function keepLog(connection: Database.Database): void {
  const until = Date.now() + patience
  for (;;) {
    try {
      connection.pragma("journal_mode = WAL")
      return
    } catch (error) {
      if (!(error instanceof Database.SqliteError && error.code === "SQLITE_BUSY") || Date.now() > until) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

/** Whether SQLite cannot open the database as it is: it may not make its own files in that folder, and nobody else has made them. */
export function isSealed(path: string): boolean {
  return existsSync(path) && !existsSync(`${path}-wal`) && !canWrite(dirname(path))
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** An error of a write, as people can read it. */
export function writeError(error: unknown, path: string): unknown {
  return error instanceof Database.SqliteError && isDiskFull(error.code) ? new DiskFull(path) : error
}

/** SQLite reports a full disk as such, and a file that may not grow (a quota, a limit on its size) as a failed write. */
function isDiskFull(code: string): boolean {
  return ["SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_TRUNCATE"].includes(code)
}

function connect(path: string, options: Database.Options, source: string | Buffer = path): Database.Database {
  try {
    return new Database(source, { timeout: patience, ...options })
  } catch (error) {
    throw readable(error, path)
  }
}

/** A whole database to be read in memory. Its header says that there is no log, which is true while nobody is at work in it. */
function sealedBytes(path: string): Buffer {
  const bytes = readFileSync(path)
  bytes.fill(1, 18, 20)
  return bytes
}

/** How many of the migrations are applied; 0 for a database that is empty. Throws DatabaseUnusable for one that is not ours, and
 * leaves it as it was. */
function versionOf(connection: Database.Database, path: string, newest: number): number {
  // All three as of one moment: another process may be making the database.
  const { id, version, isEmpty } = connection.transaction(() => ({
    isEmpty: connection.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() === undefined,
    id: connection.pragma("application_id", { simple: true }),
    version: Number(connection.pragma("user_version", { simple: true })),
  }))()
  if (id !== applicationId && !isEmpty) {
    throw new DatabaseUnusable(
      `${path} belongs to another program.`,
      "Name another folder with --home; nothing was changed in this one.",
    )
  }
  if (id === applicationId && version > newest) {
    throw new DatabaseUnusable(
      `${path} was written by a newer version of Small Giant.`,
      "Update this copy (git pull, then npm start); nothing was changed.",
    )
  }
  return id === applicationId ? version : 0
}

function migrate(connection: Database.Database, path: string, known: MigrationMeta[]): void {
  const sqlite = String(connection.prepare("SELECT sqlite_version()").pluck().get())
  if (sqlite.localeCompare(oldestSqlite, "en", { numeric: true }) < 0) {
    throw new DatabaseUnusable(
      `SQLite ${sqlite} can corrupt a database.`,
      `Run npm ci to get ${oldestSqlite} or later.`,
    )
  }
  // A migration may change an index that a process put aside and did not live to build again.
  if (versionOf(connection, path, known.length) > 0) restoreIndexes(connection)
  connection
    .transaction(() => {
      const applied = versionOf(connection, path, known.length)
      if (applied === known.length) return
      if (applied > 0) dropWhatIsMadeAnew(connection)
      applyEach(connection, path, known.slice(applied))
      connection.exec(journalSql())
      connection.exec(searchSql())
      connection.exec(indexesSql())
      connection.exec(asideSql)
      connection.exec("INSERT INTO lead_search (lead_search, rank) VALUES ('secure-delete', 1)")
      connection.pragma(`application_id = ${applicationId}`)
      connection.pragma(`user_version = ${known.length}`)
    })
    .immediate()
}

/** Triggers name every column of their table, and some index a column that is to go. So what a migration does is not journalled: it
 * changes how values are held, and not what they say. */
function dropWhatIsMadeAnew(connection: Database.Database): void {
  const wanted = indexesSql()
  const made = connection
    .prepare<[], { type: string; name: string; sql: string }>(
      "SELECT type, name, sql FROM sqlite_master WHERE (type = 'trigger' AND (name GLOB 'journal_*' OR name GLOB 'search_*')) OR (type = 'index' AND name GLOB 'sort_*')",
    )
    .all()
  for (const { type, name, sql } of made) {
    if (type === "trigger" || !wanted.includes(`${sql.replace("CREATE INDEX ", "")};`)) {
      connection.exec(`DROP ${type} "${name}"`)
    }
  }
}

function applyEach(connection: Database.Database, path: string, migrations: MigrationMeta[]): void {
  try {
    for (const { sql } of migrations) for (const statement of sql) connection.exec(statement)
  } catch (error) {
    throw error instanceof Database.SqliteError && /^SQLITE_(ERROR|CONSTRAINT)/.test(error.code)
      ? notBroughtUp(path, error.message)
      : writeError(error, path)
  }
}

/** What a migration could not do; the database stays at its version. */
export function notBroughtUp(label: string, why: string): DatabaseUnusable {
  return new DatabaseUnusable(
    `${label} could not be brought up to this version (${why}).`,
    "Nothing was changed: the version before goes on working with it. Tell whoever makes this one.",
  )
}

function refuseWhatIsNoDatabase(path: string): void {
  if (!existsSync(path)) return
  if (!statSync(path).isFile()) {
    throw new DatabaseUnusable(`${path} is not a file.`, "Move it away, or name another folder with --home.")
  }
}

/** A file without any write permission was put out of reach on purpose, also from a user who could write it all the same. */
function refuseWhatIsLocked(path: string): void {
  if (existsSync(path) && process.platform !== "win32" && (statSync(path).mode & 0o222) === 0) {
    throw new DatabaseUnusable(`${path} is read-only.`, "Make it writable for you, or name another folder with --home.")
  }
}

function readable(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error
  if (error.code === "SQLITE_NOTADB") {
    return new DatabaseUnusable(
      `${path} is not a SQLite database.`,
      "Move it away to begin a new one, or name another folder with --home.",
    )
  }
  if (error.code.startsWith("SQLITE_READONLY") || error.code === "SQLITE_CANTOPEN") {
    return new DatabaseUnusable(
      `${path} cannot be written (${error.message}).`,
      "Make the file and its folder writable for you, or name another folder with --home.",
    )
  }
  if (error.code.startsWith("SQLITE_BUSY")) {
    return new DatabaseUnusable(`${path} is in use by another program.`, "Wait for that program, then try again.")
  }
  if (error.code.startsWith("SQLITE_CORRUPT")) {
    return new DatabaseUnusable(
      `${path} is damaged (${error.message}).`,
      "Restore a backup of it; nothing was changed.",
    )
  }
  return error
}
