import { and, asc, eq, isNotNull, isNull } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import type { IdentityValue } from "../identity.ts"
import { type EmployerMarks, identityKey } from "./marks.ts"

type Employer = { id: number | null; domain: string | null }

/** The companies of many leads at once, by the rule of `companyOf`: one id, or null where there is no clue, for each clue. */
export async function employersOf(db: Db, clues: EmployerMarks[], now: string): Promise<(number | null)[]> {
  const known = await knownEmployers(db, clues)
  const fresh: { clue: EmployerMarks; employer: Employer; identities: IdentityValue[] }[] = []

  function employerOf(clue: EmployerMarks): Employer | null {
    const { name, domain } = clue.clue
    for (const identity of clue.identities) {
      const owner = known.byIdentity.get(identityKey(identity))
      if (owner) return owner
    }
    if (!name && !domain) return null
    const same = clue.nameKey ? known.byName.get(clue.nameKey) : undefined
    if (same && (!domain || !same.domain)) return same
    const employer = { id: null, domain: domain ?? null }
    if (clue.nameKey && !same) known.byName.set(clue.nameKey, employer)
    for (const identity of clue.identities) known.byIdentity.set(identityKey(identity), employer)
    fresh.push({ clue, employer, identities: clue.identities })
    return employer
  }

  const employers = clues.map(employerOf)
  const ids = await db.bulk.insert(
    "companies",
    ["name", "domain", "linkedinUrl", "nameKey", "createdAt", "updatedAt"],
    fresh.map(({ clue: { clue, nameKey } }) => [
      ...[clue.name, clue.domain ?? null, clue.linkedinUrl ?? null],
      ...[nameKey, now, now],
    ]),
  )
  for (const [i, { employer }] of fresh.entries()) employer.id = ids[i] ?? null
  await db.bulk.insert(
    "identities",
    ["companyId", "kind", "value", "createdAt"],
    fresh.flatMap(({ employer, identities }) => identities.map(({ kind, value }) => [employer.id, kind, value, now])),
  )
  return employers.map((employer) => employer?.id ?? null)
}

async function knownEmployers(db: Db, clues: EmployerMarks[]) {
  const { companies, identities } = tables
  const byIdentity = new Map<string, Employer>()
  const byName = new Map<string, Employer>()
  for (const kind of ["domain", "linkedin"] as const) {
    const values = new Set(
      clues.flatMap((clue) => clue.identities).flatMap((one) => (one.kind === kind ? [one.value] : [])),
    )
    const found = await db
      .select({ id: identities.companyId, value: identities.value })
      .from(identities)
      .where(and(eq(identities.kind, kind), isOneOf(identities.value, values), isNotNull(identities.companyId)))
    for (const { id, value } of found) byIdentity.set(identityKey({ kind, value }), { id, domain: null })
  }
  const names = new Set(clues.flatMap(({ nameKey }) => (nameKey ? [nameKey] : [])))
  const named = await db
    .select({ id: companies.id, domain: companies.domain, nameKey: companies.nameKey })
    .from(companies)
    .where(and(isOneOf(companies.nameKey, names), isNull(companies.mergedInto)))
    .orderBy(asc(companies.id))
  for (const { id, domain, nameKey } of named) {
    if (nameKey && !byName.has(nameKey)) byName.set(nameKey, { id, domain })
  }
  return { byIdentity, byName }
}
