import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { asc } from "drizzle-orm"
import { expect, test } from "vitest"
import { tables } from "../../src/db/tables.ts"
import { openStore } from "../engine.ts"

test("what need not wait for the disk keeps its place among what does", async () => {
  const store = openStore(join(mkdtempSync(join(tmpdir(), "giant-jot-")), "giant.db"))
  const run = (prompt: string) => ({ agent: "a", model: "m", prompt, person: "human:ada", startedAt: "2026-11-03" })
  const add = (n: number) => (n % 3 === 0 ? store.write : store.jot)((db) => db.insert(tables.runs).values(run(`${n}`)))
  await Promise.all(Array.from({ length: 200 }, (_, n) => add(n)))
  const refused = store.jot(async (db) => {
    await db.insert(tables.runs).values(run("taken back"))
    throw new Error("No.")
  })
  await expect(refused).rejects.toThrow("No.")
  const rows = await store.read((db) => db.select().from(tables.runs).orderBy(asc(tables.runs.id)))
  expect(rows.map(({ prompt }) => Number(prompt))).toEqual(Array.from({ length: 200 }, (_, n) => n))
  await store.close()
})
