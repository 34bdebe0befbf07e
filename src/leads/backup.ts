import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"
import { copyStore } from "../db/copy.ts"
import type { Store } from "../db/store.ts"

const backupList = z.array(z.object({ path: z.string(), at: z.string() }))

/** Copies the database to a new file of SQLite while work goes on, and remembers where, so that whoever is forgotten later is forgotten there
 * too. To restore it, put it in the place of the home's `giant.db` while nothing runs. Throws CopyExists. */
export async function backUp(store: Store, options: { home: string; file: string; now: Date }): Promise<void> {
  await copyStore(store, options.file)
  const path = join(options.home, "backups.json")
  const known = [...readList(options.home), { path: realpathSync(options.file), at: options.now.toISOString() }]
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, path)
}

/** The backups that were ever made of this home: those that are still where they were written, and those that are not. */
export function knownBackups(home: string): { found: string[]; missing: string[] } {
  const paths = [...new Set(readList(home).map(({ path }) => path))]
  return { found: paths.filter((path) => existsSync(path)), missing: paths.filter((path) => !existsSync(path)) }
}

function readList(home: string): z.output<typeof backupList> {
  const path = join(home, "backups.json")
  return existsSync(path) ? backupList.parse(JSON.parse(readFileSync(path, "utf8"))) : []
}
