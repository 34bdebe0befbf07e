import type { Place } from "../place.ts"
import { DatabaseUnusable } from "../sqlite.ts"
import type { Store } from "../store.ts"
import { openServer } from "./server.ts"
import { openPostgresStore } from "./store.ts"

/** The store at a URL. Throws DatabaseUnusable where it is no URL; what is wrong with the server, the store says. */
export function connectStore(
  place: Place & { engine: "postgres" },
  options: { clock: () => Date; isReadOnly: boolean; migrations: string },
): Store {
  return openPostgresStore(serverAt(place.url), { ...options, place, home: place.home, user: userOf(place.url) })
}

function serverAt(url: string) {
  try {
    return openServer(url)
  } catch {
    // Its text may hold a password.
    throw new DatabaseUnusable(
      "The database's URL is none.",
      "It looks like postgres://USER:PASSWORD@HOST:5432/DATABASE; nothing was changed.",
    )
  }
}

function userOf(url: string): string {
  return decodeURIComponent(new URL(url).username) || "of this machine"
}
