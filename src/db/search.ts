/** Full-text search over leads, kept by triggers. It stores no copy of the text, and forgets a deleted row wholly. */
const fields = ["name", "title", "company", "email", "location"]

export function searchSql(): string {
  const list = fields.join(", ")
  const values = (row: string) => fields.map((field) => `${row}.${field}`).join(", ")
  const changed = fields.map((field) => `OLD.${field} IS NOT NEW.${field}`).join(" OR ")
  return `
CREATE VIRTUAL TABLE IF NOT EXISTS lead_search USING fts5(
  ${list}, content='', contentless_delete=1, tokenize="unicode61 remove_diacritics 2", prefix='2 3');
DROP TRIGGER IF EXISTS search_leads_insert;
CREATE TRIGGER search_leads_insert AFTER INSERT ON leads BEGIN
  INSERT INTO lead_search (rowid, ${list}) VALUES (NEW.id, ${values("NEW")});
END;
DROP TRIGGER IF EXISTS search_leads_update;
CREATE TRIGGER search_leads_update AFTER UPDATE ON leads WHEN ${changed} BEGIN
  DELETE FROM lead_search WHERE rowid = OLD.id;
  INSERT INTO lead_search (rowid, ${list}) VALUES (NEW.id, ${values("NEW")});
END;
DROP TRIGGER IF EXISTS search_leads_delete;
CREATE TRIGGER search_leads_delete AFTER DELETE ON leads BEGIN
  DELETE FROM lead_search WHERE rowid = OLD.id;
END;`
}

/** Words as a person types them, as an FTS5 query: every word must begin some word of the lead. Null when there is no word. */
export function searchQuery(words: string): string | null {
  const found = words.normalize("NFC").match(/[\p{L}\p{N}]+/gu)
  return found && found.map((word) => `"${word}"*`).join(" ")
}
