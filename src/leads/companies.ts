import { asc, eq, isNotNull } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { identityValue } from "./identity.ts"
import { companyKey } from "./normal-forms/company-name.ts"
import { addIdentity, ownerOf } from "./owners.ts"
import { endsOf } from "./redirects.ts"

export type CompanyClue = { name: string | null; domain?: string | null; linkedinUrl?: string | null }

/** The company that a lead works for: found by domain, LinkedIn page or name, otherwise made. One that was merged
 * is the one that it was merged into. Null when there is no clue. */
export async function companyOf(db: Db, clue: CompanyClue, now: string): Promise<number | null> {
  const identities = [
    { kind: "domain", text: clue.domain },
    { kind: "linkedin", text: clue.linkedinUrl },
  ] as const
  for (const { kind, text } of identities) {
    const value = text ? identityValue("company", kind, text) : null
    const owner = value && (await ownerOf(db, "company", { kind, value }))
    if (owner) return endOf(db, owner)
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

/** The company that has the name, or else the one that a company of that name was merged into. */
async function companyNamed(db: Db, nameKey: string) {
  const { id, domain, mergedInto } = tables.companies
  const [named] = await db
    .select({ id, domain, mergedInto })
    .from(tables.companies)
    .where(eq(tables.companies.nameKey, nameKey))
    .orderBy(isNotNull(mergedInto), asc(id))
    .limit(1)
  if (!named || named.mergedInto === null) return named ?? null
  const [found] = await db
    .select({ id, domain })
    .from(tables.companies)
    .where(eq(id, await endOf(db, named.id)))
  return found ?? null
}

async function endOf(db: Db, id: number): Promise<number> {
  return (await endsOf(db, "company", [id])).get(id) ?? id
}
