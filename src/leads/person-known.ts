import { and, eq, inArray, sql } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { type Lead, tables } from "../db/tables.ts"
import { type IdentityValue, identitiesOf } from "./identity.ts"
import type { Traits } from "./person-traces.ts"
import { type Person, personOf } from "./suppress.ts"

/** What is known of a person who is to be forgotten. */
export type About = { traits: Traits; identities: IdentityValue[]; person: Person }

/** Everything by which the person was ever known here, also under earlier names and addresses. */
export async function knowledgeOf(db: Db, ids: number[]): Promise<About> {
  const { leads, identities, facts, changes } = tables
  const rows = await db.select().from(leads).where(inArray(leads.id, ids)).orderBy(leads.id)
  const own = await db.select().from(identities).where(inArray(identities.leadId, ids))
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
  const ofKind = (kind: string) => own.filter((identity) => identity.kind === kind).map(({ value }) => value)
  const slugs = identitiesOf("linkedin.profile", ever("linkedinUrl", "linkedin_url")).map(({ value }) => value)
  const traits = {
    names: ever("name", "name"),
    emails: [...new Set([...ofKind("email"), ...ever("email", "email")])],
    phones: ever("phone", "phone"),
    slugs: [...new Set([...ofKind("linkedin"), ...slugs])],
    handles: [...new Set([...ofKind("x"), ...ever("xHandle", "x_handle").map((handle) => handle.toLowerCase())])],
  }
  const known = await personOf(db, ids[0] ?? 0)
  const person = { ...known, emails: traits.emails, identities: own.map(({ kind, value }) => ({ kind, value })) }
  return { traits: await ownTraits(db, ids, traits), identities: person.identities, person }
}

/** What no other lead has, nor anybody of the team: a namesake's name and a shared telephone stay where they stand. */
async function ownTraits(db: Db, ids: number[], traits: Traits): Promise<Traits> {
  const { leads } = tables
  const others = async (column: typeof leads.name | typeof leads.phone | typeof leads.email, values: string[]) => {
    if (values.length === 0) return new Set<string | null>()
    const found = await db
      .select({ value: column })
      .from(leads)
      .where(and(inArray(column, values), sql`${leads.id} NOT IN ${ids}`))
    return new Set(found.map(({ value }) => value))
  }
  const [names, phones, emails] = [
    await others(leads.name, traits.names),
    await others(leads.phone, traits.phones),
    await others(leads.email, traits.emails),
  ]
  const team = await db.select({ name: tables.users.name }).from(tables.users)
  for (const { name } of team) names.add(name)
  return {
    ...traits,
    names: traits.names.filter((name) => !names.has(name)),
    phones: traits.phones.filter((phone) => !phones.has(phone)),
    emails: traits.emails.filter((email) => !emails.has(email)),
  }
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
