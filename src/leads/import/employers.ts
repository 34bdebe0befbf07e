import { and, asc, eq, isNotNull } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import type { IdentityValue } from "../identity.ts"
import { endsOf } from "../redirects.ts"
import { type CompanySays, fillCompanies } from "./company-gaps.ts"
import { type EmployerMarks, identityKey } from "./marks.ts"

type Employer = { id: number | null; domain: string | null; identities: IdentityValue[]; says: CompanySays }

/** The companies of many leads at once, by the rule of `companyOf`: one id, or null where there is no clue, for each clue. What a company
 * lacks and a clue says is set. */
export async function employersOf(db: Db, clues: EmployerMarks[], now: string): Promise<(number | null)[]> {
  const known = await knownEmployers(db, clues)
  const fresh: { clue: EmployerMarks; employer: Employer }[] = []
  const told = new Set<Employer>()

  function employerOf(clue: EmployerMarks): Employer | null {
    const employer = knownOf(clue) ?? freshOf(clue)
    if (!employer || Object.keys(clue.says).length === 0) return employer
    employer.says = { ...clue.says, ...employer.says }
    employer.domain ??= clue.says.domain ?? null
    for (const identity of clue.identities) {
      const isSaid = identity.kind === "domain" ? clue.says.domain : clue.says.linkedinUrl
      if (!isSaid || known.byIdentity.has(identityKey(identity))) continue
      if (employer.identities.some(({ kind }) => kind === identity.kind)) continue
      employer.identities.push(identity)
      known.byIdentity.set(identityKey(identity), employer)
    }
    if (employer.id !== null) told.add(employer)
    return employer
  }

  function knownOf(clue: EmployerMarks): Employer | null {
    for (const identity of clue.identities) {
      const owner = known.byIdentity.get(identityKey(identity))
      if (owner) return owner
    }
    const same = clue.nameKey ? known.byName.get(clue.nameKey) : undefined
    return same && (!clue.clue.domain || !same.domain) ? same : null
  }

  function freshOf(clue: EmployerMarks): Employer | null {
    const { name, domain } = clue.clue
    if (!name && !domain) return null
    const employer: Employer = { id: null, domain: domain ?? null, identities: [...clue.identities], says: {} }
    if (clue.nameKey && !known.byName.has(clue.nameKey)) known.byName.set(clue.nameKey, employer)
    for (const identity of clue.identities) known.byIdentity.set(identityKey(identity), employer)
    fresh.push({ clue, employer })
    return employer
  }

  const employers = clues.map(employerOf)
  const ids = await db.bulk.insert(
    "companies",
    ["name", "domain", "linkedinUrl", "industry", "size", "nameKey", "createdAt", "updatedAt"],
    fresh.map(({ clue: { clue, nameKey }, employer: { domain, says } }) => [
      ...[clue.name, domain, clue.linkedinUrl ?? says.linkedinUrl ?? null, says.industry ?? null, says.size ?? null],
      ...[nameKey, now, now],
    ]),
  )
  for (const [i, { employer }] of fresh.entries()) employer.id = ids[i] ?? null
  await db.bulk.insert(
    "identities",
    ["companyId", "kind", "value", "createdAt"],
    fresh.flatMap(({ employer: { id, identities } }) => identities.map(({ kind, value }) => [id, kind, value, now])),
  )
  await fillCompanies(db, new Map([...told].map(({ id, says }) => [id ?? 0, says])), now)
  return employers.map((employer) => employer?.id ?? null)
}

async function knownEmployers(db: Db, clues: EmployerMarks[]) {
  const { companies, identities } = tables
  const { id, domain, nameKey, mergedInto } = companies
  const owners: (Found & { key: string })[] = []
  for (const kind of ["domain", "linkedin"] as const) {
    const values = new Set(
      clues.flatMap((clue) => clue.identities).flatMap((one) => (one.kind === kind ? [one.value] : [])),
    )
    const found = await db
      .select({ id: identities.companyId, domain, mergedInto, value: identities.value })
      .from(identities)
      .leftJoin(companies, eq(companies.id, identities.companyId))
      .where(and(eq(identities.kind, kind), isOneOf(identities.value, values), isNotNull(identities.companyId)))
    for (const { value, ...company } of found) owners.push({ ...company, key: identityKey({ kind, value }) })
  }
  const names = new Set(clues.flatMap((clue) => (clue.nameKey ? [clue.nameKey] : [])))
  const named = await db
    .select({ id, domain, mergedInto, key: nameKey })
    .from(companies)
    .where(isOneOf(nameKey, names))
    .orderBy(isNotNull(mergedInto), asc(id))
  const employerOf = await followed(db, [...owners, ...named])
  const byIdentity = new Map(owners.map((company) => [company.key, employerOf(company)]))
  const byName = new Map<string, Employer>()
  for (const company of named) {
    if (company.key && !byName.has(company.key)) byName.set(company.key, employerOf(company))
  }
  return { byIdentity, byName }
}

type Found = { id: number | null; domain: string | null; mergedInto: number | null }

/** Companies as employers, each once; one that was merged is the one that it was merged into. */
async function followed(db: Db, found: Found[]): Promise<(company: Found) => Employer> {
  const { companies } = tables
  const merged = found.flatMap(({ id, mergedInto }) => (id === null || mergedInto === null ? [] : [id]))
  const ends = await endsOf(db, "company", merged)
  const others = await db
    .select({ id: companies.id, domain: companies.domain })
    .from(companies)
    .where(isOneOf(companies.id, new Set(ends.values())))
  const domains = new Map([...found, ...others].map(({ id, domain }) => [id, domain]))
  const employers = new Map<number | null, Employer>()
  return (company) => {
    const id = (company.id === null ? undefined : ends.get(company.id)) ?? company.id
    const employer = employers.get(id) ?? { id, domain: domains.get(id) ?? null, identities: [], says: {} }
    employers.set(id, employer)
    return employer
  }
}
