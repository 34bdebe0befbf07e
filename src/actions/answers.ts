import { z } from "zod"
import { fieldsSchema } from "../browser/reading.ts"
import { checkVerdicts } from "../db/tables/facts.ts"
import { entities, leadStatuses, timelineKinds } from "../db/tables/leads.ts"
import type { Company, Lead } from "../db/tables.ts"
import type { Learned } from "../leads/learn.ts"

/** What actions answer with. Each shape types its handlers and is printed as the TypeScript that scripts see. */

const id = z.int()
/** A text that may be absent. Also what asks for it: null finds what has none. */
export const text = z.string().max(10_000).nullable().meta({ id: "Text" })
export const status = z.enum(leadStatuses).meta({ id: "Status" })
const time = z.string()
const custom = z.record(z.string(), z.any())

export const lead = z
  .object({
    id,
    name: text,
    title: text,
    company: text,
    companyId: id.nullable(),
    email: text,
    phone: text,
    linkedinUrl: text,
    xHandle: text,
    location: text,
    status,
    value: z.number().nullable(),
    score: z.number().nullable(),
    owner: text,
    source: text,
    custom,
    enrichedAt: text,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Lead" }) satisfies z.ZodType<Omit<Lead, "mergedInto">>

export const company = z
  .object({
    id,
    name: text,
    domain: text,
    linkedinUrl: text,
    xHandle: text,
    industry: text,
    size: text,
    location: text,
    description: text,
    custom,
    createdAt: time,
    updatedAt: time,
  })
  .meta({ id: "Company" }) satisfies z.ZodType<Omit<Company, "mergedInto" | "nameKey">>

/** A value that a script wants to be true, with what it rests on. */
export const claim = z
  .strictObject({
    field: z.string().max(100),
    value: z.union([z.string().max(10_000), z.number(), z.boolean()]),
    evidence: z.int().positive().nullish(),
    quote: text.optional(),
    reason: text.optional(),
  })
  .meta({ id: "Fact" })

export const learned = z
  .object({
    field: z.string(),
    kind: z.enum(["learned", "unchanged", "suggested", "kept", "refused"]),
    reason: z.string(),
  })
  .meta({ id: "Learned" }) satisfies z.ZodType<Learned>

const page = fieldsSchema.meta({ id: "PageFields" })

export const seen = z
  .union([
    z.object({
      kind: z.literal("found"),
      url: z.string(),
      fields: page,
      facts: z.array(claim),
      evidence: id,
      reason: z.null(),
    }),
    z.object({
      kind: z.enum(["gone", "private", "blocked", "drift", "parked", "none"]),
      url: text,
      fields: page,
      facts: z.array(claim),
      evidence: id.nullable(),
      reason: z.string(),
    }),
  ])
  .meta({ id: "Seen" })

export const known = z
  .object({
    field: z.string(),
    value: z.any(),
    basis: z.enum(["human", "imported", "observed", "inferred"]),
    evidence: id.nullable(),
    quote: text,
    reason: text,
    at: time,
  })
  .meta({ id: "Known" })

export const note = z
  .object({ kind: z.enum(timelineKinds), text: z.string(), actor: z.string(), at: time })
  .meta({ id: "Note" })

/** A fact to derive again: what its page says, and not what was made of it. */
export const sample = z
  .object({
    fact: id,
    entity: z.enum(entities),
    field: z.string(),
    /** Whose value it is, so that the page can be read for the right one. */
    of: text,
    source: z.string(),
    url: z.string(),
    text: z.string(),
  })
  .meta({ id: "Sample" })

export const precision = z
  .object({ source: z.string(), field: z.string(), checked: z.int(), right: z.int(), wrong: z.int(), absent: z.int() })
  .meta({ id: "Precision" })

export const verdict = z.enum(checkVerdicts)
export const skill = z.object({ name: z.string(), description: z.string() }).meta({ id: "Skill" })
