import { and, desc, eq } from "drizzle-orm"
import { z } from "zod"
import { type Lead, type TimelineEntry, tables } from "../db/tables.ts"
import { queueLeads } from "../leads/enrichment.ts"
import { leadFields } from "../leads/fields.ts"
import { countLeads, findLeads, leadListing, leadQuery } from "../leads/find.ts"
import { learn } from "../leads/learn.ts"
import { mergeLeads } from "../leads/merge.ts"
import { addReminder } from "../leads/reminders.ts"
import { addToTimeline, setStatus } from "../leads/timeline.ts"
import { rowOf } from "../leads/values.ts"
import { claim, company, known, lead, learned, note, status } from "./answers.ts"
import { companySeen } from "./companies.ts"
import { type ActionContext, ActionRefused, type Subject } from "./define.ts"
import { findShape, queryOf } from "./finding.ts"
import { action } from "./services.ts"
import { holdForeignText, holdsText } from "./taint.ts"

const id = z.int().positive()
const words = z.string().trim().min(1).max(4_000)
const query = findShape(leadListing, "Lead", 'Exclude<keyof Lead, "custom"> | "suggestions"').optional()
const lately = 20
const ofLead = ({ id }: { id: number }): Subject[] => [{ entity: "lead", id }]

export const leadActions = [
  action({
    name: "leads.find",
    effect: "read",
    summary:
      'Leads, newest first. Texts match any part; null, missing and has ask for gaps; where also compares: { "score>": 70 }',
    example: 'return show(await leads.find({ status: "new", missing: "title", company: "acme", limit: 20 }))',
    parameters: { query },
    returns: z.array(lead),
    taints: (found, { store }) => holdForeignText(store, "lead", found),
    run: async ({ store }, args) =>
      (await findLeads(store, queryOf(leadListing, leadQuery, args.query))).rows.map(leadSeen),
  }),
  action({
    name: "leads.count",
    effect: "read",
    summary: "How many leads match, in all and in each status; a number above most means more",
    example: 'return (await leads.count({ missing: "email" })).total',
    parameters: { query },
    returns: z.object({
      total: z.int(),
      most: z.int(),
      byStatus: z.array(z.object({ status, count: z.int() })),
    }),
    taints: false,
    run: ({ store }, args) => countLeads(store, queryOf(leadListing, leadQuery, args.query)),
  }),
  action({
    name: "leads.get",
    effect: "read",
    summary: "One lead with its company, its facts (a value without one was imported) and its latest notes",
    example: 'const { facts } = await leads.get(17)\nreturn facts.filter((fact) => fact.basis === "inferred")',
    parameters: { id },
    returns: z.object({ lead, company: company.nullable(), facts: z.array(known), notes: z.array(note) }),
    taints: async ({ lead, company, facts, notes }, { store }) =>
      (await holdForeignText(store, "lead", [lead])) ||
      (company !== null && (await holdForeignText(store, "company", [company]))) ||
      facts.some(({ basis, value, quote, reason }) => basis !== "human" && holdsText([value, quote, reason])) ||
      notes.some(({ actor }) => !actor.startsWith("human:")),
    run: readLead,
  }),
  action({
    name: "leads.learn",
    effect: "write",
    summary: `Keeps facts of a lead with their evidence; a person's value is never overwritten, only suggested against. Fields: ${Object.keys(leadFields).join(", ")}`,
    example:
      "const seen = await linkedin.profile((await leads.get(17)).lead.linkedinUrl)\nreturn await leads.learn(17, seen.facts)",
    parameters: { id, facts: z.array(claim).max(50) },
    returns: z.array(learned),
    whenTainted: "allowed",
    taints: false,
    subjects: ofLead,
    fields: ({ facts }) => facts.map(({ field }) => field),
    run: ({ store, author, clock }, { id, facts }) => learn(store, author, { entity: "lead", id }, facts, clock()),
  }),
  action({
    name: "leads.note",
    effect: "write",
    summary: "Adds a note, call, meeting or message to a lead's timeline",
    example: 'await leads.note(17, "Asked for a call in March.", "call")',
    parameters: { id, text: words, kind: z.enum(["note", "call", "meeting", "message"]).optional() },
    returns: z.null(),
    whenTainted: "allowed",
    taints: false,
    subjects: ofLead,
    fields: () => [],
    run: async ({ store, author, clock }, { id, text, kind = "note" }) => {
      await addToTimeline(store, author, id, { kind, text }, clock())
      return null
    },
  }),
  action({
    name: "leads.stage",
    effect: "write",
    summary: "Moves a lead to another status, unless a person set the present one",
    example: 'await leads.stage(17, "qualified")',
    parameters: { id, status: status },
    returns: z.null(),
    whenTainted: "allowed",
    taints: false,
    subjects: ofLead,
    fields: () => ["status"],
    run: stage,
  }),
  action({
    name: "leads.remind",
    effect: "write",
    summary: "Reminds the person who asked of something to do about a lead, at a time (ISO)",
    example: 'await leads.remind(17, "Send the offer.", "2027-03-01T09:00:00Z")',
    parameters: { id, text: words, at: z.iso.datetime() },
    returns: z.null(),
    taints: false,
    subjects: ofLead,
    fields: () => [],
    run: async ({ store, author, person, clock }, { id, text, at }) => {
      await addReminder(store, author, id, { text, person, dueAt: new Date(at) }, clock())
      return null
    },
  }),
  action({
    name: "leads.merge",
    effect: "write",
    summary: "Makes one lead of two that are the same person: keep has the facts of both, drop leads there",
    example: "await leads.merge(17, 23)",
    parameters: { keep: id, drop: id },
    returns: z.object({ keep: z.int() }),
    taints: false,
    subjects: ({ keep, drop }) => [
      { entity: "lead", id: keep },
      { entity: "lead", id: drop },
    ],
    run: async ({ store, author, clock }, { keep, drop }) => {
      const merged = await mergeLeads(store, author, keep, drop, clock())
      if (merged.kind === "refused") throw new ActionRefused(merged.reason)
      return { keep: merged.keep }
    },
  }),
  action({
    name: "leads.enrich",
    effect: "write",
    summary: "Queues the enrichment of the leads that match (500 at once) and says how many are new in the queue",
    example: 'return await leads.enrich({ missing: "title" })',
    parameters: { query },
    returns: z.object({ queued: z.int() }),
    taints: false,
    fields: () => [],
    run: async ({ store, clock }, args) => {
      const { rows } = await findLeads(store, queryOf(leadListing, leadQuery, { limit: 500, ...args.query }))
      return {
        queued: await queueLeads(
          store,
          rows.map(({ id }) => id),
          clock(),
        ),
      }
    },
  }),
]

async function readLead({ store }: ActionContext, asked: { id: number }) {
  return store.read(async (db) => {
    const { id } = await rowOf(db, { entity: "lead", id: asked.id })
    const { leads, companies, facts, timeline, evidence } = tables
    const [row] = await db.select().from(leads).where(eq(leads.id, id))
    if (!row) throw new ActionRefused(`There is no lead ${asked.id}.`)
    const [worksFor] =
      row.companyId === null ? [] : await db.select().from(companies).where(eq(companies.id, row.companyId))
    const current = await db
      .select({ fact: facts, capturedAt: evidence.capturedAt })
      .from(facts)
      .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
      .where(and(eq(facts.entity, "lead"), eq(facts.entityId, id), eq(facts.state, "current")))
    const notes = await db
      .select()
      .from(timeline)
      .where(eq(timeline.leadId, id))
      .orderBy(desc(timeline.at), desc(timeline.id))
      .limit(lately)
    return {
      lead: leadSeen(row),
      company: worksFor ? companySeen(worksFor) : null,
      facts: current.map(({ fact: { field, value, basis, evidenceId, quote, reason, createdAt }, capturedAt }) => ({
        ...{ field, value, basis, evidence: evidenceId, quote, reason },
        at: capturedAt ?? createdAt,
      })),
      notes: notes.map(({ kind, text, actor, at }: TimelineEntry) => ({ kind, text, actor, at })),
    }
  })
}

async function stage({ store, author, clock }: ActionContext, { id, status }: { id: number; status: Lead["status"] }) {
  const staged = await setStatus(store, author, id, status, clock())
  if (staged.kind === "refused") throw new ActionRefused(staged.reason)
  return null
}

function leadSeen({ mergedInto: _, ...lead }: Lead) {
  return lead
}
