import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import Database from "better-sqlite3"
import { eq, sql } from "drizzle-orm"
import { describe, expect, test } from "vitest"
import { isOneOf } from "../../src/db/bulk.ts"
import { type Db, openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { faultsOf } from "../soak/consistency.ts"

const newPath = () => join(mkdtempSync(join(tmpdir(), "giant-writing-")), "giant.db")
const at = "2026-11-01T09:00:00.000Z"
const ada = { name: "Ada Brook", createdAt: at, updatedAt: at }
const human = { actor: "human:ada", kind: "edit" }
const importer = { actor: "human:ada", kind: "import" }

describe("writes that share a commit", () => {
  test("a job sees the rows of the jobs before it", async () => {
    const store = openStore(newPath())
    const seen = await Promise.all(
      Array.from({ length: 5 }, () =>
        store.change(human, async (db) => {
          await db.insert(tables.leads).values(ada)
          return db.$count(tables.leads)
        }),
      ),
    )
    expect(seen).toEqual([1, 2, 3, 4, 5])
    await store.close()
  })

  test("an error of the commit fails every job, and nothing of them is there", async () => {
    const path = newPath()
    const store = openStore(path)
    await store.write((db) => db.run(sql`CREATE TABLE parents (id INTEGER PRIMARY KEY)`))
    await store.write((db) =>
      db.run(sql`CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED)`),
    )
    const results = await Promise.allSettled([
      store.change(human, (db) => db.insert(tables.leads).values(ada)),
      store.write((db) => db.run(sql`INSERT INTO children VALUES (7)`)),
      store.change(human, (db) => db.insert(tables.leads).values(ada)),
    ])
    expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"])
    expect(await store.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 0 }])
    await store.change(human, (db) => db.insert(tables.leads).values(ada))
    expect(await store.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 1 }])
    await store.close()
  })

  test("nothing is acknowledged before others can read it", async () => {
    const path = newPath()
    const store = openStore(path)
    const other = new Database(path, { readonly: true })
    const count = other.prepare("SELECT count(*) FROM leads").pluck()
    const counts = await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        store.change(human, (db) => db.insert(tables.leads).values(ada)).then(() => Number(count.get()) > i),
      ),
    )
    expect(counts.every(Boolean)).toBe(true)
    other.close()
    await store.close()
  })

  test("timers run while writes follow each other", async () => {
    const store = openStore(newPath())
    let isOver = false
    const writing = Promise.all(
      Array.from({ length: 4 }, async () => {
        while (!isOver) await store.change(human, (db) => db.insert(tables.leads).values(ada))
      }),
    )
    await sleep(50)
    isOver = true
    await writing
    await store.close()
  })

  test("another program's long write is waited for", async () => {
    const path = newPath()
    const store = openStore(path)
    const other = new Database(path)
    other.exec("BEGIN IMMEDIATE")
    const written = store.change(human, (db) => db.insert(tables.leads).values(ada))
    await sleep(300)
    other.exec("COMMIT")
    await written
    other.close()
    await store.close()
  })

  test("closing waits for what was asked before", async () => {
    const path = newPath()
    const store = openStore(path)
    const written = store.change(human, (db) => db.insert(tables.leads).values(ada))
    await store.close()
    await expect(written).resolves.toBeDefined()
  })
})

describe("search within a group of writes", () => {
  test("finds what was added, changed and removed by the store and by other programs", async () => {
    const path = newPath()
    const store = openStore(path)
    const add = (name: string) => store.change(human, (db) => db.insert(tables.leads).values({ ...ada, name }))
    await Promise.all(["Ada Brook", "Bo Lind", "Cy Dunn"].map(add))
    await Promise.all([
      store.change(human, (db) => db.update(tables.leads).set({ name: "Ada Stone" }).where(eq(tables.leads.id, 1))),
      store.change(human, (db) => db.delete(tables.leads).where(eq(tables.leads.id, 2))),
    ])
    const stranger = new Database(path)
    stranger.exec(`INSERT INTO leads (name, created_at, updated_at) VALUES ('Di Brook', '${at}', '${at}')`)
    stranger.exec("UPDATE leads SET name = 'Cy Lind' WHERE id = 3")
    stranger.close()
    const found = (word: string) =>
      store.rows(sql`SELECT rowid FROM lead_search WHERE lead_search MATCH ${word} ORDER BY rowid`)
    expect(await found("brook")).toEqual([{ rowid: 4 }])
    expect(await found("stone")).toEqual([{ rowid: 1 }])
    expect(await found("lind")).toEqual([{ rowid: 3 }])
    expect(await found("dunn")).toEqual([])
    await store.close()
  })
})

const addLeads = (db: Db, names: string[]) =>
  db.bulk.insert(
    "leads",
    ["name", "createdAt", "updatedAt"],
    names.map((name) => [name, at, at]),
  )

describe("rows in bulk", () => {
  test("are the same rows, with the same journal and search, as one by one", async () => {
    const [one, bulk] = [openStore(newPath(), () => new Date(at)), openStore(newPath(), () => new Date(at))]
    const leads = Array.from({ length: 95 }, (_, i) => ({
      ...ada,
      name: i % 7 ? `Lead ${i}` : null,
      value: i % 3 ? i / 2 : null,
      ...(i % 2 ? { custom: { size: i, tags: ["a", "b"] }, status: "qualified" as const } : {}),
    }))
    await one.change(importer, async (db) => {
      for (const lead of leads) await db.insert(tables.leads).values(lead)
    })
    const columns = ["name", "value", "custom", "status", "createdAt", "updatedAt"] as const
    const lists = leads.map(({ name, value, custom = {}, status = "new" }) => [
      ...[name, value, JSON.stringify(custom), status, at, at],
    ])
    const ids = await bulk.change(importer, (db) => db.bulk.insert("leads", columns, lists))
    expect(ids).toEqual(leads.map((_, i) => i + 1))
    for (const query of [
      sql`SELECT * FROM leads ORDER BY id`,
      sql`SELECT id, changeset_id, table_name, row_id, op, before, after FROM changes ORDER BY id`,
      sql`SELECT rowid FROM lead_search WHERE lead_search MATCH 'lead' ORDER BY rowid`,
      sql`SELECT * FROM changesets`,
      sql`SELECT * FROM sqlite_sequence ORDER BY name`,
    ]) {
      expect(await bulk.rows(query)).toEqual(await one.rows(query))
    }
    await bulk.change(human, (db) => db.insert(tables.leads).values(ada))
    expect(await bulk.rows(sql`SELECT max(row_id) AS n FROM changes`)).toEqual([{ n: 96 }])
    await Promise.all([one.close(), bulk.close()])
  })

  test("an error takes back all of the change; one that is caught leaves rows with their journal", async () => {
    const path = newPath()
    const store = openStore(path)
    const addTwice = (db: Db) =>
      db.bulk.insert(
        "identities",
        ["leadId", "kind", "value", "createdAt"],
        Array.from({ length: 1_400 }, (_, i) => [1, "x", `handle${i % 1_399}`, at]),
      )
    await store.change(importer, (db) => addLeads(db, ["Ada Brook"]))
    await expect(store.change(importer, addTwice)).rejects.toThrow(/UNIQUE/)
    expect(await store.rows(sql`SELECT count(*) AS n FROM identities`)).toEqual([{ n: 0 }])
    await store.change(importer, async (db) => {
      await expect(addTwice(db)).rejects.toThrow(/UNIQUE/)
      await db.insert(tables.identities).values({ leadId: 1, kind: "x", value: "after", createdAt: at })
    })
    await store.close()
    expect(faultsOf(path)).toEqual([])
  })

  test("of bytes keep what they have in common, what a list says, and the row that was made at the same place", async () => {
    const path = newPath()
    const store = openStore(path)
    const bytes = (rows: unknown[]) => new TextEncoder().encode(JSON.stringify(rows))
    await store.change(importer, async (db) => {
      await addLeads(db, ["Ada Brook"])
      const first = await db.bulk.insertPacked("leads", {
        rows: bytes([
          [0, "Bo Lind", 1],
          [1, "Cy Dunn", 0],
          [2, "Di Rossi", 2],
        ]),
        columns: ["name"],
        without: [1],
        same: { createdAt: at, updatedAt: at, source: "fair" },
        listed: { column: "companyId", values: [7, 8, null] },
      })
      await db.bulk.insertPacked("identities", {
        rows: bytes([
          [0, "x", "bo"],
          [1, "x", "cy"],
          [2, "x", "di"],
        ]),
        columns: ["kind", "value"],
        without: [1],
        same: { createdAt: at },
        refers: { column: "leadId", first },
      })
    })
    expect(await store.rows(sql`SELECT id, name, company_id, source FROM leads WHERE id > 1`)).toEqual([
      { id: 2, name: "Bo Lind", company_id: 8, source: "fair" },
      { id: 4, name: "Di Rossi", company_id: null, source: "fair" },
    ])
    expect(await store.rows(sql`SELECT lead_id, value FROM identities ORDER BY id`)).toEqual([
      { lead_id: 2, value: "bo" },
      { lead_id: 4, value: "di" },
    ])
    await store.change(importer, (db) =>
      db.insert(tables.identities).values({ leadId: 1, kind: "x", value: "ada", createdAt: at }),
    )
    await store.close()
    expect(faultsOf(path)).toEqual([])
  })

  test("outside of a change they are refused, as they would have no author", async () => {
    const store = openStore(newPath())
    await expect(store.write((db) => addLeads(db, ["Ada Brook"]))).rejects.toThrow(/changeset_id/)
    expect(await store.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 0 }])
    await store.close()
  })

  test("a column is asked for any number of values", async () => {
    const store = openStore(newPath())
    await store.change(importer, (db) => addLeads(db, ["Ada Brook", `O'Neil "Bo" \\ 山`]))
    const names = [...Array.from({ length: 50_000 }, (_, i) => `Nobody ${i}`), `O'Neil "Bo" \\ 山`]
    const found = await store.read((db) =>
      db.select({ id: tables.leads.id }).from(tables.leads).where(isOneOf(tables.leads.name, names)),
    )
    expect(found).toEqual([{ id: 2 }])
    await store.close()
  })
})
