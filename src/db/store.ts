import { setTimeout as sleep } from "node:timers/promises"
import type Database from "better-sqlite3"
import { drizzle } from "drizzle-orm/better-sqlite3"
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core"
import { type Bulk, openBulk } from "./bulk.ts"
import { type Loading, openLoading } from "./loading.ts"
import { ownMigrations } from "./migrations.ts"
import { type Place, placeOf } from "./place.ts"
import { connectStore } from "./postgres/connect.ts"
import { openQueue } from "./queue.ts"
import { receiveRows } from "./receive.ts"
import { openRows, type Rows } from "./rows.ts"
import { searchWaiting } from "./search.ts"
import { openReader, openWriter, writeError } from "./sqlite.ts"
import { keepStatements } from "./statements.ts"
import { fileUpkeep, type Upkeep } from "./upkeep.ts"

/** Queries by drizzle, awaited on every engine; and what is faster in bulk. */
export type Db = BaseSQLiteDatabase<"async", unknown, Record<string, never>> & { bulk: Bulk }

/** On whose behalf rows change. Within one run all changes belong to one changeset; otherwise each change is one of its own,
 * unless an open changeset is named. */
export type Author = {
  /** `human:ada`, `agent:enricher`, `import`, `system`. */
  actor: string
  /** What kind of work it is: `run`, `import`, `edit`, `undo`, ... */
  kind: string
  runId?: number
  undoes?: number
  note?: string
  /** An open changeset to go on with. */
  changeset?: number
}

/** The lead database. Reads see committed rows only; writes wait in one queue and are durable when their promise resolves. Where a
 * connection to Postgres is lost before a commit, `work` is done again: it changes nothing but the database. */
export type Store = Rows & {
  /** Runs queries on a connection that cannot write. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** One transaction whose changes are journalled under the author. Nothing but the store may be awaited inside. An error thrown
   * inside takes back everything. */
  change<T>(author: Author, work: (db: Db, changeset: number) => Promise<T>): Promise<T>
  /** One transaction on the tables that are logs (runs, tasks, evidence, ...). */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** As `write`, without waiting for the disk: it outlives its process, but a loss of power may take it, together with nothing that
   * was acknowledged as durable after it. For logs whose effects are durable by themselves. */
  jot<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** As `write`, for what is right whatever others write meanwhile, because it locks the rows that it changes: on Postgres machines need
   * not take turns for it. */
  claim<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** Rows of one table of another home, as they are: under their ids, and not journalled. */
  receive(table: string, columns: string[], rows: unknown[][]): Promise<void>
  /** Asks several questions as of one moment, while others go on writing. */
  snapshot<T>(work: (rows: Rows) => Promise<T>): Promise<T>
  /** For whoever writes very many rows, from now on until it is ended. */
  load(): Loading
  /** The database's time. Machines around one database may differ by minutes, so leases, limits and what comes first go by this. */
  now(): Date
  /** Resolves when something may have been committed, by whichever process: at once where the database tells of it, otherwise after
   * `every` milliseconds. */
  news(every: number): Promise<void>
  /** Resolves when the database is open. Whatever is asked before waits for it. Throws DatabaseUnusable. */
  opened(): Promise<void>
  upkeep: Upkeep
  /** Where it is, for people. */
  path: string
  place: Place
  /** The folder with what is not in the database. */
  home: string
  close(): Promise<void>
}

export class OpenedToRead extends Error {
  readonly code = "opened_to_read"
  readonly hint = "Run a command that writes, or make the database writable for you."
  constructor(path: string) {
    super(`${path} was opened only to be read.`)
  }
}

/** Kinds of changes that may be of any number of rows. */
const ofManyRows = ["import", "undo"]

/** Opens the database at a file, or at a URL of Postgres, making its tables if they are missing, with every migration of the folder
 * applied. Throws DatabaseUnusable: at once for a file; for a URL from `opened` and from whatever is asked of the store. */
export function openStore(
  at: string | Place,
  clock: () => Date = () => new Date(),
  migrations: string = ownMigrations,
): Store {
  const place = typeof at === "string" ? placeOf(at) : at
  if (place.engine === "postgres") return connectStore(place, { clock, isReadOnly: false, migrations })
  const { path, home } = place
  const writer = openWriter(path, migrations)
  const reader = openReader(path, migrations)
  const writing = asDb(writer)
  const reading = asDb(reader)
  const asking = openRows(keepStatements(reader))
  let loads = 0
  const queue = openQueue(writer, openSearchCatchUp(writer), Math.random)

  const setContext = writer.prepare("UPDATE journal_context SET changeset_id = ? WHERE id = 1")
  const newChangeset = writer.prepare(
    "INSERT INTO changesets (actor, kind, run_id, undoes, note, created_at) VALUES (?, ?, ?, ?, ?, ?)",
  )
  // What was taken back is closed: what the run does from then on is a changeset of its own, which can be taken back too.
  const runChangeset = writer
    .prepare(
      "SELECT id FROM changesets AS own WHERE run_id = ? AND kind = 'run' AND NOT EXISTS (SELECT 1 FROM changesets WHERE undoes = own.id) ORDER BY id DESC LIMIT 1",
    )
    .pluck()
  const isEmpty = writer.prepare("SELECT NOT EXISTS (SELECT 1 FROM changes WHERE changeset_id = ?)").pluck()
  const dropChangeset = writer.prepare("DELETE FROM changesets WHERE id = ?")

  function beginChangeset(author: Author): { id: number; isNew: boolean } {
    if (author.changeset !== undefined) return { id: author.changeset, isNew: false }
    const ofRun = author.kind === "run" && author.runId !== undefined
    const found = ofRun ? runChangeset.get(author.runId) : undefined
    if (found !== undefined) return { id: Number(found), isNew: false }
    const { lastInsertRowid } = newChangeset.run(
      author.actor,
      author.kind,
      author.runId ?? null,
      author.undoes ?? null,
      author.note ?? null,
      clock().toISOString(),
    )
    return { id: Number(lastInsertRowid), isNew: true }
  }

  return {
    ...{ path, place, home, upkeep: fileUpkeep(path) },
    opened: async () => {},
    news: (every) => sleep(every),
    now: clock,
    read: (work) => work(reading),
    ...asking,
    write: (work) => queue.add(() => work(writing)),
    jot: (work) => queue.add(() => work(writing), { isRelaxed: true }),
    claim: (work) => queue.add(() => work(writing)),
    receive: (table, columns, rows) =>
      queue.add(async () => receiveRows(writer, table, columns, rows), { alone: true }),
    snapshot: (work) => snapshotOf(path, work),
    change: (author, work) =>
      queue.add(
        async () => {
          const { id, isNew } = beginChangeset(author)
          setContext.run(id)
          const value = await work(writing, id)
          setContext.run(null)
          if (isNew && isEmpty.get(id)) dropChangeset.run(id)
          return value
        },
        { alone: ofManyRows.includes(author.kind), isRelaxed: loads > 0 && author.kind === "import" },
      ),
    load() {
      const loading = openLoading(writer, (work) => queue.add(work, { alone: true }))
      loads += 1
      return {
        ...loading,
        async end() {
          loads -= 1
          await loading.end().catch((error: unknown) => {
            throw writeError(error, path)
          })
        },
      }
    },
    async close() {
      await queue.drained()
      reader.close()
      writer.close()
    },
  }
}

/** Opens a database for commands that only look, also where it cannot be written. Its writes are refused with OpenedToRead.
 * Throws DatabaseUnusable. */
export function openStoreReadOnly(at: string | Place, migrations: string = ownMigrations): Store {
  const place = typeof at === "string" ? placeOf(at) : at
  if (place.engine === "postgres") return connectStore(place, { clock: () => new Date(), isReadOnly: true, migrations })
  const { path, home } = place
  const reader = openReader(path, migrations)
  const reading = asDb(reader)
  const asking = openRows(keepStatements(reader))
  const refuse = () => Promise.reject(new OpenedToRead(path))
  return {
    ...{ path, place, home, upkeep: fileUpkeep(path) },
    opened: async () => {},
    news: (every) => sleep(every),
    now: () => new Date(),
    read: (work) => work(reading),
    ...asking,
    write: refuse,
    jot: refuse,
    claim: refuse,
    receive: refuse,
    snapshot: (work) => snapshotOf(path, work),
    change: refuse,
    load() {
      throw new OpenedToRead(path)
    },
    close: async () => {
      reader.close()
    },
  }
}

async function snapshotOf<T>(path: string, work: (rows: Rows) => Promise<T>): Promise<T> {
  const connection = openReader(path)
  try {
    connection.exec("BEGIN")
    return await work(openRows(keepStatements(connection)))
  } finally {
    connection.close()
  }
}

/** The one place where the synchronous driver takes the asynchronous engine's type: its queries are awaited all the same. */
function asDb(connection: Database.Database): Db {
  const db = drizzle(keepStatements(connection) as unknown as Database.Database)
  return Object.assign(db, { bulk: openBulk(connection) }) as unknown as Db
}

/** Brings full-text search up to what the transaction changed. */
function openSearchCatchUp(writer: Database.Database): () => void {
  const isBehind = writer.prepare(searchWaiting.isAny).pluck()
  const steps = searchWaiting.index.map((text) => writer.prepare(text))
  return () => {
    if (isBehind.get()) for (const step of steps) step.run()
  }
}
