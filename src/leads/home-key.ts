import { randomBytes } from "node:crypto"
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { z } from "zod"

/** `secrets.json` holds other secrets too, which are left as they are. */
const secrets = z.looseObject({ forgetKey: z.string().min(32).optional() })

export class SecretsUnusable extends Error {
  readonly code = "secrets_unusable"
  readonly hint = "Restore it from a copy: without its key, people who were forgotten are not recognised."
  constructor(path: string) {
    super(`${path} is not usable.`)
  }
}

/** The key of the hashes by which a home recognises people whom it forgot; made once, in `secrets.json`, for its owner alone.
 * Throws SecretsUnusable. */
export function homeKey(home: string): string {
  const path = join(home, "secrets.json")
  const known = read(path)
  if (known.forgetKey !== undefined) return known.forgetKey
  const forgetKey = randomBytes(32).toString("hex")
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${JSON.stringify({ ...known, forgetKey }, null, 2)}\n`, { mode: 0o600 })
  if (existsSync(path)) renameSync(draft, path)
  else placeFirst(draft, path)
  return read(path).forgetKey ?? forgetKey
}

function read(path: string): z.output<typeof secrets> {
  if (!existsSync(path)) return {}
  try {
    return secrets.parse(JSON.parse(readFileSync(path, "utf8")))
  } catch {
    throw new SecretsUnusable(path)
  }
}

/** Of two processes that make the file at once, both use the key of the first. */
function placeFirst(draft: string, path: string): void {
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
