import { and, eq } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { findLeads, leadListing, leadQuery } from "../leads/find.ts"
import { EntityNotFound, rowOf } from "../leads/values.ts"
import type { Grant, Subject } from "./define.ts"
import { queryOf } from "./finding.ts"

/** A grant whose filter finds nothing, because it is none. */
export class GrantUnusable extends Error {
  readonly code = "grant_unusable"
  readonly hint = "Correct `grant` in the head of the agent's file."
}

/** Whether a name is one of these: actions, or `namespace.*`. */
export function covers(patterns: readonly string[], name: string): boolean {
  return patterns.some((one) => (one.endsWith(".*") ? name.startsWith(one.slice(0, -1)) : one === name))
}

/** Whether a host is one of these; `*.` stands for any depth of subdomains. */
export function coversHost(patterns: readonly string[], host: string): boolean {
  return patterns.some((one) => (one.startsWith("*.") ? host.endsWith(one.slice(1)) : host === one))
}

/** Why a run may not write about these; null if it may. Throws GrantUnusable. */
export async function outsideRows(store: Store, grant: Grant, subjects: Subject[] | "any"): Promise<string | null> {
  if (grant.leadId === null && !grant.rows) return null
  const only = grant.leadId === null ? "the leads of its grant" : `lead ${grant.leadId}`
  if (subjects === "any") return `This run works on ${only} alone.`
  for (const subject of subjects) {
    const isInside =
      (grant.leadId === null || (await isAbout(store, grant.leadId, subject))) &&
      (!grant.rows || (await isAmong(store, grant.rows, subject)))
    if (!isInside) return `This run works on ${only} alone, and not on ${subject.entity} ${subject.id}.`
  }
  return null
}

/** Whether it is the lead, or the company it works for. A company that was only inferred would be one that the run chose. */
async function isAbout(store: Store, leadId: number, subject: Subject): Promise<boolean> {
  const lead = await standing(store, { entity: "lead", id: leadId })
  const asked = await standing(store, subject)
  if (!lead || !asked) return subject.entity === "lead" && subject.id === leadId
  if (subject.entity === "lead") return asked.id === lead.id
  return lead.companyId === asked.id && !(await isCompanyInferred(store, lead.id))
}

async function isAmong(store: Store, rows: Record<string, string | number>, subject: Subject): Promise<boolean> {
  const standsFor = await standing(store, subject)
  const parsed = leadQuery.safeParse({ where: rows })
  if (!parsed.success) throw new GrantUnusable(`The grant's rows are no filter: ${z.prettifyError(parsed.error)}`)
  const column = subject.entity === "lead" ? "id" : "company_id"
  const { conditions } = queryOf(leadListing, leadQuery, { where: { [column]: standsFor?.id ?? 0 } })
  const found = await findLeads(store, {
    ...parsed.data,
    conditions: [...parsed.data.conditions, ...conditions],
    limit: 1,
  })
  return found.rows.length > 0
}

/** The row that stands for a lead or company now, wherever it was merged into. Null if there is none. */
async function standing(store: Store, subject: Subject): Promise<{ id: number; companyId: unknown } | null> {
  try {
    const row = await store.read((db) => rowOf(db, subject))
    return { id: row.id, companyId: row.companyId }
  } catch (error) {
    if (error instanceof EntityNotFound) return null
    throw error
  }
}

async function isCompanyInferred(store: Store, leadId: number): Promise<boolean> {
  const { facts } = tables
  const [fact] = await store.read((db) =>
    db
      .select({ basis: facts.basis })
      .from(facts)
      .where(
        and(
          eq(facts.entity, "lead"),
          eq(facts.entityId, leadId),
          eq(facts.field, "company"),
          eq(facts.state, "current"),
        ),
      ),
  )
  return fact?.basis === "inferred"
}
