import { randomBytes } from "node:crypto"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { sql } from "drizzle-orm"
import { openStore } from "../../src/db/store.ts"
import { tables } from "../../src/db/tables.ts"
import { faultsOf } from "./consistency.ts"

const at = "2026-11-01T09:00:00.000Z"

/** Cuts the write-ahead log at `points` places (at every 512 bytes without), with nothing or with torn bytes behind the cut, and opens
 * what is left. Returns what was wrong, and how many leads the shortest and the longest log brought back. */
export async function cutLog(points?: number) {
  const folder = mkdtempSync(join(tmpdir(), "giant-wal-"))
  const [path, cut] = [join(folder, "giant.db"), join(folder, "cut.db")]
  await openStore(path).close()
  const base = readFileSync(path)
  const store = openStore(path)
  for (let i = 0; i < 20; i++) await addLead(store, i)
  const log = readFileSync(`${path}-wal`)
  await store.close()

  const step = points === undefined ? 512 : Math.floor(log.length / points / 512) * 512
  const faults: string[] = []
  const leads: number[] = []
  const places = [...Array.from({ length: Math.ceil(log.length / step) }, (_, i) => i * step), log.length]
  for (const at of places) {
    for (const tail of [Buffer.alloc(0), randomBytes(700)]) {
      rmSync(`${cut}-shm`, { force: true })
      writeFileSync(cut, base)
      writeFileSync(`${cut}-wal`, Buffer.concat([log.subarray(0, at), tail]))
      const opened = openStore(cut)
      const [found] = await opened.rows<{ n: number }>(sql`SELECT count(*) AS n FROM leads`)
      leads.push(found?.n ?? -1)
      await addLead(opened, 1_000)
      await opened.close()
      faults.push(...faultsOf(cut).map((fault) => `cut at ${at}: ${fault}`))
    }
  }
  rmSync(folder, { recursive: true })
  return { cuts: leads.length, fewest: Math.min(...leads), most: Math.max(...leads), faults }
}

function addLead(store: ReturnType<typeof openStore>, i: number) {
  const name = `Lead ${i}`
  return store.change({ actor: "human:ada", kind: "edit" }, async (db) => {
    const [made] = await db
      .insert(tables.leads)
      .values({ name, createdAt: at, updatedAt: at })
      .returning({ id: tables.leads.id })
    if (made) await db.insert(tables.identities).values({ leadId: made.id, kind: "email", value: name, createdAt: at })
  })
}

if (import.meta.main) console.log(await cutLog())
