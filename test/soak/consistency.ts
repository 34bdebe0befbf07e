import Database from "better-sqlite3"

/** What is wrong in a database: its pages, rows without their journal or their search, and rows written by halves. */
export function faultsOf(path: string): string[] {
  const database = new Database(path)
  database.defaultSafeIntegers(false)
  const count = (text: string) => Number(database.prepare(text).pluck().get())
  const faults = database.pragma("integrity_check", { simple: true }) === "ok" ? [] : ["integrity_check fails"]
  database.exec("INSERT INTO lead_search (lead_search, rank) VALUES ('integrity-check', 0)")
  const leads = count("SELECT count(*) FROM leads")
  const expected: Record<string, string> = {
    "leads without their journal":
      "SELECT count(*) FROM leads WHERE id NOT IN (SELECT row_id FROM changes WHERE table_name = 'leads')",
    "journal of no lead":
      "SELECT count(*) FROM changes WHERE table_name = 'leads' AND row_id NOT IN (SELECT id FROM leads)",
    "identities without their journal":
      "SELECT count(*) FROM identities WHERE id NOT IN (SELECT row_id FROM changes WHERE table_name = 'identities')",
    "changes of no changeset": "SELECT count(*) FROM changes WHERE changeset_id NOT IN (SELECT id FROM changesets)",
    "changesets of no change": "SELECT count(*) FROM changesets WHERE id NOT IN (SELECT changeset_id FROM changes)",
    "leads without their identity": "SELECT count(*) FROM leads WHERE id NOT IN (SELECT lead_id FROM identities)",
    "rows that wait for search": "SELECT count(*) FROM search_waiting",
    "contexts left open": "SELECT count(*) FROM journal_context WHERE changeset_id IS NOT NULL OR is_bulk",
  }
  for (const [fault, text] of Object.entries(expected)) {
    const found = count(text)
    if (found > 0) faults.push(`${found} ${fault}`)
  }
  const searched = count("SELECT count(*) FROM lead_search_docsize")
  if (searched !== leads) faults.push(`${leads} leads, ${searched} in search`)
  database.close()
  return faults
}
