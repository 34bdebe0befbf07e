import { and, eq, isNotNull, isNull, type SQL } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import { sortKey } from "../../db/sorting.ts"
import type { Db } from "../../db/store.ts"
import { type Lead, tables } from "../../db/tables.ts"
import type { PersonColumn } from "../fields.ts"
import { type IdentityValue, identityValue } from "../identity.ts"
import type { MarkedRow } from "./batch.ts"
import type { ImportedLead } from "./lead-file.ts"
import { identityKey, type Marks, nameWithCompany } from "./marks.ts"

export type KnownLead = Pick<Lead, "id" | PersonColumn | "owner" | "value" | "custom">

/** A row with those of its identities that nobody has yet. */
export type PersonRow = MarkedRow & { identities: IdentityValue[] }

/** Who some rows are about: leads that are there already, and people who are not, each with their rows in order. */
export type People = {
  known: { lead: KnownLead; rows: PersonRow[] }[]
  fresh: { first: PersonRow; more: PersonRow[] }[]
  /** People who were taken for several until a row named them together. */
  met: Met[][]
}

/** A lead that was there, or the place among the fresh ones. */
export type Met = { lead: KnownLead } | { fresh: number }

type Person = { rows: PersonRow[]; slug: string | null }

/** Recognises people by email, LinkedIn, X, or name with company, in that order of trust; also those whom the rows name twice. Where
 * `among` is given, they are none but these leads. */
export async function peopleIn(db: Db, rows: MarkedRow[], among: number[] | null): Promise<People> {
  const leads = new Map<Person, KnownLead>()
  const { byIdentity, byName } = await findKnown(db, rows, among, leads)
  const fresh: Person[] = []
  const met: Person[][] = []

  for (const row of rows) {
    const { marks } = row
    const { identities } = marks
    const free = identities.filter((identity) => !byIdentity.has(identityKey(identity)))
    const owners = new Set(identities.flatMap((identity) => byIdentity.get(identityKey(identity)) ?? []))
    if (owners.size > 1) met.push([...owners])
    const [owner] = owners
    const slug = identities.find(({ kind }) => kind === "linkedin")?.value ?? null
    const person = owner ?? namesake(marks, slug) ?? newPerson(marks)
    person.rows.push({ ...row, identities: free })
    person.slug ??= slug
    for (const identity of free) byIdentity.set(identityKey(identity), person)
  }
  return {
    known: [...leads].flatMap(([{ rows }, lead]) => (rows.length > 0 ? [{ lead, rows }] : [])),
    fresh: fresh.flatMap(({ rows: [first, ...more] }) => (first ? [{ first, more }] : [])),
    met: met.map((people) => people.map((person) => placeOf(person))),
  }

  function placeOf(person: Person): Met {
    const lead = leads.get(person)
    return lead ? { lead } : { fresh: fresh.indexOf(person) }
  }

  /** The same name at the same company; but two different LinkedIn pages are two people. */
  function namesake(marks: Marks, slug: string | null): Person | undefined {
    const person = marks.namesake ? byName.get(marks.namesake.key) : undefined
    return person?.slug && slug && person.slug !== slug ? undefined : person
  }

  function newPerson(marks: Marks): Person {
    const person: Person = { rows: [], slug: null }
    if (marks.namesake) byName.set(marks.namesake.key, person)
    fresh.push(person)
    return person
  }
}

/** What an import may set of a lead's columns. */
export function columnsOf(row: ImportedLead): Pick<KnownLead, PersonColumn> {
  return {
    name: row.name,
    title: row.title,
    company: row.company,
    email: row.emails[0] ?? null,
    phone: row.phones[0] ?? null,
    linkedinUrl: row.linkedinUrl,
    xHandle: row.xHandle,
    location: row.location,
  }
}

/** The leads that rows may already be, by every way of recognising them. */
async function findKnown(db: Db, rows: MarkedRow[], among: number[] | null, leads: Map<Person, KnownLead>) {
  const people = new Map<number, Person>()
  /** Null for what belongs to a lead that is gone. */
  const byIdentity = new Map<string, Person | null>()
  const byName = new Map<string, Person>()
  const wanted = rows.flatMap(({ marks }) => marks.identities)
  const owners = await ownersOf(db, wanted, among)
  const names = new Set(rows.flatMap(({ marks }) => marks.namesake?.forms ?? []))
  const isAmong = among ? isOneOf(tables.leads.id, among) : undefined
  const named = await selectKnown(
    db,
    and(isOneOf(sortKey(tables.leads.name), names), isNull(tables.leads.mergedInto), isAmong),
  )
  for (const lead of named) {
    const person = personOf(lead)
    const key = nameWithCompany(lead)
    if (key !== null) byName.set(key, person)
  }
  const others = new Set([...owners.values()].filter((id) => !people.has(id)))
  for (const lead of await selectKnown(db, isOneOf(tables.leads.id, others))) personOf(lead)
  for (const [key, id] of owners) byIdentity.set(key, people.get(id) ?? null)
  return { byIdentity, byName }

  function personOf(lead: KnownLead): Person {
    const slug = lead.linkedinUrl ? identityValue("lead", "linkedin", lead.linkedinUrl) : null
    const person = people.get(lead.id) ?? { rows: [], slug }
    people.set(lead.id, person)
    leads.set(person, lead)
    return person
  }
}

async function ownersOf(db: Db, wanted: IdentityValue[], among: number[] | null): Promise<Map<string, number>> {
  const { identities } = tables
  const isAmong = among ? isOneOf(identities.leadId, among) : undefined
  const owners = new Map<string, number>()
  for (const kind of ["email", "linkedin", "x"] as const) {
    const values = new Set(wanted.flatMap((identity) => (identity.kind === kind ? [identity.value] : [])))
    const found = await db
      .select({ leadId: identities.leadId, value: identities.value })
      .from(identities)
      .where(and(eq(identities.kind, kind), isOneOf(identities.value, values), isNotNull(identities.leadId), isAmong))
    for (const { leadId, value } of found) if (leadId !== null) owners.set(identityKey({ kind, value }), leadId)
  }
  return owners
}

function selectKnown(db: Db, where: SQL | undefined): Promise<KnownLead[]> {
  const { id, name, title, company, email, phone, linkedinUrl, xHandle, location, owner, value, custom } = tables.leads
  return db
    .select({ id, name, title, company, email, phone, linkedinUrl, xHandle, location, owner, value, custom })
    .from(tables.leads)
    .where(where)
}
