import { existsSync } from "node:fs"
import { userInfo } from "node:os"
import { join } from "node:path"
import { databaseUrl, findHome, makeHome, readSettings, type Settings } from "../config.ts"
import { type Place, placeOf } from "../db/place.ts"
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
  const isOnlyRehearsed = !isThere(io, homePath(io, options)) && isThere(io, rehearsed)
  if (!isOnlyRehearsed) return withHome(io, options, work)
  if (!options.rehearse && !options.json) io.err("There are only the invented leads of the rehearsal so far.\n")
  return withHome(io, { ...options, rehearse: true }, work)
}

/** Opens the home for a command that only looks, so that it works where nothing can be written and never changes the database. A home
 * without a database is made. */
export async function withHomeToRead<T>(io: Io, options: HomeOptions, work: (home: Home) => Promise<T>): Promise<T> {
  const wanted = [options, { ...options, rehearse: true }].map((one) => homePath(io, one))
  const path = wanted.find((one) => isThere(io, one))
  if (path === undefined) return withHome(io, options, work)
  if (path !== wanted[0] && !options.json) io.err("There are only the invented leads of the rehearsal so far.\n")
  const store = openStoreReadOnly(databaseOf(io, path))
  try {
    await store.opened()
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
  const { clock } = io
  const store = openStore(databaseOf(io, path), clock)
  // While the home is open it is as late as its database says.
  io.clock = store.now
  try {
    await store.opened()
    const { name } = await memberOnMachine(store, userInfo().username)
    return await work({ path, settings: readSettings(path), store, person: `human:${name}` })
  } finally {
    io.clock = clock
    await store.close()
  }
}

/** Where the home's database is: where the environment or the home says, otherwise in the home itself. */
export function databaseOf(io: Io, home: string): Place {
  return placeOf(databaseUrl(home, io.environment) ?? join(home, "giant.db"), home)
}

/** Whether there is a database to open; one elsewhere is always taken to be there. */
export function isThere(io: Io, home: string): boolean {
  const place = databaseOf(io, home)
  return place.engine === "postgres" || existsSync(place.path)
}
