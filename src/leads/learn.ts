import { and, desc, eq, sql } from "drizzle-orm"
import type { Author, Db, Store } from "../db/store.ts"
import { type Evidence, type Fact, type Json, type JsonObject, tables } from "../db/tables.ts"
import { companyOf } from "./companies.ts"
import { type Entity, type Field, fieldsOf, learnedFrom } from "./fields.ts"
import { addIdentity, identitiesOf } from "./identity.ts"
import { foldText } from "./normal-forms.ts"

/** A value that somebody wants to be true of a lead or company, with what it rests on. */
export type Claim = {
  field: string
  value: Json
  /** The evidence that was read, by id. Without one the value is an inference. */
  evidence?: number | null
  /** The words of the evidence; not needed for a value that the page's adapter read. */
  quote?: string | null
  /** What an inference was made from. */
  reason?: string | null
}

/** learned: it is the current value now. unchanged: it was already. suggested: a person has to decide.
 * kept: a better founded value stands. refused: it was not stored. */
export type Learned = {
  field: string
  kind: "learned" | "unchanged" | "suggested" | "kept" | "refused"
  reason: string
}

export class EntityNotFound extends Error {
  readonly code = "not_found"
  readonly hint: string
  constructor(entity: Entity, id: number) {
    super(`There is no ${entity} ${id}.`)
    this.hint = entity === "lead" ? "giant leads lists them." : 'giant sql "SELECT id, name FROM companies" lists them.'
  }
}

type Row = { id: number; custom?: JsonObject; [column: string]: unknown }
type Proof =
  | { kind: "proved"; basis: "observed" | "inferred"; value: Json; quote: string | null; reason: string; at: string }
  | { kind: "refused"; reason: string }
type Standing = { basis: "human" | "imported" | "observed" | "inferred"; at: string; fact: Fact | null }

/** Stores claims as facts, each only as far as its evidence carries it, and makes them current where they take precedence.
 * One answer for each claim, in order. Throws EntityNotFound. */
export async function learn(
  store: Store,
  author: Author,
  subject: { entity: Entity; id: number },
  claims: Claim[],
  now: Date,
): Promise<Learned[]> {
  return store.change(author, async (db) => {
    const answers: Learned[] = []
    for (const claim of claims) answers.push(await learnOne(db, author, subject, claim, now.toISOString()))
    return answers
  })
}

async function learnOne(
  db: Db,
  author: Author,
  { entity, id }: { entity: Entity; id: number },
  claim: Claim,
  now: string,
): Promise<Learned> {
  const answer = (kind: Learned["kind"], reason: string): Learned => ({ field: claim.field, kind, reason })
  const field = fieldsOf(entity)[claim.field]
  if (!field) return answer("refused", `${claim.field} is no field of a ${entity}: ${Object.keys(fieldsOf(entity)).join(", ")}.`)
  const row = await findRow(db, entity, id)
  const proof = await prove(db, entity, id, field, claim, now)
  if (proof.kind === "refused") return answer("refused", proof.reason)

  const present = valueOf(row, field)
  const standing = present === null ? null : await standingOf(db, entity, id, field, present, row)
  const isSame = JSON.stringify(present) === JSON.stringify(proof.value)
  const verdict = precedence(proof, standing, isSame)
  if (verdict.kind === "unchanged" || verdict.kind === "kept") return answer(verdict.kind, verdict.reason)

  if (field.identity && verdict.kind === "learned" && typeof proof.value === "string") {
    const owner = await addIdentity(db, entity, id, field.identity, proof.value, now)
    if (owner !== id) return answer("refused", `${proof.value} already belongs to ${entity} ${owner}; they may be the same.`)
  }
  if (verdict.kind === "suggested" && (await isSuggested(db, entity, id, field, proof.value))) {
    return answer("suggested", "It was suggested before; a person decides.")
  }
  if (verdict.kind === "learned") {
    await db
      .update(tables.facts)
      .set({ state: "superseded" })
      .where(and(ofField(entity, id, field.name), eq(tables.facts.state, "current")))
    await setValue(db, entity, row, field, proof, now)
  }
  await db.insert(tables.facts).values({
    entity,
    entityId: id,
    field: field.name,
    value: proof.value,
    basis: proof.basis,
    state: verdict.kind === "learned" ? "current" : "suggested",
    evidenceId: claim.evidence ?? null,
    quote: proof.quote,
    reason: `${proof.reason} ${verdict.reason}`,
    runId: author.runId ?? null,
    createdAt: now,
  })
  return answer(verdict.kind, verdict.reason)
}

/** What a claim is worth: observed only with a quote that stands in its evidence and says the value. */
async function prove(db: Db, entity: Entity, id: number, field: Field, claim: Claim, now: string): Promise<Proof> {
  const value = field.normalise(claim.value)
  if (value === null) return { kind: "refused", reason: `${JSON.stringify(claim.value)} is no ${field.name}.` }
  if (claim.evidence === undefined || claim.evidence === null) {
    if (!claim.reason) return { kind: "refused", reason: "Without evidence it needs a reason: say what it was inferred from." }
    return { kind: "proved", basis: "inferred", value, quote: null, reason: `Inferred: ${claim.reason}`, at: now }
  }
  const [source] = await db.select().from(tables.evidence).where(eq(tables.evidence.id, claim.evidence))
  if (!source) return { kind: "refused", reason: `There is no evidence ${claim.evidence}.` }
  if (source.outcome !== "found") return { kind: "refused", reason: `Evidence ${source.id} is a page that showed nothing (${source.outcome}).` }

  const read = adapterValue(source, entity, field)
  if (read && JSON.stringify(read.value) === JSON.stringify(value)) {
    const ties = await tiesTo(db, entity, id, source)
    if (ties === "other") return { kind: "refused", reason: `${source.url} is the page of another ${entity}.` }
    if (ties === "none") {
      const reason = `Read on ${source.url}, which nothing known ties to this ${entity}.`
      return { kind: "proved", basis: "inferred", value, quote: read.quote, reason, at: source.capturedAt }
    }
    return { kind: "proved", basis: "observed", value, quote: read.quote, reason: `Read on ${source.kind}.`, at: source.capturedAt }
  }
  const quote = claim.quote ? foldText(claim.quote) : ""
  if (!quote) return { kind: "refused", reason: "It needs a quote: the exact words of the evidence that say it." }
  if (!foldText(source.text).includes(quote)) return { kind: "refused", reason: `The quote does not stand in evidence ${source.id}.` }
  if ((await tiesTo(db, entity, id, source)) === "own" && field.saidBy(value, quote)) {
    return { kind: "proved", basis: "observed", value, quote, reason: "The quote says it.", at: source.capturedAt }
  }
  const reason = "The quote stands in the evidence, but does not by itself say this value of this one."
  return { kind: "proved", basis: "inferred", value, quote, reason, at: source.capturedAt }
}

/** What the adapter of the page read for this field, in its normal form. */
function adapterValue(source: Evidence, entity: Entity, field: Field): { value: Json; quote: string } | null {
  const learned = learnedFrom[source.kind]
  if (learned?.entity !== entity || !source.reading) return null
  const pageField = Object.keys(learned.fields).find((name) => learned.fields[name] === field.name)
  const { fields, quotes } = source.reading
  if (!pageField || !isObject(fields) || !isObject(quotes)) return null
  const value = fields[pageField] === undefined ? null : field.normalise(fields[pageField])
  const quote = quotes[pageField]
  return value === null || typeof quote !== "string" ? null : { value, quote }
}

/** Whether a page is this one's own, somebody else's, or nobody's that is known. */
async function tiesTo(db: Db, entity: Entity, id: number, source: Evidence): Promise<"own" | "other" | "none"> {
  const pages = identitiesOf(source.kind, [source.url, source.finalUrl ?? source.url])
  if (pages.length === 0) return "none"
  const owner = entity === "lead" ? tables.identities.leadId : tables.identities.companyId
  const known = await db
    .select({ kind: tables.identities.kind, value: tables.identities.value })
    .from(tables.identities)
    .where(eq(owner, id))
  const isKnown = (page: { kind: string; value: string }) => known.some((k) => k.kind === page.kind && k.value === page.value)
  if (pages.some(isKnown)) return "own"
  return known.some((k) => pages.some((page) => page.kind === k.kind)) ? "other" : "none"
}

function precedence(
  proof: { basis: "observed" | "inferred"; at: string },
  standing: Standing | null,
  isSame: boolean,
): { kind: "learned" | "unchanged" | "suggested" | "kept"; reason: string } {
  if (!standing) return { kind: "learned", reason: "There was no value before." }
  if (isSame) {
    const proves = proof.basis === "observed" && standing.basis !== "observed" && standing.basis !== "human"
    if (proves) return { kind: "learned", reason: `It proves the value that was ${standing.basis}.` }
    return { kind: "unchanged", reason: `It was already known (${standing.basis}).` }
  }
  if (standing.basis === "human") return { kind: "suggested", reason: "A person set the present value; a person decides." }
  if (proof.basis === "inferred") return { kind: "kept", reason: `The present value is ${standing.basis}; an inference does not replace it.` }
  if (standing.basis === "inferred") return { kind: "learned", reason: "Observed replaces inferred." }
  if (proof.at < standing.at) return { kind: "kept", reason: `The present value is ${standing.basis} and newer.` }
  return { kind: "learned", reason: `Observed later than the ${standing.basis} value.` }
}

/** Who says the present value: its fact, or else whoever last set the column, as the journal has it. */
async function standingOf(db: Db, entity: Entity, id: number, field: Field, present: Json, row: Row): Promise<Standing> {
  const [fact] = await db
    .select()
    .from(tables.facts)
    .where(and(ofField(entity, id, field.name), eq(tables.facts.state, "current")))
  if (fact && JSON.stringify(fact.value) === JSON.stringify(present)) return { basis: fact.basis, at: await factTime(db, fact), fact }
  const path = field.column ? `$.${snakeCase(field.column)}` : "$.custom"
  const [last] = await db
    .select({ actor: tables.changesets.actor, kind: tables.changesets.kind, at: tables.changesets.createdAt })
    .from(tables.changes)
    .innerJoin(tables.changesets, eq(tables.changesets.id, tables.changes.changesetId))
    .where(
      and(
        eq(tables.changes.tableName, entity === "lead" ? "leads" : "companies"),
        eq(tables.changes.rowId, row.id),
        sql`json_extract(${tables.changes.after}, ${path}) is not null`,
      ),
    )
    .orderBy(desc(tables.changes.id))
    .limit(1)
  if (!last || last.kind === "import") return { basis: "imported", at: last?.at ?? "", fact: null }
  return { basis: last.kind === "run" ? "inferred" : "human", at: last.at, fact: null }
}

async function factTime(db: Db, fact: Fact): Promise<string> {
  if (fact.evidenceId === null) return fact.createdAt
  const [source] = await db
    .select({ at: tables.evidence.capturedAt })
    .from(tables.evidence)
    .where(eq(tables.evidence.id, fact.evidenceId))
  return source?.at ?? fact.createdAt
}

async function setValue(db: Db, entity: Entity, row: Row, field: Field, proof: { value: Json; basis: string }, now: string) {
  const enriched = entity === "lead" && proof.basis === "observed" ? { enrichedAt: now } : {}
  const linked = entity === "lead" && field.name === "company" ? { companyId: await companyOf(db, { name: String(proof.value) }, now) } : {}
  const value = field.column ? { [field.column]: proof.value } : { custom: { ...row.custom, [field.name]: proof.value } }
  const table = entity === "lead" ? tables.leads : tables.companies
  await db
    .update(table)
    .set({ ...value, ...linked, ...enriched, updatedAt: now })
    .where(eq(table.id, row.id))
}

async function isSuggested(db: Db, entity: Entity, id: number, field: Field, value: Json): Promise<boolean> {
  const found = await db
    .select({ value: tables.facts.value })
    .from(tables.facts)
    .where(and(ofField(entity, id, field.name), eq(tables.facts.state, "suggested")))
  return found.some((fact) => JSON.stringify(fact.value) === JSON.stringify(value))
}

async function findRow(db: Db, entity: Entity, id: number): Promise<Row> {
  const table = entity === "lead" ? tables.leads : tables.companies
  const [row] = await db.select().from(table).where(eq(table.id, id))
  if (!row) throw new EntityNotFound(entity, id)
  return row
}

function valueOf(row: Row, field: Field): Json | null {
  const value = field.column ? row[field.column] : row.custom?.[field.name]
  return typeof value === "string" || typeof value === "number" ? value : null
}

function ofField(entity: Entity, id: number, name: string) {
  return and(eq(tables.facts.entity, entity), eq(tables.facts.entityId, id), eq(tables.facts.field, name))
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
