import { and, asc, gt, inArray, isNotNull, max } from "drizzle-orm"
import { isOneOf } from "../../db/bulk.ts"
import type { Db, Store } from "../../db/store.ts"
import { tables } from "../../db/tables.ts"
import { type KeyTable, openKeyTable } from "./key-table.ts"
import { identityKey, keyHash, nameWithCompany } from "./marks.ts"

/** Which leads may have a key (an identity, or name with company), while the indexes that would tell are put aside. It misses no lead,
 * and now and then names one that has not the key: whoever asks looks at the lead itself. About 25 MB for a million leads. */
export type Memory = Pick<KeyTable, "add" | "leadsWith"> & {
  /** To be called first in every transaction: takes in what others wrote since the last one. */
  catchUp(db: Db): Promise<void>
  /** To be called last: what was written until now is remembered. */
  keptUp(db: Db): Promise<void>
  /** Takes in leads as they are now. */
  remember(db: Db, ids: number[]): Promise<void>
}

const leadsAtOnce = 2_000

export async function openMemory(store: Store): Promise<Memory> {
  const keys = openKeyTable()
  let seen = await store.read(lastChange)

  async function remember(db: Db, ids: number[]): Promise<void> {
    const { leads, identities } = tables
    for (const lead of await db
      .select({ id: leads.id, name: leads.name, company: leads.company })
      .from(leads)
      .where(isOneOf(leads.id, ids))) {
      const key = nameWithCompany(lead)
      if (key !== null) keys.add(keyHash(key), lead.id)
    }
    for (const { leadId, kind, value } of await db
      .select({ leadId: identities.leadId, kind: identities.kind, value: identities.value })
      .from(identities)
      .where(and(isOneOf(identities.leadId, ids), isNotNull(identities.leadId)))) {
      if (leadId !== null) keys.add(keyHash(identityKey({ kind, value })), leadId)
    }
  }

  for (let last = 0; ; ) {
    const ids = await store.read((db) => leadsAfter(db, last))
    await store.read((db) => remember(db, ids))
    last = ids.at(-1) ?? last
    if (ids.length < leadsAtOnce) break
  }

  return {
    add: keys.add,
    leadsWith: keys.leadsWith,
    remember,
    async catchUp(db) {
      const last = await lastChange(db)
      if (last > seen) await remember(db, await leadsChangedSince(db, seen))
      seen = last
    },
    async keptUp(db) {
      seen = await lastChange(db)
    },
  }
}

async function leadsAfter(db: Db, last: number): Promise<number[]> {
  const { id } = tables.leads
  const found = await db.select({ id }).from(tables.leads).where(gt(id, last)).orderBy(asc(id)).limit(leadsAtOnce)
  return found.map((lead) => lead.id)
}

async function lastChange(db: Db): Promise<number> {
  const [found] = await db.select({ id: max(tables.changes.id) }).from(tables.changes)
  return found?.id ?? 0
}

async function leadsChangedSince(db: Db, seen: number): Promise<number[]> {
  const { changes, identities } = tables
  const changed = await db
    .select({ table: changes.tableName, row: changes.rowId })
    .from(changes)
    .where(and(gt(changes.id, seen), inArray(changes.tableName, ["leads", "identities"])))
  const rows = (table: string) => changed.flatMap((one) => (one.table === table ? [one.row] : []))
  const owners = await db
    .select({ leadId: identities.leadId })
    .from(identities)
    .where(isOneOf(identities.id, rows("identities")))
  return [...new Set([...rows("leads"), ...owners.flatMap(({ leadId }) => leadId ?? [])])]
}
