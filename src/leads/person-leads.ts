import { and, eq, inArray, or, type SQL, sql } from "drizzle-orm"
import { type JsonObject, jsonText } from "../db/json.ts"
import type { Db } from "../db/store.ts"
import { identityKinds } from "../db/tables/leads.ts"
import { tables } from "../db/tables.ts"
import type { IdentityValue } from "./identity.ts"
import { ownerOf } from "./owners.ts"
import { isGone } from "./person-history.ts"
import { rowOf } from "./values.ts"

const { leads, identities, changes } = tables
const { before } = changes

/** Which leads a person is. removed: this one stands in the journal alone, and the same person is another lead now. */
type Leads = { kind: "found"; ids: number[] } | { kind: "none" } | { kind: "removed"; now: number }

/** The leads that are one person: those that were merged into one another, and those that an undo removed, which stand in the journal
 * alone. The one that others were merged into comes first. */
export async function leadsOfPerson(db: Db, id: number): Promise<Leads> {
  const [lead] = await db.select({ id: leads.id }).from(leads).where(eq(leads.id, id))
  const removed = lead ? [] : await removedLeads(db, [id])
  if (!lead && removed.length === 0) return { kind: "none" }
  const ids = new Set(lead ? [(await rowOf(db, { entity: "lead", id })).id, id] : [id])
  for (const identity of lead ? [] : await lostIdentities(db, [id])) {
    const now = await ownerOf(db, "lead", identity)
    if (now !== null) return { kind: "removed", now }
  }
  for (let known = 0; known !== ids.size; ) {
    known = ids.size
    const merged = await db
      .select({ id: leads.id })
      .from(leads)
      .where(inArray(leads.mergedInto, [...ids]))
    for (const one of [...merged.map((row) => row.id), ...(await removedAs(db, [...ids]))]) ids.add(one)
  }
  return { kind: "found", ids: [...ids] }
}

/** What those of these leads that are gone were when they were removed. */
export async function removedLeads(db: Db, ids: number[]): Promise<JsonObject[]> {
  const rows = await db
    .select({ before })
    .from(changes)
    .where(and(wasRemoved("leads"), inArray(changes.rowId, ids)))
    .orderBy(changes.id)
  return rows.flatMap((row) => (row.before === null ? [] : [row.before]))
}

/** What recognised these leads until it was removed, alone or together with its lead. */
export async function lostIdentities(db: Db, ids: number[]): Promise<IdentityValue[]> {
  const rows = await db
    .select({ before })
    .from(changes)
    .where(and(wasRemoved("identities"), inArray(numberIn("lead_id"), ids)))
  return rows.flatMap((row) => {
    const kind = identityKinds.find((one) => one === row.before?.kind)
    const value = row.before?.value
    return kind !== undefined && typeof value === "string" ? [{ kind, value }] : []
  })
}

/** Removed leads that had an address of these leads, or their name at their company, or had been merged into one of them. */
async function removedAs(db: Db, ids: number[]): Promise<number[]> {
  const own = await db
    .select({ kind: identities.kind, value: identities.value })
    .from(identities)
    .where(inArray(identities.leadId, ids))
  const lost: IdentityValue[] = []
  for (const identity of await lostIdentities(db, ids)) {
    if ((await ownerOf(db, "lead", identity)) === null) lost.push(identity)
  }
  const values = [...own, ...lost].map(({ kind, value }) => `${kind} ${value}`)
  const withAddress = await db
    .selectDistinct({ id: numberIn("lead_id") })
    .from(changes)
    .where(
      and(
        wasRemoved("identities"),
        inArray(sql`${jsonText(before, "kind")} || ' ' || ${jsonText(before, "value")}`, values),
        sql`${numberIn("lead_id")} NOT IN (SELECT id FROM leads)`,
      ),
    )
  const named = await db.select({ name: leads.name, company: leads.company }).from(leads).where(inArray(leads.id, ids))
  const asNamed = [...named, ...(await removedLeads(db, ids))].flatMap(({ name, company }) =>
    typeof name === "string" && typeof company === "string"
      ? [and(eq(jsonText(before, "name"), name), eq(jsonText(before, "company"), company))]
      : [],
  )
  const removed = await db
    .selectDistinct({ id: changes.rowId })
    .from(changes)
    .where(and(wasRemoved("leads"), or(inArray(numberIn("merged_into"), ids), ...asNamed)))
  return [...withAddress, ...removed].map(({ id }) => id)
}

function wasRemoved(table: "leads" | "identities"): SQL | undefined {
  return and(isGone(table), eq(changes.op, "delete"))
}

function numberIn(column: "lead_id" | "merged_into"): SQL<number> {
  return sql<number>`cast(${jsonText(before, column)} as bigint)`
}
