import { and, eq, isNotNull } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import { sortKey } from "../../db/sorting.ts"
import type { Db } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import type { IdentityKind } from "../identity.ts"
import { type Batch, fromBytes } from "./batch.ts"
import { identityKey, keyHash, nameForms, nameWithCompany } from "./marks.ts"
import type { Memory } from "./memory.ts"

/** The places of rows that may be of somebody who is there already: one of their identities is, or their name at their company.
 * `among` are the leads that they may be of; null where any lead is asked for by index. */
export type Known = { places: number[]; among: number[] | null }

export async function knownIn(db: Db, batch: Batch, memory: Memory | null): Promise<Known> {
  if (memory) return lookUp(batch, memory.leadsWith)
  const hashes = new Set([...(await knownIdentities(db, batch)), ...(await knownNames(db, batch))])
  const { places } = lookUp(batch, (hash) => (hashes.has(hash) ? [0] : []))
  return { places, among: null }
}

function lookUp({ keys }: Batch, leadsWith: (hash: number) => number[]): { places: number[]; among: number[] } {
  const places: number[] = []
  const among: number[] = []
  for (let i = 0; i < keys.length; i += 2) {
    const leads = leadsWith(keys[i + 1] ?? 0)
    if (leads.length === 0) continue
    places.push(keys[i] ?? 0)
    for (const lead of leads) among.push(lead)
  }
  return { places, among }
}

async function knownIdentities(db: Db, batch: Batch): Promise<number[]> {
  const { identities } = tables
  const said = fromBytes<[place: number, kind: IdentityKind, value: string][]>(batch.identities)
  const hashes: number[] = []
  for (const kind of ["email", "linkedin", "x"] as const) {
    const values = said.flatMap((one) => (one[1] === kind ? [one[2]] : []))
    if (values.length === 0) continue
    const found = await db
      .select({ value: identities.value })
      .from(identities)
      .where(and(eq(identities.kind, kind), isOneOf(identities.value, values), isNotNull(identities.leadId)))
    for (const { value } of found) hashes.push(keyHash(identityKey({ kind, value })))
  }
  return hashes
}

async function knownNames(db: Db, batch: Batch): Promise<number[]> {
  const { leads } = tables
  const names = fromBytes<string[]>(batch.names)
  if (names.length === 0) return []
  const found = await db
    .select({ name: leads.name, company: leads.company })
    .from(leads)
    .where(isOneOf(sortKey(leads.name), nameForms(names)))
  const keys = found.map(nameWithCompany)
  return keys.flatMap((key) => (key === null ? [] : [keyHash(key)]))
}
