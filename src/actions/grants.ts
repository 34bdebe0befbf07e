import { and, eq } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { findLeads, leadListing, leadQuery } from "../leads/find.ts"
import { EntityNotFound, rowOf } from "../leads/values.ts"
import type { Action, Grant, Subject } from "./define.ts"
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

/** Whether a grant lets an action be called at all, perhaps after a person agreed. */
export function isGranted({ effects, actions, ask = [], deny = [] }: Grant, { name, effect }: Action<never>): boolean {
  if (effect === "govern" || !effects.includes(effect) || covers(deny, name)) return false
  return actions === null || covers([...actions, ...ask], name)
}

/** Whether a host is one of these; `*.` stands for any depth of subdomains. */
export function coversHost(patterns: readonly string[], host: string): boolean {
  return patterns.some((one) => (one.startsWith("*.") ? host.endsWith(one.slice(1)) : host === one))
}

/** What a run may do that another has asked: what both may, and nothing else. */
export function narrowedBy(grant: Grant, asker: Grant): Grant {
  const actions = sharedPatterns(named(grant), named(asker))
  const asks = [...(grant.ask ?? []), ...(asker.ask ?? [])]
  const ask = actions === null ? asks : sharedPatterns(asks, actions)
  const deny = [...(grant.deny ?? []), ...(asker.deny ?? [])]
  const fields = shared(grant.fields, asker.fields, (one, list) => (list.includes(one) ? [one] : []))
  const hosts = shared(grant.hosts, asker.hosts, sharedHosts)
  const until = [grant.until, asker.until].filter((time) => time !== undefined).toSorted()[0]
  const rows = grant.rows || asker.rows ? { ...grant.rows, ...asker.rows } : undefined
  // Two filters on one column cannot both stand in one record: then nobody's rows are written.
  const isContrary = Object.entries(grant.rows ?? {}).some(([column, value]) => rows?.[column] !== value)
  const leads = [grant.leadId, asker.leadId].filter((id) => id !== null)
  const mayWrite = !isContrary && new Set(leads).size <= 1
  return {
    effects: grant.effects.filter((effect) => asker.effects.includes(effect) && (effect !== "write" || mayWrite)),
    actions,
    maxCalls: Math.min(grant.maxCalls, asker.maxCalls),
    leadId: leads[0] ?? null,
    ...(ask && ask.length > 0 ? { ask } : {}),
    ...(deny.length > 0 ? { deny } : {}),
    ...(fields ? { fields } : {}),
    ...(hosts ? { hosts } : {}),
    ...(rows ? { rows } : {}),
    ...(until ? { until } : {}),
  }
}

/** The patterns of what may be called at all; null for everything. */
function named({ actions, ask = [] }: Grant): string[] | null {
  return actions && [...actions, ...ask]
}

function sharedPatterns(these: string[] | null, those: string[] | null): string[] | null {
  if (these === null || those === null) return these ?? those
  const shared = these.flatMap((one) =>
    those.flatMap((other) => (covers([one], other) ? [other] : covers([other], one) ? [one] : [])),
  )
  return [...new Set(shared)]
}

function sharedHosts(host: string, hosts: string[]): string[] {
  const isIn = (one: string, pattern: string) => one === pattern || coversHost([pattern], one.replace(/^\*\./, "a."))
  return hosts.flatMap((other) => (isIn(host, other) ? [host] : isIn(other, host) ? [other] : []))
}

function shared(
  these: string[] | undefined,
  those: string[] | undefined,
  both: (one: string, list: string[]) => string[],
): string[] | undefined {
  if (!these || !those) return these ?? those
  return [...new Set(these.flatMap((one) => both(one, those)))]
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
    if (!isInside)
      return `This run works on ${only} alone, and not on ${subject.entity} ${subject.id}.${await hintOn(store, grant.leadId, subject)}`
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

/** What else a run is told that would write about the company which it has itself concluded its lead works for. */
async function hintOn(store: Store, leadId: number | null, { entity }: Subject): Promise<string> {
  if (leadId === null || entity !== "company" || !(await isCompanyInferred(store, leadId))) return ""
  return " That the lead works there was only inferred; a company's facts wait until its page or a person says so."
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
