import { and, eq } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { fieldNamed } from "./custom-fields.ts"
import { type Entity, type Field, fieldsOf, teamFields } from "./fields.ts"
import { identityValue } from "./identity.ts"
import { contradiction, mergeInto } from "./merge.ts"
import { addIdentity } from "./owners.ts"
import { isSame, presentValue, type Row, rowOf, type Subject, setCurrent, standingOf } from "./values.ts"

/** set: `merged` is the lead or company that had this address, and turned out to be the same one. */
type Edited = { kind: "set"; merged: number | null } | { kind: "unchanged" } | { kind: "refused"; reason: string }

/** What a person says of a value; null takes the value away, and keeps agents from filling it in again. */
type Edit = { field: string; value: Json }

/** Sets a value as a person: no agent overwrites it from then on. Throws EntityNotFound. */
export async function editValue(
  store: Store,
  author: Author,
  subject: Subject,
  edit: Edit,
  now: Date,
): Promise<Edited> {
  return store.change(author, (db) => editWithin(db, author, subject, edit, now.toISOString()))
}

/** `editValue` within a transaction. */
export async function editWithin(db: Db, author: Author, asked: Subject, edit: Edit, now: string): Promise<Edited> {
  const { entity } = asked
  if (!author.actor.startsWith("human:"))
    return { kind: "refused", reason: "Only a person sets a value; agents learn it." }
  const field = await editableField(db, entity, edit.field)
  if (!field) return { kind: "refused", reason: `${edit.field} is no field of a ${entity}: ${names(entity)}.` }
  const value = edit.value === null ? null : field.normalise(edit.value)
  if (value === null && edit.value !== null) {
    return { kind: "refused", reason: `${JSON.stringify(edit.value)} is no ${field.name}.` }
  }
  if (value === null && field.name === "status") return { kind: "refused", reason: "A lead always has a status." }
  const before = await rowOf(db, asked)
  const subject = { entity, id: before.id }
  const standing = await standingOf(db, entity, before, field)
  if (isSame(presentValue(before, field), value) && (standing?.basis === "human" || value === null))
    return { kind: "unchanged" }

  const met = await settleIdentity(db, author, subject, before, field, value, now)
  if (met.kind === "refused") return met
  const row = met.merged === null ? before : await rowOf(db, subject)
  const fact = { value, basis: "human" as const, evidenceId: null, quote: null, reason: `Set by ${author.actor}.` }
  await setCurrent(db, author, subject, row, field, fact, now)
  return met
}

/** A new address recognises from now on, and whoever had it before is the same one; an address taken away recognises no longer. */
async function settleIdentity(
  db: Db,
  author: Author,
  { entity, id }: Subject,
  row: Row,
  field: Field,
  value: Json,
  now: string,
): Promise<Exclude<Edited, { kind: "unchanged" }>> {
  if (field.identity === null) return { kind: "set", merged: null }
  if (typeof value === "string") {
    const owner = await addIdentity(db, entity, id, field.identity, value, now)
    if (owner === id) return { kind: "set", merged: null }
    const differ = await contradiction(db, entity, id, owner)
    if (differ) return { kind: "refused", reason: `${value} belongs to ${entity} ${owner}, and ${differ}.` }
    await mergeInto(db, author, entity, id, owner, now)
    return { kind: "set", merged: owner }
  }
  const present = presentValue(row, field)
  const taken = typeof present === "string" ? identityValue(entity, field.identity, present) : null
  const { identities } = tables
  const whose = entity === "lead" ? identities.leadId : identities.companyId
  if (taken !== null) {
    await db
      .delete(identities)
      .where(and(eq(whose, id), eq(identities.kind, field.identity), eq(identities.value, taken)))
  }
  return { kind: "set", merged: null }
}

/** People may also set what the team decides about a lead. */
async function editableField(db: Db, entity: Entity, name: string): Promise<Field | null> {
  const own = entity === "lead" && Object.hasOwn(teamFields, name) ? teamFields[name] : undefined
  return own ?? fieldNamed(db, entity, name)
}

function names(entity: Entity): string {
  return [...Object.keys(fieldsOf(entity)), ...(entity === "lead" ? Object.keys(teamFields) : [])].join(", ")
}
