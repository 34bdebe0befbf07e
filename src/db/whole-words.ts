import { sql } from "drizzle-orm"
import type { Rows } from "./rows.ts"

/** A word that begins more words than this is looked for by its beginning. */
const most = 8

/** The words of the search index from one word on, one after the other; `instance` tells them without counting who has them. */
export const wordsSql = "CREATE VIRTUAL TABLE temp.lead_words USING fts5vocab(main, lead_search, instance)"

/** Kept, because it is asked for with every letter that somebody types. */
const beginning = sql`
  WITH RECURSIVE found (term) AS (
    SELECT (SELECT term FROM lead_words WHERE term >= ${sql.placeholder("from")} AND term < ${sql.placeholder("to")} LIMIT 1)
    UNION ALL SELECT (SELECT term FROM lead_words WHERE term >= found.term || char(1) AND term < ${sql.placeholder("to")} LIMIT 1)
    FROM found WHERE found.term IS NOT NULL LIMIT ${most + 1})
  SELECT term FROM found WHERE term IS NOT NULL`

/** The same search with whole words in the place of beginnings, where a beginning stands for few: a whole word's newest leads are found
 * at once, while those of a beginning are all gathered first. SQLite's alone. */
export async function inWholeWords(store: Rows, text: string): Promise<string | null> {
  const words = text.normalize("NFC").match(/[\p{L}\p{N}]+/gu)
  if (!words) return null
  const parts: string[] = []
  for (const word of words) parts.push(await wholeWords(store, word))
  return parts.join(" AND ")
}

async function wholeWords(store: Rows, word: string): Promise<string> {
  // How the index folds other letters, only the index knows.
  const from = word.toLowerCase()
  if (!/^[a-z0-9]+$/.test(from)) return `"${word}"*`
  const found = await store.lists<[string]>(beginning, { from, to: `${from}\u{10FFFF}` })
  if (found.length === 0 || found.length > most) return `"${word}"*`
  return `(${found.map(([term]) => `"${term.replaceAll('"', '""')}"`).join(" OR ")})`
}
