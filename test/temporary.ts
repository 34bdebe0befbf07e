import { chmodSync, mkdtempSync } from "node:fs"
import { rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** All that tests, and the programs that they start, leave behind in the machine's folder for such things is in one folder, which
 * goes when they end. */
export default function temporary(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "giant-"))
  // Some tests start programs as another user.
  chmodSync(folder, 0o755)
  process.env.TMPDIR = folder
  // A browser that is just ending may still write.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}
