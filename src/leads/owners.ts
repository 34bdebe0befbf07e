import { and, eq, isNotNull } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import type { Entity } from "./fields.ts"
import { type IdentityKind, type IdentityValue, identityValue } from "./identity.ts"

/** Gives an identity to a lead or company unless another has it. Returns the id of whom it belongs to. */
export async function addIdentity(
  db: Db,
  entity: Entity,
  id: number,
  kind: IdentityKind,
  text: string,
  now: string,
): Promise<number> {
  const value = identityValue(entity, kind, text)
  if (!value) return id
  const owner = await ownerOf(db, entity, { kind, value })
  if (owner !== null) return owner
  const whose = entity === "lead" ? { leadId: id } : { companyId: id }
  await db.insert(tables.identities).values({ ...whose, kind, value, createdAt: now })
  return id
}

/** The lead or company that an identity belongs to. */
export async function ownerOf(db: Db, entity: Entity, { kind, value }: IdentityValue): Promise<number | null> {
  const column = entity === "lead" ? tables.identities.leadId : tables.identities.companyId
  const [found] = await db
    .select({ id: column })
    .from(tables.identities)
    .where(and(eq(tables.identities.kind, kind), eq(tables.identities.value, value), isNotNull(column)))
  return found?.id ?? null
}
