import { randomUUID } from "node:crypto"
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import type { HomePlace } from "../browser/hosts.ts"

/** The home as other machines around the same database know it. Its id is made once and stays with the folder, wherever that goes. */
export function homePlace(home: string): HomePlace {
  const path = join(home, "place")
  if (!existsSync(path)) placeFirst(`${randomUUID()}\n`, path)
  return { id: readFileSync(path, "utf8").trim(), machine: hostname(), folder: home }
}

/** Of two processes that make the file at once, both use that of the first. */
function placeFirst(text: string, path: string): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, text, { mode: 0o600 })
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!existsSync(path)) throw error
  } finally {
    rmSync(draft, { force: true })
  }
}
