import { sql } from "drizzle-orm"
import type { Columns } from "../columns.ts"
import type { JsonObject } from "../json.ts"

export const leadStatuses = ["new", "qualified", "contacted", "replied", "meeting", "won", "lost"] as const
export const entities = ["lead", "company"] as const
export const identityKinds = ["email", "linkedin", "x", "domain"] as const
export const fieldTypes = ["text", "number", "date", "choice", "flag", "url"] as const
export const timelineKinds = ["note", "call", "meeting", "message", "stage"] as const

/** Who the team may sell to, and where they work. */
export function leadTables(c: Columns) {
  return {
    leads: c.table(
      "leads",
      {
        id: c.id(),
        name: c.text("name"),
        title: c.text("title"),
        companyId: c.integer("company_id"),
        company: c.text("company"),
        email: c.text("email"),
        phone: c.text("phone"),
        linkedinUrl: c.text("linkedin_url"),
        xHandle: c.text("x_handle"),
        location: c.text("location"),
        status: c.choice("status", leadStatuses).notNull().default("new"),
        value: c.real("value"),
        score: c.integer("score"),
        owner: c.text("owner"),
        source: c.text("source"),
        custom: c.json<JsonObject>("custom").notNull().default({}),
        enrichedAt: c.time("enriched_at"),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
        mergedInto: c.integer("merged_into"),
      },
      (t) => [
        c.index("leads_created").on(t.createdAt, t.id),
        c.index("leads_updated").on(t.updatedAt, t.id),
        c.index("leads_status_created").on(t.status, t.createdAt, t.id),
        c.index("leads_merged").on(t.mergedInto).where(sql`merged_into is not null`),
      ],
    ),

    companies: c.table(
      "companies",
      {
        id: c.id(),
        name: c.text("name"),
        domain: c.text("domain"),
        linkedinUrl: c.text("linkedin_url"),
        xHandle: c.text("x_handle"),
        industry: c.text("industry"),
        size: c.text("size"),
        location: c.text("location"),
        description: c.text("description"),
        /** The name as companies are matched by: no legal form, punctuation, case or accents. */
        nameKey: c.text("name_key"),
        custom: c.json<JsonObject>("custom").notNull().default({}),
        createdAt: c.time("created_at").notNull(),
        updatedAt: c.time("updated_at").notNull(),
        mergedInto: c.integer("merged_into"),
      },
      (t) => [
        c.index("companies_created").on(t.createdAt, t.id),
        c.index("companies_name_key").on(t.nameKey),
        c.index("companies_merged").on(t.mergedInto).where(sql`merged_into is not null`),
      ],
    ),

    /** What recognises a lead or company. A value belongs to one of them. */
    identities: c.table(
      "identities",
      {
        id: c.id(),
        leadId: c.integer("lead_id"),
        companyId: c.integer("company_id"),
        kind: c.choice("kind", identityKinds).notNull(),
        /** Normal form: lower-case address, LinkedIn slug, X handle in lower case, bare domain. */
        value: c.text("value").notNull(),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [
        c.uniqueIndex("identities_lead_value").on(t.kind, t.value).where(sql`lead_id is not null`),
        c.uniqueIndex("identities_company_value").on(t.kind, t.value).where(sql`company_id is not null`),
        c.index("identities_lead").on(t.leadId).where(sql`lead_id is not null`),
        c.index("identities_company").on(t.companyId).where(sql`company_id is not null`),
      ],
    ),

    /** Fields that the team added. Their values stand in `custom`, under the field's name. */
    fields: c.table(
      "fields",
      {
        id: c.id(),
        entity: c.choice("entity", entities).notNull(),
        name: c.text("name").notNull(),
        label: c.text("label").notNull(),
        type: c.choice("type", fieldTypes).notNull(),
        /** What a value of type `choice` may be. */
        choices: c.json<string[]>("choices").notNull().default([]),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.uniqueIndex("fields_name").on(t.entity, t.name)],
    ),

    /** Two who look alike, and of whom a person said that they are not the same. */
    distinctions: c.table(
      "distinctions",
      {
        id: c.id(),
        entity: c.choice("entity", entities).notNull(),
        oneId: c.integer("one_id").notNull(),
        otherId: c.integer("other_id").notNull(),
        actor: c.text("actor").notNull(),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("distinctions_one").on(t.entity, t.oneId), c.index("distinctions_other").on(t.entity, t.otherId)],
    ),

    timeline: c.table(
      "timeline",
      {
        id: c.id(),
        leadId: c.integer("lead_id").notNull(),
        kind: c.choice("kind", timelineKinds).notNull(),
        text: c.text("text").notNull(),
        actor: c.text("actor").notNull(),
        at: c.time("at").notNull(),
        createdAt: c.time("created_at").notNull(),
      },
      (t) => [c.index("timeline_lead").on(t.leadId, t.at)],
    ),
  }
}
