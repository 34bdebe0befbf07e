import { execFileSync, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { sql } from "drizzle-orm"
import { openStore, type Store } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { faultsOf } from "./consistency.ts"

/** What happened while no file could grow, and afterwards. */
type DiskFullReport = {
  written: number
  error: { name: string; code: unknown; message: string; hint: unknown }
  readMeanwhile: number
  writtenAfterwards: number
  faults: string[]
}

const at = "2026-11-01T09:00:00.000Z"

/** Fills a disk for a process of its own: a limit on the size of its files, lifted later, stands in for a disk. Needs a shell with
 * `ulimit` and the command `prlimit`, as Linux has them. */
export async function fillDisk(): Promise<DiskFullReport> {
  const folder = mkdtempSync(join(tmpdir(), "giant-full-"))
  const path = join(folder, "giant.db")
  await openStore(path).close()
  const script = `trap '' XFSZ; ulimit -S -f 4000; exec "$0" "$@"`
  const child = spawn("sh", ["-c", script, process.execPath, fileURLToPath(import.meta.url), path], {
    stdio: ["pipe", "pipe", "inherit"],
  })
  const report: Partial<DiskFullReport> = {}
  for await (const line of createInterface(child.stdout)) {
    Object.assign(report, JSON.parse(line))
    if (report.readMeanwhile !== undefined && report.writtenAfterwards === undefined) {
      execFileSync("prlimit", ["--pid", String(child.pid), "--fsize=unlimited"])
      child.stdin.end("there is room again\n")
    }
  }
  const { written = 0, readMeanwhile = 0, writtenAfterwards = 0 } = report
  const error = report.error ?? { name: "none", code: null, message: "", hint: null }
  const faults = faultsOf(path)
  rmSync(folder, { recursive: true })
  return { written, error, readMeanwhile, writtenAfterwards, faults }
}

async function writeUntilFull(path: string) {
  const store = openStore(path)
  const tell = (report: Partial<DiskFullReport>) => process.stdout.write(`${JSON.stringify(report)}\n`)
  const { written, error } = await writeWhilePossible(store, 5_000)
  tell({ written, ...(error ? { error } : {}) })
  const [found] = await store.rows<{ n: number }>(sql`SELECT count(*) AS n FROM leads`)
  tell({ readMeanwhile: found?.n ?? -1 })
  for await (const _ of process.stdin) break
  tell({ writtenAfterwards: (await writeWhilePossible(store, 50)).written })
  await store.close()
}

async function writeWhilePossible(store: Store, most: number) {
  for (let written = 0; written < most; written++) {
    try {
      await addLead(store)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      const { code, hint } = { code: null, hint: null, ...error }
      return { written, error: { name: error.constructor.name, code, message: error.message, hint } }
    }
  }
  return { written: most, error: null }
}

function addLead(store: Store) {
  const name = "Ada Brook ".repeat(400) + Math.random()
  return store.change({ actor: "human:ada", kind: "edit" }, async (db) => {
    const [made] = await db
      .insert(tables.leads)
      .values({ name, createdAt: at, updatedAt: at })
      .returning({ id: tables.leads.id })
    if (made) await db.insert(tables.identities).values({ leadId: made.id, kind: "email", value: name, createdAt: at })
  })
}

if (import.meta.main) {
  const [path] = process.argv.slice(2)
  if (path) await writeUntilFull(path)
  else console.log(await fillDisk())
}
