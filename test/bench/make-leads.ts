import { existsSync } from "node:fs"
import { resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { journalInserted } from "../../src/db/journal.ts"
import { searchInserted, searchWaiting } from "../../src/db/search.ts"
import { openWriter } from "../../src/db/sqlite.ts"

const first = [
  "Ada",
  "Ben",
  "Chiara",
  "Dev",
  "Elif",
  "Farid",
  "Greta",
  "Hugo",
  "Ines",
  "Jonas",
  "Kemi",
  "Lena",
  "Mateo",
]
const last = ["Abara", "Berg", "Castro", "Dahl", "Eriksen", "Fischer", "Grant", "Haddad", "Ito", "Jansen", "Kaya"]
const titles = ["CTO", "Head of Sales", "Founder", "VP Marketing", "Engineer", "Buyer", "CFO", "Operations Lead"]
const kinds = ["Robotics", "Freight", "Foods", "Software", "Energy", "Textiles", "Health"]
const places = ["Porto, Portugal", "Oslo, Norway", "Leeds, United Kingdom", "Denver, Colorado", "Osaka, Japan"]
const statuses = ["new", "new", "new", "new", "qualified", "contacted", "replied", "meeting", "won", "lost"]

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const [, , path, count] = process.argv
  if (!path) throw new Error("node test/bench/make-leads.ts FILE [COUNT]")
  const began = performance.now()
  makeLeads(path, Number(count ?? 1_000_000))
  console.log(`${path}: made in ${((performance.now() - began) / 1000).toFixed(1)} s`)
}

/** Makes a database of so many leads, with companies, indexes, search and journal; one that is there already is left as it is. The
 * rows go in by SQL, past the store and its checks of identity: their journal is written at once, as of one import. */
export function makeLeads(path: string, count: number): void {
  if (existsSync(path)) return
  const writer = openWriter(path)
  writer.pragma("synchronous = OFF")
  writer.pragma("cache_size = -262144")
  writer.exec("BEGIN IMMEDIATE")
  const at = new Date(Date.UTC(2026, 0, 1)).toISOString()
  const changeset = writer
    .prepare("INSERT INTO changesets (actor, kind, note, created_at) VALUES ('human:ada', 'import', 'many.csv', ?)")
    .run(at).lastInsertRowid
  writer.prepare("UPDATE journal_context SET changeset_id = ?, is_bulk = 1").run(changeset)
  const companies = Math.max(1, Math.floor(count / 20))
  writer
    .prepare(`
INSERT INTO companies (id, name, domain, industry, size, location, name_key, custom, created_at, updated_at)
SELECT n, 'Company ' || n || ' ' || ${pick(kinds, "n")}, 'company' || n || '.example', ${pick(kinds, "n / 3")},
  (n % 900) || '', ${pick(places, "n")}, 'company ' || n, '{}', ${moment("n * 20")}, ${moment("n * 20")}
FROM (${upTo(companies)})`)
    .run()
  writer
    .prepare(`
INSERT INTO leads (id, name, title, company_id, company, email, phone, linkedin_url, x_handle, location, status, value, score, owner,
  source, custom, enriched_at, created_at, updated_at)
SELECT n, ${pick(first, "n * 7")} || ' ' || ${pick(last, "n / 13 + n")} || ' ' || n,
  CASE WHEN n % 10 < 8 THEN ${pick(titles, "n / 10")} END, n % ${companies} + 1,
  'Company ' || (n % ${companies} + 1) || ' ' || ${pick(kinds, `n % ${companies} + 1`)},
  CASE WHEN n % 4 > 0 THEN 'lead' || n || '@company' || (n % ${companies} + 1) || '.example' END,
  CASE WHEN n % 3 = 0 THEN printf('+1 555 01%02d', n % 100) END, 'https://www.linkedin.com/in/lead-' || n, NULL,
  CASE WHEN n % 7 > 0 THEN ${pick(places, "n / 7")} END, ${pick(statuses, "n / 5 + n")},
  CASE WHEN n % 9 = 0 THEN n % 50000 END, CASE WHEN n % 3 < 2 THEN n * 31 % 101 END,
  CASE WHEN n % 50 = 0 THEN 'ben' END, 'many.csv', '{"booth":"B' || (n % 40) || '","seats":' || (n % 500) || '}',
  CASE WHEN n % 5 = 0 THEN ${moment("n + 1000")} END, ${moment("n")}, ${moment("n * 7919 % 1000000")}
FROM (${upTo(count)})`)
    .run()
  for (const table of ["companies", "leads"] as const) writer.prepare(journalInserted(table)).run(1, count)
  writer.prepare(searchInserted).run(1, count)
  for (const step of searchWaiting.index) writer.exec(step)
  writer.exec("UPDATE journal_context SET changeset_id = NULL, is_bulk = 0")
  writer.exec("COMMIT")
  writer.pragma("wal_checkpoint(TRUNCATE)")
  writer.close()
}

function pick(words: string[], by: string): string {
  return `json_extract('${JSON.stringify(words)}', '$[' || ((${by}) % ${words.length}) || ']')`
}

/** So many seconds after the year began. */
function moment(seconds: string): string {
  return `strftime('%Y-%m-%dT%H:%M:%fZ', 1767225600 + (${seconds}), 'unixepoch')`
}

function upTo(count: number): string {
  return `WITH RECURSIVE counter(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${count}) SELECT n FROM counter`
}
