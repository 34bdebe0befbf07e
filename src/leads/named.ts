import { and, desc, inArray, isNull, sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Lead, tables } from "../db/tables.ts"
import { identityValue } from "./identity.ts"
import { ownerOf } from "./owners.ts"

/** one: the lead that was meant. several: a person has to choose. */
type Named = { kind: "one"; lead: Lead } | { kind: "several"; leads: Lead[] } | { kind: "none" }

/** The lead that a person names by number, email, LinkedIn address, X handle or name. */
export async function leadNamed(store: Store, text: string): Promise<Named> {
  const { leads } = tables
  const ids = /^\d+$/.test(text) ? [Number(text)] : await idsOf(store, text)
  const found = await store.read((db) =>
    db
      .select()
      .from(leads)
      .where(
        ids.length > 0
          ? inArray(leads.id, ids)
          : and(sql`lower(coalesce(${leads.name}, '')) = ${text.trim().toLowerCase()}`, isNull(leads.mergedInto)),
      )
      .orderBy(desc(leads.id))
      .limit(20),
  )
  const [lead] = found
  if (!lead) return { kind: "none" }
  return found.length === 1 ? { kind: "one", lead } : { kind: "several", leads: found }
}

async function idsOf(store: Store, text: string): Promise<number[]> {
  const owners = await store.read((db) =>
    Promise.all(
      (["email", "linkedin", "x"] as const).map((kind) => {
        const value = kind === "x" && !/^@|\//.test(text) ? null : identityValue("lead", kind, text)
        return value ? ownerOf(db, "lead", { kind, value }) : null
      }),
    ),
  )
  return owners.filter((id) => id !== null)
}
