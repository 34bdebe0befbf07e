import { existsSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { findHome, makeHome, readSettings, type Settings } from "../config.ts"
import { openStore, openStoreReadOnly, type Store } from "../db/store.ts"
import { memberOnMachine } from "../team/users.ts"
import type { Io } from "./io.ts"

export type HomeOptions = { home?: string | undefined; json?: boolean | undefined; rehearse?: boolean | undefined }

/** A home that is open for one command. */
export type Home = {
  path: string
  settings: Settings
  store: Store
  /** Who is at the command line, as an author: the operating system's user, or whom the team knows by that name. */
  person: string
}

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

/** Opens the home for a command that only looks, so that it works where nothing can be written and never changes the database. A home
 * without a database is made. */
export async function withHomeToRead<T>(io: Io, options: HomeOptions, work: (home: Home) => Promise<T>): Promise<T> {
  const wanted = [options, { ...options, rehearse: true }].map((one) => homePath(io, one))
  const path = wanted.find((one) => existsSync(join(one, "giant.db")))
  if (path === undefined) return withHome(io, options, work)
  if (path !== wanted[0] && !options.json) io.err("There are only the invented leads of the rehearsal so far.\n")
  const store = openStoreReadOnly(join(path, "giant.db"))
  try {
    const { name } = await memberOnMachine(store, userInfo().username)
    return await work({ path, settings: readSettings(path), store, person: `human:${name}` })
  } finally {
    await store.close()
  }
}

/** Opens the home for as long as `work` takes, making it if it is missing. */
export async function withHome<T>(io: Io, options: HomeOptions, work: (home: Home) => Promise<T>): Promise<T> {
  const path = homePath(io, options)
  makeHome(path)
  const store = openStore(join(path, "giant.db"), io.clock)
  try {
    const { name } = await memberOnMachine(store, userInfo().username)
    return await work({ path, settings: readSettings(path), store, person: `human:${name}` })
  } finally {
    await store.close()
  }
}
