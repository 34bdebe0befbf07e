import { fork } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { expect, test, vi } from "vitest"
import { buildCostly } from "../../src/db/indexes.ts"
import { openStore } from "../../src/db/store.ts"
import { faultsOf } from "../soak/consistency.ts"

const rows = 31_000
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

function costlyIndexes(path: string): number {
  const database = new Database(path, { readonly: true })
  const names = database.prepare("SELECT sql || ';' FROM sqlite_master WHERE type = 'index'").pluck().all()
  const automerge = database.prepare("SELECT v FROM lead_search_config WHERE k = 'automerge'").pluck().get()
  database.close()
  const built = buildCostly.filter((sql) => names.includes(sql.replace("IF NOT EXISTS ", "")))
  expect(automerge === 0).toBe(built.length === 0)
  return built.length
}

test("a large import puts indexes aside and builds them again; what is killed meanwhile is mended when it is opened", async () => {
  const { path, file } = largeFile()
  const child = fork(importer, [path, file, "30000"])
  const closed = new Promise((resolve) => child.once("close", resolve))
  await vi.waitFor(() => expect(costlyIndexes(path)).toBe(0), { timeout: 100_000, interval: 50 })
  child.kill("SIGKILL")
  await closed
  await openStore(path).close()
  expect(costlyIndexes(path)).toBe(buildCostly.length)
  expect(faultsOf(path)).toEqual([])

  const other = largeFile()
  const whole = fork(importer, [other.path, other.file])
  await new Promise((resolve) => whole.once("close", resolve))
  expect(costlyIndexes(other.path)).toBe(buildCostly.length)
  expect(faultsOf(other.path)).toEqual([])
}, 120_000)
