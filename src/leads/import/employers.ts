import { and, asc, eq, isNotNull, isNull } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import type { CompanyClue } from "../companies.ts"
import { type IdentityValue, identityValue } from "../identity.ts"
import { companyKey } from "../normal-forms.ts"

type Employer = { id: number | null; domain: string | null }
type Clue = { clue: CompanyClue; identities: IdentityValue[]; nameKey: string | null }

/** The companies of many leads at once, by the rule of `companyOf`: one id, or null where there is no clue, for each clue. */
export async function employersOf(db: Db, clues: CompanyClue[], now: string): Promise<(number | null)[]> {
  const read = clues.map(readClue)
  const known = await knownEmployers(db, read)
  const fresh: { clue: Clue; employer: Employer; identities: IdentityValue[] }[] = []

  function employerOf(clue: Clue): Employer | null {
    const { name, domain } = clue.clue
    for (const identity of clue.identities) {
      const owner = known.byIdentity.get(keyOf(identity))
      if (owner) return owner
    }
    if (!name && !domain) return null
    const same = clue.nameKey ? known.byName.get(clue.nameKey) : undefined
    if (same && (!domain || !same.domain)) return same
    const employer = { id: null, domain: domain ?? null }
    if (clue.nameKey && !same) known.byName.set(clue.nameKey, employer)
    for (const identity of clue.identities) known.byIdentity.set(keyOf(identity), employer)
    fresh.push({ clue, employer, identities: clue.identities })
    return employer
  }

  const employers = read.map(employerOf)
  const ids = await db.bulk.insert(
    "companies",
    fresh.map(({ clue: { clue, nameKey } }) => ({ ...columnsOf(clue), nameKey, createdAt: now, updatedAt: now })),
  )
  for (const [i, { employer }] of fresh.entries()) employer.id = ids[i] ?? null
  await db.bulk.insert(
    "identities",
    fresh.flatMap(({ employer, identities }) =>
      identities.map((identity) => ({ ...identity, companyId: employer.id, createdAt: now })),
    ),
  )
  return employers.map((employer) => employer?.id ?? null)
}

function readClue(clue: CompanyClue): Clue {
  const texts = [
    { kind: "domain", text: clue.domain },
    { kind: "linkedin", text: clue.linkedinUrl },
  ] as const
  const identities = texts.flatMap(({ kind, text }) => {
    const value = text ? identityValue("company", kind, text) : null
    return value ? [{ kind, value }] : []
  })
  return { clue, identities, nameKey: clue.name ? companyKey(clue.name) : null }
}

async function knownEmployers(db: Db, clues: Clue[]) {
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
    for (const { id, value } of found) byIdentity.set(keyOf({ kind, value }), { id, domain: null })
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

function keyOf({ kind, value }: IdentityValue): string {
  return `${kind} ${value}`
}

function columnsOf({ name, domain, linkedinUrl }: CompanyClue) {
  return { name, domain: domain ?? null, linkedinUrl: linkedinUrl ?? null }
}
