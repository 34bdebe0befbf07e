import { existsSync } from "node:fs"
import { join } from "node:path"
import { findHome, makeHome, readSettings, type Settings } from "../config.ts"
import { openStore, type Store } from "../db/store.ts"
import type { Io } from "./io.ts"

export type HomeOptions = { home?: string | undefined; json?: boolean | undefined; rehearse?: boolean | undefined }

/** A home that is open for one command. */
export type Home = { path: string; settings: Settings; store: Store }

export function homePath(io: Io, options: HomeOptions): string {
  return findHome(options.home, io.environment, options.rehearse ?? false)
}

/** Opens the home to look at, and not to put leads into: where there has only been a rehearsal so far, it is the rehearsal's. */
export async function withHomeToLookAt<T>(io: Io, options: HomeOptions, work: (home: Home) => Promise<T>): Promise<T> {
  const rehearsed = homePath(io, { ...options, rehearse: true })
  const isOnlyRehearsed =
    !existsSync(join(homePath(io, options), "giant.db")) && existsSync(join(rehearsed, "giant.db"))
  if (!isOnlyRehearsed) return withHome(io, options, work)
  if (!options.rehearse && !options.json) io.err("There are only the invented leads of the rehearsal so far.\n")
  return withHome(io, { ...options, rehearse: true }, work)
}

/** Opens the home for as long as `work` takes, making it if it is missing. */
export async function withHome<T>(io: Io, options: HomeOptions, work: (home: Home) => Promise<T>): Promise<T> {
  const path = homePath(io, options)
  makeHome(path)
  const store = openStore(join(path, "giant.db"), io.clock)
  try {
    return await work({ path, settings: readSettings(path), store })
  } finally {
    await store.close()
  }
}
