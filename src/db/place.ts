import { dirname } from "node:path"

/** Where a database is. The URL holds a password: it is for connecting, and told to nobody. `home` is the folder with what is not in
 * the database. */
export type Place =
  | { engine: "sqlite"; path: string; home: string }
  | {
      engine: "postgres"
      url: string
      home: string
      /** Opened to go on with a move that was cut off. */
      isMoving?: boolean
    }

/** A database by its file, or by its URL (`postgres://USER:PASSWORD@HOST/DATABASE`). */
export function placeOf(pathOrUrl: string, home = dirname(pathOrUrl)): Place {
  return isUrl(pathOrUrl) ? { engine: "postgres", url: pathOrUrl, home } : { engine: "sqlite", path: pathOrUrl, home }
}

export function isUrl(pathOrUrl: string): boolean {
  return /^postgres(ql)?:\/\//.test(pathOrUrl)
}
