import { and, eq, inArray, sql } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { type Lead, tables } from "../db/tables.ts"
import { type IdentityValue, identitiesOf } from "./identity.ts"
import { companyKey } from "./normal-forms/company-name.ts"
import { mailboxOf } from "./normal-forms/email.ts"
import { lostIdentities, removedLeads } from "./person-leads.ts"
import type { Traits } from "./person-traces.ts"
import type { Person } from "./suppress.ts"

/** What is known of a person who is to be forgotten. */
export type About = { traits: Traits; identities: IdentityValue[]; person: Person }

/** Everything by which the person was ever known here, also under earlier names and addresses, and by which nobody else is. */
export async function knowledgeOf(db: Db, ids: number[]): Promise<About> {
  const { leads, identities, facts, changes } = tables
  const rows = await db.select().from(leads).where(inArray(leads.id, ids)).orderBy(leads.id)
  const present = await db
    .select({ kind: identities.kind, value: identities.value })
    .from(identities)
    .where(inArray(identities.leadId, ids))
  const recognised = [...present, ...(await lostIdentities(db, ids))]
  const said = await db
    .select({ field: facts.field, value: facts.value })
    .from(facts)
    .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids)))
  const told = await db
    .select({ before: changes.before, after: changes.after })
    .from(changes)
    .where(and(eq(changes.tableName, "leads"), inArray(changes.rowId, ids)))
  const ever = (column: keyof Lead, name: string) => {
    const values: unknown[] = [
      ...rows.map((row) => row[column]),
      ...said.filter(({ field }) => field === name).map(({ value }) => value),
      ...told.flatMap(({ before, after }) => [before?.[name], after?.[name]]),
    ]
    return [...new Set(values.flatMap((value) => (typeof value === "string" && value !== "" ? [value] : [])))]
  }
  const ofKind = (kind: string) => recognised.filter((identity) => identity.kind === kind).map(({ value }) => value)
  const emails = [...ofKind("email"), ...ever("email", "email")]
  const slugs = identitiesOf("linkedin.profile", ever("linkedinUrl", "linkedin_url")).map(({ value }) => value)
  const traits = await ownTraits(db, ids, {
    names: ever("name", "name"),
    emails: [...new Set([...emails, ...emails.map(mailboxOf)])],
    phones: ever("phone", "phone"),
    slugs: [...new Set([...ofKind("linkedin"), ...slugs])],
    handles: [...new Set([...ofKind("x"), ...ever("xHandle", "x_handle").map((handle) => handle.toLowerCase())])],
  })
  const own = [
    ...traits.slugs.map((value) => ({ kind: "linkedin", value }) as const),
    ...traits.handles.map((value) => ({ kind: "x", value }) as const),
  ]
  const head = rows.find(({ mergedInto }) => mergedInto === null) ?? (await removedLeads(db, ids)).at(-1)
  const known = await ownPlace(db, ids, { name: textOf(head?.name), company: textOf(head?.company) })
  const person = { ...known, identities: own, emails: traits.emails, companyDomains: [] }
  return { traits, identities: own, person }
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null
}

/** What no other lead has, nor anybody of the team: a namesake's name and a shared telephone stay where they stand, and what had come to
 * the person by a merge that was undone is not the person's. */
async function ownTraits(db: Db, ids: number[], traits: Traits): Promise<Traits> {
  const { leads, identities } = tables
  const others = async (column: typeof leads.name | typeof leads.phone | typeof leads.email, values: string[]) => {
    const found = await db
      .select({ value: column })
      .from(leads)
      .where(and(inArray(column, values), sql`${leads.id} NOT IN ${ids}`))
    return new Set(found.map(({ value }) => value))
  }
  const recognised = async (kind: IdentityValue["kind"], values: string[]) => {
    const found = await db
      .select({ value: identities.value })
      .from(identities)
      .where(and(eq(identities.kind, kind), inArray(identities.value, values), sql`${identities.leadId} NOT IN ${ids}`))
    return new Set(found.map(({ value }) => value))
  }
  const team = await db.select({ name: tables.users.name }).from(tables.users)
  const names = (await others(leads.name, traits.names)).union(new Set(team.map(({ name }) => name)))
  const phones = await others(leads.phone, traits.phones)
  const emails = (await others(leads.email, traits.emails)).union(await recognised("email", traits.emails))
  const slugs = await recognised("linkedin", traits.slugs)
  const handles = await recognised("x", traits.handles)
  return {
    names: traits.names.filter((name) => !names.has(name)),
    phones: traits.phones.filter((phone) => !phones.has(phone)),
    emails: traits.emails.filter((email) => !emails.has(email)),
    slugs: traits.slugs.filter((slug) => !slugs.has(slug)),
    handles: traits.handles.filter((handle) => !handles.has(handle)),
  }
}

/** The name and the company, unless another lead has that name at that company. */
async function ownPlace(
  db: Db,
  ids: number[],
  known: Pick<Person, "name" | "company">,
): Promise<Pick<Person, "name" | "company">> {
  const { leads } = tables
  const { name, company } = known
  if (name === null || company === null) return known
  const namesakes = await db
    .select({ company: leads.company })
    .from(leads)
    .where(and(eq(leads.name, name), sql`${leads.id} NOT IN ${ids}`))
  const isShared = namesakes.some(
    (other) => other.company !== null && companyKey(other.company) === companyKey(company),
  )
  return isShared ? { name: null, company } : known
}

/** What is known now and what was known when a backup was made. */
export function together(now: About, then: About): About {
  const both = <T>(pick: (about: About) => T[]) => [...new Set([...pick(now), ...pick(then)])]
  return {
    person: now.person,
    identities: both(({ identities }) => identities),
    traits: {
      names: both(({ traits }) => traits.names),
      emails: both(({ traits }) => traits.emails),
      phones: both(({ traits }) => traits.phones),
      slugs: both(({ traits }) => traits.slugs),
      handles: both(({ traits }) => traits.handles),
    },
  }
}
