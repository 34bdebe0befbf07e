import { openWriter } from "./sqlite.ts"

/** Whether nothing is left. `busy`: another process reads the database, so that its write-ahead log still holds old pages. */
export type Erased = { kind: "erased" } | { kind: "busy" }

/** Writes over what deleted rows leave in the files: words in the search index, which keeps them until it is rewritten, and old
 * pages in the write-ahead log. Takes seconds where there are a million leads. Throws DatabaseUnusable. */
export function eraseRemains(path: string): Erased {
  const connection = openWriter(path)
  try {
    connection.pragma("busy_timeout = 10000")
    connection.exec("INSERT INTO lead_search (lead_search) VALUES ('optimize')")
    const [checkpoint] = connection.prepare<[], { busy: number }>("PRAGMA wal_checkpoint(TRUNCATE)").all()
    return { kind: checkpoint?.busy === 0 ? "erased" : "busy" }
  } finally {
    connection.close()
  }
}
