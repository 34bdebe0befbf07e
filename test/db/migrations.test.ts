import { fork } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { eq, sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { ownMigrations } from "../../src/db/migrations.ts"
import { DatabaseUnusable } from "../../src/db/sqlite.ts"
import type { Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { findLeads, leadQuery } from "../../src/leads/find.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { engine, openStore, stranger } from "../engine.ts"
import { everything, importedLead } from "../leads/fixture.ts"
import { versionWith } from "./versions.ts"

const clock = () => new Date("2026-11-01T09:00:00.000Z")
const human = { actor: "human:ada", kind: "edit" }
const opener = fileURLToPath(new URL("opener.ts", import.meta.url))

/** A column that every trigger of its table names is made anew: each number gets a plus before it. */
const phonesAnew = [
  "ALTER TABLE leads ADD COLUMN phone_new text",
  "UPDATE leads SET phone_new = '+' || phone",
  "ALTER TABLE leads DROP COLUMN phone",
  "ALTER TABLE leads RENAME COLUMN phone_new TO phone",
]
const next = versionWith(phonesAnew)
const broken = versionWith([...phonesAnew, "INSERT INTO nowhere VALUES (1)"])

async function olderDatabase(): Promise<string> {
  const path = join(mkdtempSync(join(tmpdir(), "giant-migrations-")), "giant.db")
  const store = openStore(path, clock)
  await importedLead(store, { name: "Ada Brook", phone: "4420", title: "CTO" })
  await store.change(human, (db) => db.update(tables.leads).set({ title: "Owner" }))
  await store.close()
  return path
}

async function whyNot(path: string, migrations?: string): Promise<string> {
  try {
    const store = openStore(path, clock, migrations)
    await store.opened().finally(() => store.close())
    return "It was opened."
  } catch (error) {
    if (!(error instanceof DatabaseUnusable)) throw error
    return error.message
  }
}

const journal = sql`SELECT actor, op, before, after FROM changes JOIN changesets ON changesets.id = changeset_id ORDER BY changes.id`
const found = async (store: Store, q: string) => (await findLeads(store, leadQuery.parse({ q }))).rows.length

test("an older database is brought up to date with its rows, its search and its journal", async () => {
  const path = await olderDatabase()
  const store = openStore(path, clock, next)
  const { leads, changes } = tables
  expect(await store.read((db) => db.select({ name: leads.name, phone: leads.phone }).from(leads))).toEqual([
    { name: "Ada Brook", phone: "+4420" },
  ])
  const before = await store.rows<{ before: string; after: string }>(journal)
  expect(before.filter(({ after }) => after.includes("+4420"))).toEqual([])

  await store.change(human, (db) => db.update(leads).set({ phone: "+4421", name: "Ada Stone" }))
  await stranger(store, "UPDATE leads SET phone = '+4422'")
  const since = (await store.rows<{ actor: string; before: string; after: string }>(journal)).slice(before.length)
  expect(since.map(({ actor, before, after }) => [actor, JSON.parse(before), JSON.parse(after)])).toEqual([
    ["human:ada", { name: "Ada Brook", phone: "+4420" }, { name: "Ada Stone", phone: "+4421" }],
    ["outside", { phone: "+4421" }, { phone: "+4422" }],
  ])
  expect([await found(store, "stone"), await found(store, "brook")]).toEqual([1, 0])

  const [edit] = await store.read((db) => db.select().from(changes).where(eq(changes.op, "update")).limit(1))
  const undone = await undoChangeset(store, { actor: "human:ada" }, edit?.changesetId ?? 0, { preview: false })
  expect(undone.kind).toBe("undone")
  expect(await store.rows(sql`SELECT title, phone FROM leads`)).toEqual([{ title: "CTO", phone: "+4422" }])
  await store.close()
})

test("a newer database is refused in one sentence and left as it was", async () => {
  const path = await olderDatabase()
  const newer = openStore(path, clock, next)
  const before = await everything(newer)
  await newer.close()
  expect(await whyNot(path)).toMatch(/^\S.* was written by a newer version of Small Giant\.$/)
  const again = openStore(path, clock, next)
  expect(await everything(again)).toEqual(before)
  await again.close()
})

test("a migration that fails halfway leaves everything as it was, and the version before goes on working", async () => {
  const path = await olderDatabase()
  const store = openStore(path, clock)
  const before = await everything(store)
  await store.close()
  expect(await whyNot(path, broken)).toMatch(/could not be brought up to this version \(.*nowhere.*\)\.$/)
  const again = openStore(path, clock, ownMigrations)
  expect(await everything(again)).toEqual(before)
  await again.change(human, (db) => db.update(tables.leads).set({ phone: "4421", name: "Ada Stone" }))
  const changes = await again.rows<{ after: string }>(journal)
  expect(JSON.parse(changes.at(-1)?.after ?? "")).toEqual({ name: "Ada Stone", phone: "4421" })
  expect(await found(again, "stone")).toBe(1)
  await again.close()
})

test("programs that open an older database at the same time bring it up to date once", async () => {
  const path = await olderDatabase()
  await Promise.all([1, 2].map(() => (engine === "sqlite" ? openElsewhere(path) : openHere(path))))
  const store = openStore(path, clock, next)
  expect(await store.rows(sql`SELECT phone FROM leads WHERE phone IS NOT NULL`)).toEqual([{ phone: "+4420" }])
  expect(await store.rows(sql`SELECT count(*) AS n FROM leads`)).toEqual([{ n: 3 }])
  await store.close()
})

async function openElsewhere(path: string): Promise<void> {
  const child = fork(opener, [path, "write", next], { silent: true })
  await once(child, "message")
  child.send("go")
  expect(await once(child, "close")).toEqual([0, null])
}

async function openHere(path: string): Promise<void> {
  const store = openStore(path, clock, next)
  await importedLead(store, { name: "Ben" })
  await store.close()
}
