/** Full-text search over leads, kept by triggers. It stores no copy of the text, and not where in a lead a word stands, which nobody asks
 * for and which would make it three times as large. */
const fields = ["name", "title", "company", "email", "location"]
const list = fields.join(", ")

/** A transaction of the store notes its rows and indexes them once, at its end: the index writes itself out at every savepoint and
 * statement that begins after a change of it. Other programs' changes are indexed one by one. */
export function searchSql(): string {
  const changed = fields.map((field) => `OLD.${field} IS NOT NEW.${field}`).join(" OR ")
  const remove = "DELETE FROM lead_search WHERE rowid = OLD.id;"
  const add = `INSERT INTO lead_search (rowid, ${list}) VALUES (NEW.id, ${fields.map((field) => `NEW.${field}`).join(", ")});`
  return [
    `CREATE VIRTUAL TABLE IF NOT EXISTS lead_search USING fts5(
  ${list}, content='', contentless_delete=1, detail=none, tokenize="unicode61 remove_diacritics 2", prefix='2 3');
CREATE TABLE IF NOT EXISTS search_waiting (lead_id INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS search_inserted (first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL);
${setting("hashsize", wordsInMemory)}`,
    ...triggers("insert", "NEW", "", add),
    ...triggers("update", "OLD", `(${changed}) AND `, remove + add),
    ...triggers("delete", "OLD", "", remove),
  ].join("\n")
}

/** Bytes of words that one transaction gathers before it writes them out; many small parts of the index are merged for long. */
const wordsInMemory = 8 * 1024 * 1024

/** While very many rows come in, the parts of the index that each transaction writes are left as they are, and merged once afterwards. */
export const searchWhileLoading = setting("automerge", 0) + setting("crisismerge", 1_000)
export const searchAsUsual = setting("automerge", 4) + setting("crisismerge", 16)
/** Merges some pages of parts; to be repeated for as long as it changes anything. */
export const searchMerge = setting("merge", 1_000)

function setting(name: string, value: number): string {
  return `INSERT INTO lead_search (lead_search, rank) VALUES ('${name}', ${value});`
}

/** Notes leads that were inserted in bulk, from one id to another: there is nothing of them in the index to take away first. */
export const searchInserted = "INSERT INTO search_inserted VALUES (?, ?)"

/** What a transaction of the store ends with. */
export const searchWaiting = {
  isAny: "SELECT EXISTS (SELECT 1 FROM search_waiting) OR EXISTS (SELECT 1 FROM search_inserted)",
  index: [
    `INSERT INTO lead_search (rowid, ${list})
      SELECT id, ${list} FROM search_inserted CROSS JOIN leads ON id BETWEEN first_id AND last_id
      WHERE id NOT IN (SELECT lead_id FROM search_waiting)`,
    "DELETE FROM search_inserted",
    "DELETE FROM lead_search WHERE rowid IN (SELECT lead_id FROM search_waiting)",
    `INSERT INTO lead_search (rowid, ${list})
      SELECT id, ${list} FROM leads WHERE id IN (SELECT lead_id FROM search_waiting)`,
    "DELETE FROM search_waiting",
  ],
}

function triggers(op: string, row: "OLD" | "NEW", when: string, index: string): string[] {
  const isOutside = "(SELECT changeset_id FROM journal_context) IS NULL"
  const isInStore = "(SELECT changeset_id IS NOT NULL AND NOT is_bulk FROM journal_context)"
  const event = `AFTER ${op.toUpperCase()} ON leads WHEN ${when}`
  return [
    `DROP TRIGGER IF EXISTS search_leads_${op};
CREATE TRIGGER search_leads_${op} ${event}${isInStore} BEGIN
  INSERT OR IGNORE INTO search_waiting VALUES (${row}.id);
END;`,
    `DROP TRIGGER IF EXISTS search_leads_${op}_outside;
CREATE TRIGGER search_leads_${op}_outside ${event}${isOutside} BEGIN
  ${index}
END;`,
  ]
}

/** Words as a person types them, as an FTS5 query: every word must begin some word of the lead. Null when there is no word. */
export function searchQuery(words: string): string | null {
  const found = words.normalize("NFC").match(word)
  return found?.map((word) => `"${word}"*`).join(" ") ?? null
}

/** Letters and digits, but for the few letters that are none to SQLite's tokenizer: around them it begins a new word. */
const word = /(?:(?![\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3])[\p{L}\p{N}])+/gu
