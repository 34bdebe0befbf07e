import { and, asc, eq, isNull } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { identityValue } from "./identity.ts"
import { companyKey } from "./normal-forms/company-name.ts"
import { addIdentity, ownerOf } from "./owners.ts"

export type CompanyClue = { name: string | null; domain?: string | null; linkedinUrl?: string | null }

/** The company that a lead works for: found by domain, LinkedIn page or name, otherwise made. Null when there is no clue. */
export async function companyOf(db: Db, clue: CompanyClue, now: string): Promise<number | null> {
  const identities = [
    { kind: "domain", text: clue.domain },
    { kind: "linkedin", text: clue.linkedinUrl },
  ] as const
  for (const { kind, text } of identities) {
    const value = text ? identityValue("company", kind, text) : null
    const owner = value && (await ownerOf(db, "company", { kind, value }))
    if (owner) return owner
  }
  if (!clue.name && !clue.domain) return null
  const nameKey = clue.name ? companyKey(clue.name) : null
  const same = nameKey ? await companyNamed(db, nameKey) : null
  if (same && (!clue.domain || !same.domain)) return same.id
  const [made] = await db
    .insert(tables.companies)
    .values({
      name: clue.name,
      nameKey,
      domain: clue.domain ?? null,
      linkedinUrl: clue.linkedinUrl ?? null,
      createdAt: now,
      updatedAt: now,
    })
    .returning({ id: tables.companies.id })
  if (!made) return null
  for (const { kind, text } of identities) if (text) await addIdentity(db, "company", made.id, kind, text, now)
  return made.id
}

async function companyNamed(db: Db, nameKey: string) {
  const [found] = await db
    .select({ id: tables.companies.id, domain: tables.companies.domain })
    .from(tables.companies)
    .where(and(eq(tables.companies.nameKey, nameKey), isNull(tables.companies.mergedInto)))
    .orderBy(asc(tables.companies.id))
    .limit(1)
  return found ?? null
}
