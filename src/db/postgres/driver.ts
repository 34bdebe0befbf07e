import { createRequire } from "node:module"
import type pg from "pg"

const require = createRequire(import.meta.url)

/** The driver, loaded when a server is first spoken to: most homes are files, and it takes 12 MB. */
export function driver(): typeof pg {
  return require("pg")
}
