/** Each index slows imports down, so there are only those that the offered sorts and filters need. Every index ends in the row's id
 * by itself. */
export function indexesSql(): string {
  return [
    ...leadTexts.map((c) => index(`leads_${c}`, `leads (coalesce(${c}, ''))`)),
    ...companyTexts.map((c) => index(`companies_${c}`, `companies (coalesce(${c}, ''))`)),
    index("leads_status", "leads (status)"),
    index("leads_status_name", "leads (status, coalesce(name, ''))"),
    index("leads_score", "leads (score) WHERE score IS NOT NULL"),
    index("leads_status_score", "leads (status, score) WHERE score IS NOT NULL"),
    index("leads_enriched", "leads (enriched_at) WHERE enriched_at IS NOT NULL"),
    index("leads_owner", "leads (owner, created_at) WHERE owner IS NOT NULL"),
    // Those of a company are counted in it, without a look at each lead.
    index("leads_company_id", "leads (company_id, merged_into) WHERE company_id IS NOT NULL"),
    ...gaps.map((c) => index(`leads_no_${c}`, `leads (created_at) WHERE nullif(${c}, '') IS NULL`)),
  ].join("\n")
}

/** Text columns by which rows are sorted. An absent text sorts as the empty one, so that a cursor can seek in the index. */
const leadTexts = ["name", "title", "company", "location"] as const
const companyTexts = ["name", "industry", "size", "location"] as const

/** Gaps that are looked for, newest lead first. An index holds only the leads with that gap, so it costs what it is worth. */
const gaps = ["title", "company", "email", "location"] as const

function index(name: string, on: string): string {
  return `CREATE INDEX IF NOT EXISTS sort_${name} ON ${on};`
}
