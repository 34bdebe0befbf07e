import { setTimeout as sleep } from "node:timers/promises"
import type Database from "better-sqlite3"
import type { SQL } from "drizzle-orm"
import { drizzle } from "drizzle-orm/better-sqlite3"
import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core"
import { openReader, openWriter } from "./sqlite.ts"

/** Queries by drizzle, awaited on every engine. */
export type Db = BaseSQLiteDatabase<"async", unknown, Record<string, never>>

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

/** The lead database. Reads see committed rows only; writes wait in one queue and are durable when their promise resolves. */
export type Store = {
  /** Runs queries on a connection that cannot write. */
  read<T>(work: (db: Db) => Promise<T>): Promise<T>
  /** Runs raw SQL on a connection that cannot write. */
  rows<Row>(query: SQL): Promise<Row[]>
  /** One transaction whose changes are journalled under the author. Nothing but the store may be awaited inside. An error thrown
   * inside takes back everything. */
  change<T>(author: Author, work: (db: Db, changeset: number) => Promise<T>): Promise<T>
  /** One transaction on the tables that are logs (runs, tasks, evidence, ...). */
  write<T>(work: (db: Db) => Promise<T>): Promise<T>
  path: string
  close(): Promise<void>
}

export class DatabaseBusy extends Error {
  readonly code = "database_busy"
  readonly hint = "Wait for the other program that writes to this database, then try again."
  constructor(seconds: number) {
    super(`Another program has kept the database locked for ${seconds} s.`)
  }
}

type Job = { run: () => Promise<void>; committed: () => void; failed: (error: unknown) => void }

/** How long a write waits for other processes, in milliseconds. */
const patience = 10_000
/** How many waiting writes share one commit. */
const groupSize = 64

/** Opens the database, making it if it is missing, with every migration applied. Throws DatabaseUnusable. */
export function openStore(path: string, clock: () => Date = () => new Date()): Store {
  const writer = openWriter(path)
  const reader = openReader(path)
  const writing = asDb(writer)
  const reading = asDb(reader)
  const queue = openQueue(writer)

  const setContext = writer.prepare("UPDATE journal_context SET changeset_id = ? WHERE id = 1")
  const newChangeset = writer.prepare(
    "INSERT INTO changesets (actor, kind, run_id, undoes, note, created_at) VALUES (?, ?, ?, ?, ?, ?)",
  )
  const runChangeset = writer.prepare("SELECT id FROM changesets WHERE run_id = ? AND kind = 'run'").pluck()
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
    path,
    read: (work) => work(reading),
    rows: async (query) => reading.all(query),
    write: (work) => queue.add(() => work(writing)),
    change: (author, work) =>
      queue.add(async () => {
        const { id, isNew } = beginChangeset(author)
        setContext.run(id)
        const value = await work(writing, id)
        setContext.run(null)
        if (isNew && isEmpty.get(id)) dropChangeset.run(id)
        return value
      }),
    async close() {
      await queue.drained()
      reader.close()
      writer.close()
    },
  }
}

/** The one place where the synchronous driver takes the asynchronous engine's type: its queries are awaited all the same. */
function asDb(connection: Database.Database): Db {
  return drizzle(connection) as unknown as Db
}

/** One writer with group commit: whatever waits is written in one transaction, each job in a savepoint of its own, and is
 * acknowledged after the commit. */
function openQueue(writer: Database.Database) {
  const waiting: Job[] = []
  let working: Promise<void> | null = null

  async function workOff(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, groupSize)
      try {
        await begin(writer)
      } catch (error) {
        for (const job of group) job.failed(error)
        continue
      }
      await commitGroup(writer, group)
    }
    working = null
  }

  return {
    add<T>(work: () => Promise<T>): Promise<T> {
      return new Promise((resolve, reject) => {
        let value: { of: T } | null = null
        waiting.push({
          run: async () => {
            value = { of: await work() }
          },
          committed: () => value && resolve(value.of),
          failed: reject,
        })
        working ??= Promise.resolve().then(workOff)
      })
    },
    async drained() {
      while (working) await working
    },
  }
}

async function begin(writer: Database.Database): Promise<void> {
  const deadline = Date.now() + patience
  for (;;) {
    try {
      writer.exec("BEGIN IMMEDIATE")
      return
    } catch (error) {
      if (!isBusy(error)) throw error
      if (Date.now() > deadline) throw new DatabaseBusy(patience / 1000)
      await sleep(1 + Math.random() * 10)
    }
  }
}

async function commitGroup(writer: Database.Database, group: Job[]): Promise<void> {
  const done: Job[] = []
  try {
    for (const job of group) {
      writer.exec("SAVEPOINT job")
      try {
        await job.run()
        writer.exec("RELEASE job")
        done.push(job)
      } catch (error) {
        if (!writer.inTransaction) throw error
        writer.exec("ROLLBACK TO job; RELEASE job")
        job.failed(error)
      }
    }
    writer.exec("COMMIT")
  } catch (error) {
    if (writer.inTransaction) writer.exec("ROLLBACK")
    for (const job of group) job.failed(error)
    return
  }
  for (const job of done) job.committed()
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "code" in error && String(error.code).startsWith("SQLITE_BUSY")
}
