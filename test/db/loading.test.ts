import { fork } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
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
  const closed = new Promise((resolve) => child.once("close", resolve))
  await expect.poll(() => indexesOf(path).aside).toBeGreaterThan(10)
  expect(indexesOf(path)).toMatchObject({ built: 4, automerge: 0 })
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
  const opened = await openLeadText(
    `Name;Email;Company\n${people(0, 24_000)}${people(20_000, 26_000)}${people(0, 500)}`,
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
      expect(indexesOf(path)).toMatchObject({ built: 4 })
      met.push(meet(25_999, "Bo, met meanwhile"), expect(meet(5, "Somebody else")).rejects.toThrow(/UNIQUE/))
    },
  })
  await Promise.all(met)
  expect(summary).toMatchObject({ read: 30_500, made: 25_999, updated: 1, unchanged: 4_500 })
  expect(
    await store.rows(sql`SELECT name, company FROM leads WHERE name LIKE 'Bo,%' OR name = 'Ada Brook 25999'`),
  ).toEqual([{ name: "Bo, met meanwhile", company: "Brook 79" }])
  await store.close()
  expect(indexesOf(path)).toEqual(before)
  expect(faultsOf(path)).toEqual([])
})
