import { and, eq, isNotNull, type SQL } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import { sortKey } from "../../db/sorting.ts"
import type { Db } from "../../db/store.ts"
import { type Lead, tables } from "../../db/tables.ts"
import type { PersonColumn } from "../fields.ts"
import { type IdentityValue, identityValue } from "../identity.ts"
import { endsOf } from "../redirects.ts"
import type { MarkedRow } from "./batch.ts"
import type { ImportedLead } from "./lead-file.ts"
import { identityKey, type Marks, nameForms, nameWithCompany } from "./marks.ts"

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

type FoundLead = KnownLead & Pick<Lead, "mergedInto">
type Person = { rows: PersonRow[]; slug: string | null }

/** Recognises people by email, LinkedIn, X, or name with company, in that order of trust; also those whom the rows name twice. Where
 * `among` is given, they are none but these leads. Who was merged leads to whom it was merged into. */
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
    const person = marks.namesake === null ? undefined : byName.get(marks.namesake)
    return person?.slug && slug && person.slug !== slug ? undefined : person
  }

  function newPerson(marks: Marks): Person {
    const person: Person = { rows: [], slug: null }
    if (marks.namesake !== null) byName.set(marks.namesake, person)
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
  const { id, name } = tables.leads
  const wanted = rows.flatMap(({ marks }) => marks.identities)
  const owners = await ownersOf(db, wanted, among)
  const names = nameForms(rows.flatMap(({ row, marks }) => (marks.namesake === null ? [] : (row.name ?? []))))
  const found = new Map<number, FoundLead>()
  const find = async (where: SQL | undefined) => {
    for (const lead of await selectKnown(db, where)) found.set(lead.id, lead)
  }
  await find(and(isOneOf(sortKey(name), names), among ? isOneOf(id, among) : undefined))
  const named = [...found.values()]
  await find(isOneOf(id, new Set(owners.values()).difference(found)))
  const merged = [...found.values()].filter(isMerged).map((lead) => lead.id)
  const ends = await endsOf(db, "lead", merged)
  await find(isOneOf(id, new Set(ends.values()).difference(found)))

  const people = new Map<number, Person>()
  for (const lead of found.values()) {
    if (isMerged(lead)) continue
    const slug = lead.linkedinUrl ? identityValue("lead", "linkedin", lead.linkedinUrl) : null
    const person = { rows: [], slug }
    people.set(lead.id, person)
    leads.set(person, lead)
  }
  const personOf = (lead: number) => people.get(ends.get(lead) ?? lead)
  /** Null for what belongs to a lead that is gone. */
  const byIdentity = new Map<string, Person | null>()
  for (const [key, lead] of owners) byIdentity.set(key, personOf(lead) ?? null)
  const byName = new Map<string, Person>()
  // Whoever has the name goes before whom somebody of the name was merged into.
  for (const lead of [...named.filter(isMerged), ...named.filter((one) => !isMerged(one))]) {
    const [key, person] = [nameWithCompany(lead), personOf(lead.id)]
    if (key !== null && person) byName.set(key, person)
  }
  return { byIdentity, byName }
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

function selectKnown(db: Db, where: SQL | undefined): Promise<FoundLead[]> {
  const { id, name, title, company, email, phone, linkedinUrl, xHandle, location } = tables.leads
  const { owner, value, custom, mergedInto } = tables.leads
  return db
    .select({
      id,
      name,
      title,
      company,
      email,
      phone,
      linkedinUrl,
      xHandle,
      location,
      owner,
      value,
      custom,
      mergedInto,
    })
    .from(tables.leads)
    .where(where)
}

function isMerged({ mergedInto }: FoundLead): boolean {
  return mergedInto !== null
}
