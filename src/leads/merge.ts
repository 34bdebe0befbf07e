import { and, desc, eq, inArray, isNotNull, type SQL, sql } from "drizzle-orm"
import type { Json } from "../db/json.ts"
import { type Reference, references } from "../db/references.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { type Fact, type JournalledTable, tables } from "../db/tables.ts"
import { type Entity, type Field, fieldsOf, teamFields, text } from "./fields.ts"
import {
  isSame,
  presentValue,
  type Row,
  rowOf,
  type Standing,
  standingOf,
  supersede,
  tableOf,
  valueTakenAway,
} from "./values.ts"

type Merged = { kind: "merged"; keep: number; drop: number; changeset: number } | { kind: "refused"; reason: string }

/** Makes one lead of two. The kept one has the facts, evidence, timeline, reminders and identities of both, and of two values the
 * better founded one; the other stays as a redirect. Undone like anything else. Throws EntityNotFound. */
export function mergeLeads(store: Store, author: Author, keep: number, drop: number, now: Date): Promise<Merged> {
  return merge(store, author, "lead", keep, drop, now)
}

/** `mergeLeads` for companies: their leads work for the kept one. Throws EntityNotFound. */
export function mergeCompanies(store: Store, author: Author, keep: number, drop: number, now: Date): Promise<Merged> {
  return merge(store, author, "company", keep, drop, now)
}

/** Merges within a transaction. Both are leads (or companies) that stand for themselves, and not the same. */
export async function mergeInto(
  db: Db,
  author: Author,
  entity: Entity,
  keep: number,
  drop: number,
  now: string,
): Promise<void> {
  const kept = await rowOf(db, { entity, id: keep })
  const dropped = await rowOf(db, { entity, id: drop })
  await mergeValues(db, author, entity, kept, dropped, now)
  const to = entity === "lead" ? "leads" : "companies"
  await moveReferences(
    db,
    references.filter((one) => one.to === to),
    keep,
    drop,
  )
  const table = tableOf(entity)
  await db.update(table).set({ mergedInto: keep, updatedAt: now }).where(eq(table.id, drop))
  if (entity === "lead") await endTasks(db, keep, drop, now)
}

/** Why two cannot be the same for certain: another LinkedIn page, X handle or domain. Null where nothing speaks against it. */
export async function contradiction(db: Db, entity: Entity, one: number, other: number): Promise<string | null> {
  const { identities } = tables
  const owner = entity === "lead" ? identities.leadId : identities.companyId
  const known = await db
    .select({ owner, kind: identities.kind, value: identities.value })
    .from(identities)
    .where(and(inArray(owner, [one, other]), isNotNull(owner)))
  for (const kind of entity === "lead" ? (["linkedin", "x"] as const) : (["linkedin", "domain"] as const)) {
    const has = (id: number) => known.find((identity) => identity.owner === id && identity.kind === kind)
    const [first, second] = [has(one), has(other)]
    if (first && second)
      return `they have different ${kind === "domain" ? "domains" : `pages on ${kind === "x" ? "X" : "LinkedIn"}`}`
  }
  return null
}

async function merge(
  store: Store,
  author: Author,
  entity: Entity,
  keep: number,
  drop: number,
  now: Date,
): Promise<Merged> {
  return store.change(author, async (db, changeset): Promise<Merged> => {
    const kept = await rowOf(db, { entity, id: keep })
    const dropped = await rowOf(db, { entity, id: drop })
    if (kept.id === dropped.id) return { kind: "refused", reason: `They are one ${entity} already: ${kept.id}.` }
    await mergeInto(db, author, entity, kept.id, dropped.id, now.toISOString())
    return { kind: "merged", keep: kept.id, drop: dropped.id, changeset }
  })
}

/** What one of two has for a field, and what that rests on; where a person took a value away, that value. */
type Side = { row: Row; value: Json; standing: Standing | null; gone: Json }

/** Gives the kept row the better founded of two values, and keeps the other as an earlier fact. */
async function mergeValues(
  db: Db,
  author: Author,
  entity: Entity,
  kept: Row,
  dropped: Row,
  now: string,
): Promise<void> {
  const set: { [column: string]: unknown } = {}
  const custom = { ...kept.custom }
  for (const field of everyField(entity, kept, dropped)) {
    const mine = await sideOf(db, entity, kept, field)
    const theirs = await sideOf(db, entity, dropped, field)
    const takes = isBetter(theirs, mine, field)
    await settleFacts(db, author, entity, field, takes ? [theirs, mine] : [mine, theirs], kept, dropped, now)
    if (!takes || isSame(mine.value, theirs.value)) continue
    if (field.column === null) custom[field.name] = theirs.value
    else set[field.column] = theirs.value
    if (entity === "lead" && field.name === "company") set.companyId = dropped.companyId
    if (entity === "company" && field.name === "name") set.nameKey = dropped.nameKey
  }
  const lacking = Object.entries(dropped.custom).filter(([name]) => !Object.hasOwn(custom, name))
  if (entity === "lead") {
    const isSameCompany = kept.company === dropped.company && kept.companyId === null
    if (!("companyId" in set) && isSameCompany) set.companyId = dropped.companyId
    set.enrichedAt =
      [kept.enrichedAt, dropped.enrichedAt]
        .filter((at) => typeof at === "string")
        .sort()
        .at(-1) ?? null
  }
  const table = tableOf(entity)
  await db
    .update(table)
    .set({ ...set, custom: { ...custom, ...Object.fromEntries(lacking) }, updatedAt: now })
    .where(eq(table.id, kept.id))
}

/** The fields that either has, those that nobody defined too. */
export function everyField(entity: Entity, kept: Row, dropped: Row): Field[] {
  const own = { ...fieldsOf(entity), ...(entity === "lead" ? teamFields : {}) }
  const loose = [...new Set([...Object.keys(kept.custom), ...Object.keys(dropped.custom)])].filter(
    (name) => !Object.hasOwn(own, name),
  )
  return [...Object.values(own), ...loose.map((name) => text(name, null))]
}

export async function sideOf(db: Db, entity: Entity, row: Row, field: Field): Promise<Side> {
  const value = presentValue(row, field)
  const standing = await standingOf(db, entity, row, field)
  const gone = value === null && standing?.fact ? await valueTakenAway(db, standing.fact, field) : null
  return { row, value, standing, gone }
}

/** As in learning: a person's word goes before everything, an inference behind everything, and otherwise the newer wins. But who took a
 * value away said nothing of another one. */
export function isBetter(theirs: Side, mine: Side, field: Field): boolean {
  if (field.name === "status" && (theirs.value === "new" || mine.value === "new")) return mine.value === "new"
  if (!theirs.standing || saysNothingOf(theirs, mine)) return false
  if (!mine.standing || saysNothingOf(mine, theirs)) return true
  const [basis, other] = [theirs.standing.basis, mine.standing.basis]
  if (isSame(theirs.value, mine.value)) return proofs[basis] > proofs[other]
  return ranks[basis] === ranks[other] ? theirs.standing.at > mine.standing.at : ranks[basis] > ranks[other]
}

function saysNothingOf({ value, gone }: Side, other: Side): boolean {
  return value === null && other.value !== null && !isSame(gone, other.value)
}

const ranks = { human: 2, imported: 1, observed: 1, inferred: 0 }
/** Of one value said twice, the better proof stays. */
const proofs = { human: 3, observed: 2, imported: 1, inferred: 0 }

/** One fact stays current, the winner's; a value that rested on no fact gets one, so that neither is lost. */
async function settleFacts(
  db: Db,
  author: Author,
  entity: Entity,
  field: Field,
  [winner, loser]: [Side, Side],
  kept: Row,
  dropped: Row,
  now: string,
): Promise<void> {
  const { facts } = tables
  const from = (side: Side) =>
    `It stood on ${entity} ${side.row.id}${side.row.id === dropped.id ? `, merged into ${kept.id}` : ""}.`
  const loses = !isSame(winner.value, loser.value) && loser.value !== null && loser.value !== "new"
  const keepAs = async (side: Side, standing: Standing, state: Fact["state"]) =>
    db.insert(facts).values({
      entity,
      entityId: kept.id,
      field: field.name,
      value: side.value,
      basis: standing.basis,
      state,
      reason: from(side),
      runId: author.runId ?? null,
      createdAt: standing.at || now,
    })
  // Also a fact that no longer says what stands there.
  const past = winner.standing?.fact ? [loser] : [loser, winner]
  for (const { row } of past) await supersede(db, { entity, id: row.id }, field)
  if (loser.standing && !loser.standing.fact && loses) await keepAs(loser, loser.standing, "superseded")
  const comes = winner.row.id === dropped.id && !isSame(winner.value, loser.value) && winner.value !== null
  if (winner.standing && !winner.standing.fact && comes) await keepAs(winner, winner.standing, "current")
}

export type MovedCell = { table: JournalledTable; row: number; column: string }

/** Whatever names the dropped one by these references names the kept one from now on; in a merge, earlier redirects too. Returns what
 * was moved. */
export async function moveReferences(db: Db, which: Reference[], keep: number, drop: number): Promise<MovedCell[]> {
  const moved: MovedCell[] = []
  for (const { table, column: name, when } of which) {
    const column = sql.identifier(name)
    const isMeant: SQL = when ? sql` AND ${sql.identifier(when.column)} = ${when.is}` : sql``
    const rows = await db.all<{ id: number }>(
      sql`UPDATE ${sql.identifier(table)} SET ${column} = ${keep} WHERE ${column} = ${drop}${isMeant} RETURNING id`,
    )
    for (const { id } of rows) moved.push({ table, row: id, column: name })
  }
  await db.delete(tables.distinctions).where(eq(tables.distinctions.oneId, tables.distinctions.otherId))
  return moved
}

/** Agents do not work on what is no lead any more. A task that one works on at this moment ends by itself. */
export async function endTasks(db: Db, keep: number, drop: number, now: string): Promise<void> {
  const { tasks } = tables
  await db
    .update(tasks)
    .set({ state: "done", outcome: `${endedByMerge}${keep}.`, updatedAt: now })
    .where(and(eq(tasks.leadId, drop), inArray(tasks.state, ["open", "waiting"])))
}

/** What a merge ended is to be done again, for a lead that stands for itself again. */
export async function resumeTasks(db: Db, lead: number, now: string): Promise<void> {
  const { tasks } = tables
  const own = await db.select().from(tasks).where(eq(tasks.leadId, lead)).orderBy(desc(tasks.id))
  const kinds = new Set(own.filter(({ state }) => state !== "done" && state !== "failed").map(({ kind }) => kind))
  for (const { id, kind, outcome, state, notBefore } of own) {
    if (kinds.has(kind) || state !== "done" || !outcome?.startsWith(endedByMerge)) continue
    kinds.add(kind)
    await db
      .update(tasks)
      .set({ state: notBefore > now ? "waiting" : "open", outcome: null, updatedAt: now })
      .where(eq(tasks.id, id))
  }
}

const endedByMerge = "The lead was merged into lead "
