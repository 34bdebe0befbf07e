import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openStore } from "../src/db/store.ts"

/** Where files are that need not outlive the machine: what hangs on no disk waits for none. */
const memory = existsSync("/dev/shm") ? "/dev/shm" : tmpdir()

const empty = await makeEmpty()

/** A new folder with a database without rows at `path`. To copy one is quicker than to make it. */
export function quickFolder(): { path: string; remove(): void } {
  const folder = mkdtempSync(join(memory, "giant-test-"))
  const path = join(folder, "giant.db")
  writeFileSync(path, empty)
  return { path, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

async function makeEmpty(): Promise<Buffer> {
  const folder = mkdtempSync(join(memory, "giant-test-"))
  const path = join(folder, "giant.db")
  await openStore(path).close()
  const made = readFileSync(path)
  rmSync(folder, { recursive: true })
  return made
}
