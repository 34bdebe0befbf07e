import { fork } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { sql } from "drizzle-orm"
import { expect, test } from "vitest"
import { openStore, type Store } from "../../src/db/store.ts"
import { importLeads } from "../../src/leads/import/import.ts"
import { openLeadFile } from "../../src/leads/import/lead-file.ts"
import { undoChangeset } from "../../src/leads/undo.ts"
import { faultsOf } from "../soak/consistency.ts"

const rows = 12_000

function leadFile(): { path: string; file: string } {
  const folder = mkdtempSync(join(tmpdir(), "giant-import-"))
  const file = join(folder, "leads.csv")
  const lines = Array.from({ length: rows }, (_, i) => `Ada Brook ${i},ada.${i}@brook${i % 90}.example,Brook ${i % 90}`)
  writeFileSync(file, `Name,Email,Company\n${lines.join("\n")}\n`)
  return { path: join(folder, "giant.db"), file }
}

async function count(store: Store): Promise<number> {
  const [found] = await store.rows<{ n: number }>(sql`SELECT count(*) AS n FROM leads`)
  return found?.n ?? -1
}

async function undoAll(store: Store): Promise<void> {
  const found = await store.rows<{ id: number; note: string }>(sql`SELECT id, note FROM changesets`)
  expect(found).toEqual([{ id: expect.any(Number), note: "leads.csv" }])
  for (const { id } of found) {
    expect(await undoChangeset(store, { actor: "human:ada" }, id, { preview: false })).toMatchObject({ kind: "undone" })
  }
  expect(await count(store)).toBe(0)
  expect(await store.rows(sql`SELECT count(*) AS n FROM identities`)).toEqual([{ n: 0 }])
}

test("an import that is killed leaves whole batches in one changeset, which can be undone", async () => {
  const { path, file } = leadFile()
  const importer = fork(fileURLToPath(new URL("../soak/importer.ts", import.meta.url)), [path, file])
  await new Promise<void>((resolve) => importer.on("message", (read: number) => read >= 2_000 && resolve()))
  const ended = new Promise((resolve) => importer.once("close", resolve))
  importer.kill("SIGKILL")
  await ended
  expect(faultsOf(path)).toEqual([])
  const store = openStore(path)
  expect(await count(store)).toBeGreaterThanOrEqual(2_000)
  await undoAll(store)
  await store.close()
})

test("an import that is stopped ends after its batch, and can be undone or gone on with", async () => {
  const { path, file } = leadFile()
  const store = openStore(path)
  const opened = await openLeadFile(file)
  if (opened.kind === "refused") throw new Error(opened.message)
  const stop = new AbortController()
  const options = { actor: "human:ada", source: "csv", note: "leads.csv", clock: () => new Date() }
  const summary = await importLeads(store, opened.rows, {
    ...options,
    signal: stop.signal,
    onBatch: () => stop.abort(),
  })
  expect(summary.made).toBeGreaterThan(0)
  expect(summary.made).toBeLessThan(rows)
  expect(await count(store)).toBe(summary.made)
  expect(await importLeads(store, opened.rows, options)).toMatchObject({
    made: rows - summary.made,
    unchanged: summary.made,
  })
  await store.close()
  expect(faultsOf(path)).toEqual([])
})

test("timers go on and the store can be read while a file is imported", async () => {
  const { path, file } = leadFile()
  const store = openStore(path)
  const opened = await openLeadFile(file)
  if (opened.kind === "refused") throw new Error(opened.message)
  const seen: number[] = []
  const reading = setInterval(async () => seen.push(await count(store)), 5)
  await importLeads(store, opened.rows, {
    actor: "human:ada",
    source: "csv",
    note: "leads.csv",
    clock: () => new Date(),
  })
  clearInterval(reading)
  expect(seen.length).toBeGreaterThan(3)
  expect(new Set(seen).size).toBeGreaterThan(1)
  await store.close()
})
