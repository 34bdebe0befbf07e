import { and, eq, inArray } from "drizzle-orm"
import type { Json, JsonObject } from "../db/json.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { type Evidence, tables } from "../db/tables.ts"
import { fieldNamed } from "./custom-fields.ts"
import { type Entity, type Field, fieldsOf, learnedFrom } from "./fields.ts"
import { identitiesOf } from "./identity.ts"
import { foldText } from "./normal-forms/text.ts"
import { addIdentity } from "./owners.ts"
import { factsOf, isSame, presentValue, rowOf, type Standing, type Subject, setCurrent, standingOf } from "./values.ts"

/** A value that somebody wants to be true of a lead or company, with what it rests on. */
type Claim = {
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

type Proof =
  | { kind: "proved"; basis: "observed" | "inferred"; value: Json; quote: string | null; reason: string; at: string }
  | { kind: "refused"; reason: string }

/** Stores claims as facts, each only as far as its evidence carries it, and makes them current where they take precedence.
 * What is said of a merged lead or company is learned of the one that it was merged into. One answer for each claim, in order.
 * Throws EntityNotFound. */
export async function learn(
  store: Store,
  author: Author,
  subject: Subject,
  claims: Claim[],
  now: Date,
): Promise<Learned[]> {
  return store.change(author, async (db) => {
    const answers: Learned[] = []
    for (const claim of claims) answers.push(await learnOne(db, author, subject, claim, now.toISOString()))
    return answers
  })
}

async function learnOne(db: Db, author: Author, asked: Subject, claim: Claim, now: string): Promise<Learned> {
  const answer = (kind: Learned["kind"], reason: string): Learned => ({ field: claim.field, kind, reason })
  const { entity } = asked
  const field = await fieldNamed(db, entity, claim.field)
  if (!field) {
    return answer("refused", `${claim.field} is no field of a ${entity}: ${Object.keys(fieldsOf(entity)).join(", ")}.`)
  }
  const row = await rowOf(db, asked)
  const subject = { entity, id: row.id }
  const proof = await prove(db, subject, field, claim, now)
  if (proof.kind === "refused") return answer("refused", proof.reason)

  const standing = await standingOf(db, entity, row, field)
  const verdict = precedence(proof, standing, isSame(presentValue(row, field), proof.value))
  if (verdict.kind === "unchanged" || verdict.kind === "kept") return answer(verdict.kind, verdict.reason)

  const fact = {
    value: proof.value,
    basis: proof.basis,
    evidenceId: claim.evidence ?? null,
    quote: proof.quote,
    reason: `${proof.reason} ${verdict.reason}`,
  }
  if (verdict.kind === "suggested") {
    const before = await suggestedBefore(db, subject, field, proof.value)
    if (before === "rejected") return answer("kept", "A person turned this value down before.")
    if (before === "suggested") return answer("suggested", "It was suggested before; a person decides.")
    const ofRun = { field: field.name, state: "suggested", runId: author.runId ?? null, createdAt: now } as const
    await db.insert(tables.facts).values({ ...fact, ...ofRun, entity, entityId: row.id })
    return answer("suggested", verdict.reason)
  }
  if (field.identity && typeof proof.value === "string") {
    const owner = await addIdentity(db, entity, row.id, field.identity, proof.value, now)
    if (owner !== row.id) {
      return answer("refused", `${proof.value} already belongs to ${entity} ${owner}; they may be the same.`)
    }
  }
  await setCurrent(db, author, subject, row, field, fact, now)
  if (entity === "lead" && proof.basis === "observed") {
    await db.update(tables.leads).set({ enrichedAt: now }).where(eq(tables.leads.id, row.id))
  }
  return answer("learned", proof.basis === "inferred" ? fact.reason : verdict.reason)
}

/** What a claim is worth: observed only with a quote that stands in its evidence and says the value. */
async function prove(db: Db, subject: Subject, field: Field, claim: Claim, now: string): Promise<Proof> {
  const { entity } = subject
  const value = field.normalise(claim.value)
  if (value === null) return { kind: "refused", reason: `${JSON.stringify(claim.value)} is no ${field.name}.` }
  if (claim.evidence === undefined || claim.evidence === null) {
    if (!claim.reason)
      return { kind: "refused", reason: "Without evidence it needs a reason: say what it was inferred from." }
    return { kind: "proved", basis: "inferred", value, quote: null, reason: `Inferred: ${claim.reason}`, at: now }
  }
  const [source] = await db.select().from(tables.evidence).where(eq(tables.evidence.id, claim.evidence))
  if (!source) return { kind: "refused", reason: `There is no evidence ${claim.evidence}.` }
  if (source.outcome !== "found")
    return { kind: "refused", reason: `Evidence ${source.id} is a page that showed nothing (${source.outcome}).` }

  const read = adapterValue(source, entity, field)
  if (read && isSame(read.value, value)) {
    const ties = await tiesTo(db, subject, source)
    if (ties === "other") return { kind: "refused", reason: `${source.url} is the page of another ${entity}.` }
    if (ties === "none") {
      const reason = `Read on ${source.url}, which nothing known ties to this ${entity}.`
      return { kind: "proved", basis: "inferred", value, quote: read.quote, reason, at: source.capturedAt }
    }
    return {
      kind: "proved",
      basis: "observed",
      value,
      quote: read.quote,
      reason: `Read on ${source.kind}.`,
      at: source.capturedAt,
    }
  }
  const quote = claim.quote ? foldText(claim.quote) : ""
  if (!quote) return { kind: "refused", reason: "It needs a quote: the exact words of the evidence that say it." }
  if (!foldText(source.text).includes(quote))
    return { kind: "refused", reason: `The quote does not stand in evidence ${source.id}.` }
  if ((await tiesTo(db, subject, source)) === "own" && field.saidBy(value, quote)) {
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
async function tiesTo(db: Db, { entity, id }: Subject, source: Evidence): Promise<"own" | "other" | "none"> {
  const pages = identitiesOf(source.kind, [source.url, source.finalUrl ?? source.url])
  if (pages.length === 0) return "none"
  const owner = entity === "lead" ? tables.identities.leadId : tables.identities.companyId
  const known = await db
    .select({ kind: tables.identities.kind, value: tables.identities.value })
    .from(tables.identities)
    .where(eq(owner, id))
  const isKnown = (page: { kind: string; value: string }) =>
    known.some((k) => k.kind === page.kind && k.value === page.value)
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
  if (standing.basis === "human")
    return { kind: "suggested", reason: "A person set the present value; a person decides." }
  if (proof.basis === "inferred")
    return { kind: "kept", reason: `The present value is ${standing.basis}; an inference does not replace it.` }
  if (standing.basis === "inferred") return { kind: "learned", reason: "Observed replaces inferred." }
  if (proof.at < standing.at) return { kind: "kept", reason: `The present value is ${standing.basis} and newer.` }
  return { kind: "learned", reason: `Observed later than the ${standing.basis} value.` }
}

/** Whether the same value waits for a person's decision, or had it. */
async function suggestedBefore(
  db: Db,
  subject: Subject,
  field: Field,
  value: Json,
): Promise<"suggested" | "rejected" | null> {
  const { state, value: said } = tables.facts
  const found = await db
    .select({ state, value: said })
    .from(tables.facts)
    .where(and(factsOf(subject, field.name), inArray(state, ["suggested", "rejected"])))
  const states = found.filter((fact) => isSame(fact.value, value)).map((fact) => fact.state)
  if (states.includes("rejected")) return "rejected"
  return states.includes("suggested") ? "suggested" : null
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
