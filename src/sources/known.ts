import { and, eq, isNull } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Known } from "./source.ts"

/** What is known of a lead and may be told to a source, by the names of fields; `domain` is its company's. What was only inferred is
 * left out: it may be made up, and a question carries it outside. Null where there is no such lead. */
export async function knownOf(store: Store, leadId: number): Promise<Known | null> {
  const { leads, companies } = tables
  return store.read(async (db) => {
    const [found] = await db
      .select({ lead: leads, company: companies })
      .from(leads)
      .leftJoin(companies, eq(companies.id, leads.companyId))
      .where(and(eq(leads.id, leadId), isNull(leads.mergedInto)))
    if (!found) return null
    const { lead, company } = found
    const inferred = {
      lead: await inferredFields("lead", lead.id),
      company: company ? await inferredFields("company", company.id) : [],
    }
    const { name, title, email, phone, location, custom } = lead
    const own = { ...texts(custom), name, title, company: lead.company, email, phone, location }
    const known: Record<string, string | null> = { ...own, linkedin_url: lead.linkedinUrl, x_handle: lead.xHandle }
    for (const field of inferred.lead) known[field] = null
    const domain = inferred.company.includes("domain") ? null : company?.domain
    return said({ ...known, domain: domain ?? known.email?.split("@")[1] ?? null })

    async function inferredFields(entity: "lead" | "company", id: number): Promise<string[]> {
      const { facts } = tables
      const rows = await db
        .select({ field: facts.field })
        .from(facts)
        .where(
          and(
            eq(facts.entity, entity),
            eq(facts.entityId, id),
            eq(facts.state, "current"),
            eq(facts.basis, "inferred"),
          ),
        )
      return rows.map(({ field }) => field)
    }
  })
}

function texts(custom: Json): Record<string, string> {
  if (typeof custom !== "object" || custom === null || Array.isArray(custom)) return {}
  return Object.fromEntries(
    Object.entries(custom).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
  )
}

function said(known: Record<string, string | null>): Known {
  return Object.fromEntries(Object.entries(known).flatMap(([key, value]) => (value === null ? [] : [[key, value]])))
}
