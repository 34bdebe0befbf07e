import { and, desc, eq, inArray } from "drizzle-orm"
import { own } from "../db/json.ts"
import type { Db } from "../db/store.ts"
import type { DraftClaim } from "../db/tables/outreach.ts"
import { type Draft, type Fact, tables } from "../db/tables.ts"
import { type Entity, fieldsOf, teamFields } from "../leads/fields.ts"
import { presentValue, type Row, rowOf } from "../leads/values.ts"

/** A claim as its author says it: words of the message, and the field that they rest on (`title`, `company.industry`). */
export type ClaimSaid = { text: string; fact?: string | null | undefined }

/** What a claim rests on now. `fact`: it stands as it did. `imported`: a value that came with an import and has no proof.
 * `outdated`: the fact was replaced since. `inferred`: an agent only concluded it. `none`: it claims something without a fact. */
export type ClaimStanding = "fact" | "imported" | "outdated" | "inferred" | "none"
export type ShownClaim = DraftClaim & { standing: ClaimStanding; fact: Fact | null; sourceUrl: string | null }

/** Finds for each claim the fact that it rests on, at this moment. A claim whose field is not known of this lead rests on nothing. */
export async function settleClaims(
  db: Db,
  leadId: number,
  words: { subject: string | null; body: string },
  said: readonly ClaimSaid[],
): Promise<{ kind: "settled"; claims: DraftClaim[] } | { kind: "refused"; reason: string }> {
  const lead = await rowOf(db, { entity: "lead", id: leadId })
  const company = await companyOf(db, lead)
  const claims: DraftClaim[] = []
  for (const { text, fact } of said) {
    if (text === "" || !(words.body.includes(text) || words.subject?.includes(text))) {
      return { kind: "refused", reason: `The message does not say "${text}"; a claim quotes the message's own words.` }
    }
    const named = fact ? fieldOf(fact) : null
    const row = named?.entity === "company" ? company : lead
    if (!named || !row) {
      claims.push({ text, factId: null, field: null })
      continue
    }
    const [current] = await db
      .select()
      .from(tables.facts)
      .where(
        and(
          eq(tables.facts.entity, named.entity),
          eq(tables.facts.entityId, row.id),
          eq(tables.facts.field, named.name),
          eq(tables.facts.state, "current"),
        ),
      )
      .orderBy(desc(tables.facts.id))
      .limit(1)
    const isKnown = current !== undefined || presentOf(row, named) !== null
    claims.push({ text, factId: current?.id ?? null, field: isKnown ? (fact ?? null) : null })
  }
  return { kind: "settled", claims }
}

/** The claims of a draft with what each rests on now. */
export async function claimsOf(db: Db, draft: Pick<Draft, "leadId" | "claims">): Promise<ShownClaim[]> {
  const ids = draft.claims.flatMap(({ factId }) => (factId === null ? [] : [factId]))
  const { facts, evidence } = tables
  const found =
    ids.length === 0
      ? []
      : await db
          .select({ fact: facts, url: evidence.url })
          .from(facts)
          .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
          .where(inArray(facts.id, ids))
  return draft.claims.map((claim) => {
    const of = found.find(({ fact }) => fact.id === claim.factId)
    const fact = of?.fact ?? null
    return { ...claim, fact, sourceUrl: of?.url ?? null, standing: standingOf(claim, fact) }
  })
}

function standingOf(claim: DraftClaim, fact: Fact | null): ClaimStanding {
  if (fact === null) return claim.factId === null && claim.field !== null ? "imported" : "none"
  if (fact.state !== "current") return "outdated"
  if (fact.basis === "inferred") return "inferred"
  return fact.basis === "imported" ? "imported" : "fact"
}

type NamedField = { entity: Entity; name: string }

function fieldOf(said: string): NamedField | null {
  const match = /^(?:(lead|company)\.)?([a-z]\w*)$/i.exec(said.trim())
  if (!match?.[2]) return null
  const name = match[2].replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return { entity: match[1] === "company" ? "company" : "lead", name }
}

function presentOf(row: Row, { entity, name }: NamedField) {
  const field = own({ ...fieldsOf(entity), ...(entity === "lead" ? teamFields : {}) }, name)
  return field ? presentValue(row, field) : null
}

async function companyOf(db: Db, lead: Row): Promise<Row | null> {
  return typeof lead.companyId === "number" ? rowOf(db, { entity: "company", id: lead.companyId }) : null
}
