import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import Database from "better-sqlite3"
import { eq, getTableColumns, sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { searchQuery } from "../../src/db/search.ts"
import { DatabaseUnusable } from "../../src/db/sqlite.ts"
import { journalled, tables } from "../../src/db/tables.ts"
import { idsWithWords } from "../../src/db/words.ts"
import { engine, openStore, stranger } from "../engine.ts"

const folder = () => mkdtempSync(join(tmpdir(), "giant-store-"))
const at = "2026-11-01T09:00:00.000Z"
const ada = { name: "Ada Brook", createdAt: at, updatedAt: at }
const human = { actor: "human:ada", kind: "edit" }

describe("the journal", () => {
  test("every change of a row is journalled with actor, before and after", async () => {
    const store = openStore(join(folder(), "giant.db"))
    await store.change(human, (db) => db.insert(tables.leads).values(ada))
    await store.change({ actor: "agent:enricher", kind: "run", runId: 7 }, (db) =>
      db.update(tables.leads).set({ title: "CTO" }),
    )
    await store.change(human, (db) => db.delete(tables.leads))
    const changes = await store.rows<{ actor: string; op: string; before: string | null; after: string | null }>(
      sql`SELECT actor, op, before, after FROM changes JOIN changesets ON changesets.id = changeset_id ORDER BY changes.id`,
    )
    expect(changes.map(({ actor, op }) => [actor, op])).toEqual([
      ["human:ada", "insert"],
      ["agent:enricher", "update"],
      ["human:ada", "delete"],
    ])
    expect(JSON.parse(changes[1]?.before ?? "")).toEqual({ title: null })
    expect(JSON.parse(changes[1]?.after ?? "")).toEqual({ title: "CTO" })
    expect(JSON.parse(changes[2]?.before ?? "")).toMatchObject({ name: "Ada Brook", title: "CTO" })
    await store.close()
  })

  test("a program that knows nothing of Small Giant leaves a trace as outside", async () => {
    const store = openStore(join(folder(), "giant.db"))
    await store.change(human, (db) => db.insert(tables.leads).values(ada))
    await stranger(store, "UPDATE leads SET title = 'Owner'")
    const [last] = await store.rows<{ actor: string; after: string }>(
      sql`SELECT actor, after FROM changes JOIN changesets ON changesets.id = changeset_id ORDER BY changes.id DESC LIMIT 1`,
    )
    expect([last?.actor, JSON.parse(last?.after ?? "")]).toEqual(["outside", { title: "Owner" }])
    await store.close()
  })

  test("all changes of one run are one changeset, and a change that changed nothing leaves none", async () => {
    const store = openStore(join(folder(), "giant.db"))
    const run = { actor: "agent:enricher", kind: "run", runId: 3 }
    await store.change(run, (db) => db.insert(tables.leads).values(ada))
    await store.change(run, (db) => db.update(tables.leads).set({ title: "CTO" }))
    await store.change(human, (db) => db.update(tables.leads).set({ title: "CTO" }))
    expect(await store.rows(sql`SELECT actor, run_id FROM changesets`)).toEqual([
      { actor: "agent:enricher", run_id: 3 },
    ])
    await store.close()
  })

  test.runIf(engine === "sqlite")("the triggers name every column of every journalled table", async () => {
    const store = openStore(join(folder(), "giant.db"))
    for (const table of journalled) {
      const triggers = await store.rows<{ sql: string }>(
        sql`SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE ${`journal_${table}_%`}`,
      )
      expect(triggers).toHaveLength(3)
      for (const { name } of Object.values(getTableColumns(tables[table]))) {
        for (const trigger of triggers) expect(trigger.sql).toContain(`.${name}`)
      }
    }
    await store.close()
  })
})

describe("writing", () => {
  test("an error inside a change takes back all of it and nothing of its neighbours", async () => {
    const store = openStore(join(folder(), "giant.db"))
    const results = await Promise.allSettled([
      store.change(human, (db) => db.insert(tables.leads).values({ ...ada, name: "first" })),
      store.change(human, async (db) => {
        await db.insert(tables.leads).values({ ...ada, name: "lost" })
        throw new Error("no")
      }),
      store.change(human, (db) => db.insert(tables.leads).values({ ...ada, name: "third" })),
    ])
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"])
    expect(await store.rows(sql`SELECT name FROM leads ORDER BY id`)).toEqual([{ name: "first" }, { name: "third" }])
    expect(await store.rows(sql`SELECT count(*) AS n FROM changes`)).toEqual([{ n: 2 }])
    await store.close()
  })

  test("two processes' writers wait for each other and lose nothing", async () => {
    const path = join(folder(), "giant.db")
    const [one, other] = [openStore(path), openStore(path)]
    const write = (store: typeof one, name: string) =>
      store.change(human, (db) => db.insert(tables.leads).values({ ...ada, name }))
    await Promise.all(Array.from({ length: 50 }, (_, i) => [write(one, `one ${i}`), write(other, `other ${i}`)]).flat())
    expect(await one.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 100 }])
    await Promise.all([one.close(), other.close()])
  })

  test("words are found as they are typed, in any script, and a changed lead by its new words only", async () => {
    const store = openStore(join(folder(), "giant.db"))
    await store.change(human, (db) =>
      db.insert(tables.leads).values([{ ...ada, name: "Łukasz Żak" }, { ...ada, name: "山田 太郎" }, ada]),
    )
    const found = (words: string) =>
      store.rows(sql`SELECT id FROM leads WHERE id IN ${idsWithWords(searchQuery(words) ?? "", 10)}`)
    expect(await found("zak")).toEqual([{ id: 1 }])
    expect(await found("山田")).toEqual([{ id: 2 }])
    await store.change(human, (db) => db.update(tables.leads).set({ name: "Ada Stone" }).where(eq(tables.leads.id, 3)))
    expect(await found("brook")).toEqual([])
    expect(await found("sto")).toEqual([{ id: 3 }])
    await store.close()
  })
})

describe.runIf(engine === "sqlite")("a file that is not ours", () => {
  const open = (path: string) => () => openStore(path)

  test("text is refused and left as it was", () => {
    const path = join(folder(), "giant.db")
    writeFileSync(path, "name,email\nAda,ada@brook.example\n".repeat(100))
    const before = readFileSync(path)
    expect(open(path)).toThrow(DatabaseUnusable)
    expect(open(path)).toThrow(/not a SQLite database/)
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test("another program's database is refused and left as it was", () => {
    const path = join(folder(), "giant.db")
    const other = new Database(path)
    other.exec("CREATE TABLE recipes (id INTEGER)")
    other.close()
    expect(open(path)).toThrow(/belongs to another program/)
    const again = new Database(path)
    expect(again.prepare("SELECT name FROM sqlite_master").pluck().all()).toEqual(["recipes"])
    again.close()
  })

  test("a database of a newer version is refused", async () => {
    const path = join(folder(), "giant.db")
    await openStore(path).close()
    const newer = new Database(path)
    newer.pragma("user_version = 9999")
    newer.close()
    expect(open(path)).toThrow(/newer version/)
  })

  test("a folder in its place is refused", () => {
    const path = join(folder(), "giant.db")
    mkdirSync(path)
    expect(open(path)).toThrow(/is not a file/)
  })

  test("a read-only file is refused", async () => {
    const path = join(folder(), "giant.db")
    await openStore(path).close()
    chmodSync(path, 0o400)
    expect(open(path)).toThrow(/is read-only/)
  })
})
