import { and, asc, eq, isNull, sql } from "drizzle-orm"
import { z } from "zod"
import { tables, timelineKinds } from "../db/tables.ts"
import { companyFields, leadFields } from "../leads/fields.ts"
import { findLeads, leadQuery } from "../leads/find.ts"
import { learn } from "../leads/learn.ts"
import { leadProfile } from "../leads/profile.ts"
import { ActionRefused } from "./define.ts"
import { action } from "./services.ts"

const id = z.int().positive()
const text = z.string().trim().min(1).max(4_000)
const claim = z.strictObject({
  field: z.string().max(100),
  value: z.union([z.string().max(10_000), z.number(), z.boolean()]),
  evidence: id.nullish(),
  quote: z.string().max(10_000).nullish(),
  reason: z.string().max(1_000).nullish(),
})
const claims = z.array(claim).max(50)

/** Leads and companies, as scripts see them. */
export const recordActions = [
  action({
    name: "leads.find",
    effect: "read",
    summary: "Leads by words, status, missing field ..., newest first",
    parameters: { query: leadQuery.optional() },
    returns: "Lead[]",
    taints: true,
    run: async ({ store }, { query }) => (await findLeads(store, query ?? leadQuery.parse({}))).rows,
  }),
  action({
    name: "leads.get",
    effect: "read",
    summary: "One lead with its facts, evidence, timeline and history",
    parameters: { id },
    returns: "LeadProfile",
    taints: true,
    run: async ({ store }, args) => {
      const profile = await leadProfile(store, args.id)
      if (!profile) throw new ActionRefused(`There is no lead ${args.id}.`)
      return profile
    },
  }),
  action({
    name: "leads.learn",
    effect: "write",
    summary: `Stores facts of a lead with their evidence. Fields: ${Object.keys(leadFields).join(", ")}`,
    parameters: { id, facts: claims },
    returns: "Learned[]",
    subject: ({ id }) => ({ entity: "lead", id }),
    run: ({ store, author, clock }, args) => learn(store, author, { entity: "lead", id: args.id }, args.facts, clock()),
  }),
  action({
    name: "leads.note",
    effect: "write",
    summary: "Adds to a lead's timeline",
    parameters: { id, text, kind: z.enum(timelineKinds).optional() },
    returns: "null",
    subject: ({ id }) => ({ entity: "lead", id }),
    run: async ({ store, author, clock }, args) => {
      const now = clock().toISOString()
      await store.change(author, async (db) => {
        const [lead] = await db.select({ id: tables.leads.id }).from(tables.leads).where(eq(tables.leads.id, args.id))
        if (!lead) throw new ActionRefused(`There is no lead ${args.id}.`)
        const note = { leadId: args.id, kind: args.kind ?? "note", text: args.text, actor: author.actor } as const
        await db.insert(tables.timeline).values({ ...note, at: now, createdAt: now })
      })
    },
  }),
  action({
    name: "companies.get",
    effect: "read",
    summary: "One company",
    parameters: { id },
    returns: "Company | null",
    taints: true,
    run: async ({ store }, args) => {
      const [company] = await store.read((db) => db.select().from(tables.companies).where(eq(tables.companies.id, args.id)))
      return company ?? null
    },
  }),
  action({
    name: "companies.find",
    effect: "read",
    summary: "Companies by part of their name",
    parameters: { name: z.string().max(200).optional() },
    returns: "Company[]",
    taints: true,
    run: ({ store }, { name }) =>
      store.read((db) =>
        db
          .select()
          .from(tables.companies)
          .where(and(isNull(tables.companies.mergedInto), name ? sql`instr(lower(${tables.companies.name}), ${name.toLowerCase()}) > 0` : undefined))
          .orderBy(asc(tables.companies.name))
          .limit(100),
      ),
  }),
  action({
    name: "companies.learn",
    effect: "write",
    summary: `Stores facts of a company. Fields: ${Object.keys(companyFields).join(", ")}`,
    parameters: { id, facts: claims },
    returns: "Learned[]",
    subject: ({ id }) => ({ entity: "company", id }),
    run: ({ store, author, clock }, args) =>
      learn(store, author, { entity: "company", id: args.id }, args.facts, clock()),
  }),
]
