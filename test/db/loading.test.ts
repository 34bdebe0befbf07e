import { fork } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { eq, sql } from "drizzle-orm"
import { expect, onTestFinished, test } from "vitest"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { examine } from "../../src/leads/doctor.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import { openLeadText } from "../../src/leads/import/lead-file.ts"
import { faultsOf } from "../soak/consistency.ts"

const rows = 31_000
const at = "2026-11-01T09:00:00.000Z"
const importer = fileURLToPath(new URL("../soak/importer.ts", import.meta.url))

/** More than 4 MB, so that another thread reads it. */
function largeFile(): { path: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), "giant-loading-"))
  const file = join(folder, "leads.csv")
  const lines = Array.from(
    { length: rows },
    (_, i) =>
      `Ada Brook ${i};ada.${i}@brook${i % 90}.example;Brook Bridges and Boats ${i % 90};Head of Bridges, ${"long and short, ".repeat(4)}${i % 7}`,
  )
  writeFileSync(file, `Name;Email;Company;Title\n${lines.join("\n")}\n`)
  return { path: join(folder, "giant.db"), file }
}

function indexesOf(path: string): { built: number; aside: number; automerge: number } {
  const database = new Database(path, { readonly: true })
  const number = (text: string) => Number(database.prepare(text).pluck().get())
  const found = {
    built: number("SELECT count(*) FROM sqlite_master WHERE type = 'index' AND tbl_name IN ('leads', 'identities')"),
    aside: number("SELECT count(*) FROM indexes_aside"),
    automerge: number("SELECT coalesce((SELECT v FROM lead_search_config WHERE k = 'automerge'), 4)"),
  }
  database.close()
  return found
}

test("a large import puts indexes aside and builds them again; what is killed meanwhile is mended when it is opened", async () => {
  const { path, file } = largeFile()
  await openStore(path).close()
  const before = indexesOf(path)
  const child = fork(importer, [path, file, "30000"])
  onTestFinished(() => void child.kill("SIGKILL"))
  const closed = new Promise((resolve) => child.once("close", resolve))
  await expect.poll(() => indexesOf(path).aside).toBeGreaterThan(10)
  expect(indexesOf(path)).toMatchObject({ built: 5, automerge: 0 })
  child.kill("SIGKILL")
  await closed
  await openStore(path).close()
  expect(indexesOf(path)).toEqual(before)
  expect(faultsOf(path)).toEqual([])
})

test("while indexes are aside, people are recognised: those of the file, and those whom others add meanwhile", async () => {
  const { path } = largeFile()
  const store = openStore(path)
  const before = indexesOf(path)
  const person = (i: number) => `Ada Brook ${i};ada.${i}@brook${i % 90}.example;Brook ${i % 90}\n`
  const people = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => person(from + i)).join("")
  const both = "Ada Brook 10;ada.10@brook10.example, ada.11@brook11.example;Brook 10\n"
  const opened = await openLeadText(
    `Name;Email;Company\n${people(0, 24_000)}${people(20_000, 26_000)}${people(0, 500)}${both}${people(500, 1_600)}${person(11)}`,
  )
  if (opened.kind === "refused") throw new Error(opened.message)
  const meet = (i: number, name: string) =>
    store.change({ actor: "human:bo", kind: "edit" }, async (db) => {
      const lead = { name, createdAt: at, updatedAt: at }
      const [made] = await db.insert(tables.leads).values(lead).returning({ id: tables.leads.id })
      await db
        .insert(tables.identities)
        .values({ leadId: made?.id ?? 0, kind: "email", value: `ada.${i}@brook${i % 90}.example`, createdAt: at })
    })
  const met: Promise<void>[] = []
  const summary = await importLeads(store, opened.rows, {
    actor: "human:ada",
    source: "file",
    note: "leads.csv",
    clock: () => new Date(at),
    onBatch({ read }) {
      if (read < 22_000 || met.length > 0) return
      expect(indexesOf(path)).toMatchObject({ built: 5 })
      met.push(meet(25_999, "Bo, met meanwhile"), expect(meet(5, "Somebody else")).rejects.toThrow(/UNIQUE/))
    },
  })
  await Promise.all(met)
  expect(summary).toMatchObject({ read: 31_602, made: 25_999, updated: 1, unchanged: 5_602 })
  expect(summary.merged).toEqual([{ keep: 11, drop: 12 }])
  expect(
    await store.rows(sql`SELECT name, company FROM leads WHERE name LIKE 'Bo,%' OR name = 'Ada Brook 25999'`),
  ).toEqual([{ name: "Bo, met meanwhile", company: "Brook 79" }])
  await store.close()
  expect(indexesOf(path)).toEqual(before)
  expect(faultsOf(path)).toEqual([])
})

test("an index that the rows contradict stays aside: the database opens, and the doctor says what is wrong", async () => {
  const { path } = largeFile()
  const store = openStore(path)
  const lead = { name: "Ada Brook", createdAt: at, updatedAt: at }
  await store.change({ actor: "human:ada", kind: "edit" }, (db) => db.insert(tables.leads).values([lead, lead]))
  await store.close()
  const broken = new Database(path)
  broken.exec(`INSERT INTO indexes_aside SELECT name, sql FROM sqlite_master WHERE name = 'identities_lead_value';
    DROP INDEX identities_lead_value;
    INSERT INTO identities (lead_id, kind, value, created_at)
      VALUES (1, 'email', 'ada@brook.example', '${at}'), (2, 'email', 'ada@brook.example', '${at}')`)
  broken.close()
  const opened = openStore(path)
  const found = await Array.fromAsync(examine(opened, { home: dirname(path), now: new Date(at) }))
  expect(found.filter(({ check }) => check === "identities").map(({ message }) => message)).toEqual([
    "ada@brook.example stands at leads 1 and 2.",
  ])
  await opened.change({ actor: "human:ada", kind: "edit" }, (db) =>
    db.delete(tables.identities).where(eq(tables.identities.leadId, 2)),
  )
  await opened.close()
  await openStore(path).close()
  expect(indexesOf(path).aside).toBe(0)
})
