import { eq } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import { addIdentity } from "../owners.ts"
import { wasTakenAway } from "../values.ts"
import type { EmployerMarks } from "./marks.ts"

/** What a file says of a company. */
export type CompanySays = { [Column in (typeof columns)[number]]?: string }

const columns = ["domain", "linkedinUrl", "industry", "size"] as const
const identityKinds = { domain: "domain", linkedinUrl: "linkedin" } as const

/** What a row says of the company of a lead that is there already. */
type Told = { lead: number; employer: EmployerMarks }

/** Sets what companies lack and a file says of them; which lack something is asked for all at once. */
export async function fillCompanies(db: Db, said: Map<number, CompanySays>, now: string): Promise<void> {
  if (said.size === 0) return
  const rows = await db
    .select(present)
    .from(tables.companies)
    .where(isOneOf(tables.companies.id, new Set(said.keys())))
  for (const row of rows) await fillCompany(db, row, said.get(row.id) ?? {}, now)
}

/** The same for the companies of leads that are there already, each where it is the one that the row speaks of. Returns the leads by
 * whose rows something was set. */
export async function fillEmployers(db: Db, all: Told[], now: string): Promise<Set<number>> {
  const filled = new Set<number>()
  const told = all.filter(({ employer }) => Object.keys(employer.says).length > 0)
  if (told.length === 0) return filled
  const { companies, leads } = tables
  const rows = await db
    .select({ lead: leads.id, nameKey: companies.nameKey, company: present })
    .from(leads)
    .innerJoin(companies, eq(companies.id, leads.companyId))
    .where(isOneOf(leads.id, new Set(told.map(({ lead }) => lead))))
  const byId = new Map(rows.map(({ company }) => [company.id, company]))
  const employerOf = new Map(rows.map(({ lead, nameKey, company }) => [lead, { nameKey, id: company.id }]))
  for (const { lead, employer } of told) {
    const its = employerOf.get(lead)
    const company = its && its.nameKey === employer.nameKey ? byId.get(its.id) : undefined
    if (company && (await fillCompany(db, company, employer.says, now))) filled.add(lead)
  }
  return filled
}

const { id, domain, linkedinUrl, industry, size } = tables.companies
const present = { id, domain, linkedinUrl, industry, size }
type Present = { id: number } & Record<(typeof columns)[number], string | null>

/** Sets what a company lacks, but for what a person took away and addresses that are another's. What it has already stays: many rows
 * speak of one company, and not always alike. Returns whether anything was set. */
async function fillCompany(db: Db, company: Present, says: CompanySays, now: string): Promise<boolean> {
  const { companies } = tables
  const gaps: CompanySays = {}
  for (const column of columns) {
    const value = says[column]
    if (value === undefined || company[column] !== null) continue
    if (await wasTakenAway(db, { entity: "company", id: company.id }, companies[column].name)) continue
    const kind = column === "domain" || column === "linkedinUrl" ? identityKinds[column] : null
    if (kind && (await addIdentity(db, "company", company.id, kind, value, now)) !== company.id) continue
    gaps[column] = value
  }
  if (Object.keys(gaps).length === 0) return false
  await db
    .update(companies)
    .set({ ...gaps, updatedAt: now })
    .where(eq(companies.id, company.id))
  Object.assign(company, gaps)
  return true
}
