/** Each index slows imports down, so there are only those that the offered sorts and filters need. Every index ends in the row's id
 * by itself. */
export function indexesSql(): string {
  return [...kept, ...costly].map(({ sql }) => sql).join("\n")
}

/** Text columns by which companies are sorted. An absent text sorts as the empty one, so that a cursor can seek in the index. */
const companyTexts = ["name", "industry", "size", "location"] as const

/** Gaps that are looked for, newest lead first. An index holds only the leads with that gap, so it costs what it is worth. */
const gaps = ["title", "company", "email", "location"] as const

type Index = { name: string; sql: string }

const kept: Index[] = [
  index("leads_name", "leads (coalesce(name, ''))"),
  ...companyTexts.map((c) => index(`companies_${c}`, `companies (coalesce(${c}, ''))`)),
  index("leads_status", "leads (status)"),
  index("leads_score", "leads (score) WHERE score IS NOT NULL"),
  index("leads_status_score", "leads (status, score) WHERE score IS NOT NULL"),
  index("leads_enriched", "leads (enriched_at) WHERE enriched_at IS NOT NULL"),
  index("leads_owner", "leads (owner, created_at) WHERE owner IS NOT NULL"),
  ...gaps.map((c) => index(`leads_no_${c}`, `leads (created_at) WHERE nullif(${c}, '') IS NULL`)),
]

/** Where new leads come in everywhere and not at the end. While very many come, they are put aside: building them once costs a
 * fraction. Finding a lead again needs none of them. */
const costly: Index[] = [
  ...(["title", "company", "location"] as const).map((c) => index(`leads_${c}`, `leads (coalesce(${c}, ''))`)),
  index("leads_status_name", "leads (status, coalesce(name, ''))"),
  index("leads_company_id", "leads (company_id) WHERE company_id IS NOT NULL"),
]

export const dropCostly = costly.map(({ name }) => `DROP INDEX IF EXISTS ${name};`)
export const buildCostly = costly.map(({ sql }) => sql)
export const isCostlyMissing = `SELECT count(*) < ${costly.length} FROM sqlite_master
  WHERE type = 'index' AND name IN (${costly.map(({ name }) => `'${name}'`).join(", ")})`

function index(name: string, on: string): Index {
  return { name: `sort_${name}`, sql: `CREATE INDEX IF NOT EXISTS sort_${name} ON ${on};` }
}
