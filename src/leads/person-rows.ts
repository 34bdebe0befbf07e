import { and, eq, getTableName, inArray, isNull, ne, or, sql } from "drizzle-orm"
import { references } from "../db/references.ts"
import type { Db } from "../db/store.ts"
import { type Evidence, tables } from "../db/tables.ts"
import { holds } from "../db/text.ts"
import { learnedFrom } from "./fields.ts"
import { type IdentityValue, identitiesOf } from "./identity.ts"
import { foldText } from "./normal-forms/text.ts"
import type { About } from "./person-known.ts"

/** The pages of the person, and what else only their facts rest on. */
export async function ownEvidence(
  db: Db,
  ids: number[],
  identities: IdentityValue[],
): Promise<Pick<Evidence, "id" | "capture">[]> {
  const { evidence, facts } = tables
  const { id, url, finalUrl, kind, capture } = evidence
  const used = await db
    .selectDistinct({ id, url, finalUrl, kind, capture })
    .from(evidence)
    .innerJoin(facts, eq(facts.evidenceId, evidence.id))
    .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids)))
  const words = identities.map(({ value }) => holds(sql`(${url} || ' ' || coalesce(${finalUrl}, ''))`, sql`${value}`))
  const named =
    words.length === 0
      ? []
      : await db
          .select({ id, url, finalUrl, kind, capture })
          .from(evidence)
          .where(or(...words))
  const isOwn = (page: (typeof named)[number]) =>
    identitiesOf(page.kind, [page.url, page.finalUrl ?? page.url]).some((shown) =>
      identities.some((known) => known.kind === shown.kind && known.value === shown.value),
    )
  return [...used.filter((page) => learnedFrom[page.kind]?.entity !== "company"), ...named.filter(isOwn)]
}

/** Removes the leads, and every row that names one of them. */
export async function eraseRows(db: Db, ids: number[], about: About): Promise<void> {
  const { leads, facts, suppressions, runs, checks } = tables
  const own = await db
    .delete(facts)
    .where(and(eq(facts.entity, "lead"), inArray(facts.entityId, ids)))
    .returning({ id: facts.id })
  await db.delete(checks).where(
    inArray(
      checks.factId,
      own.map(({ id }) => id),
    ),
  )
  await db.update(runs).set({ leadId: null }).where(inArray(runs.leadId, ids))
  for (const table of Object.values(tables)) {
    if (table === runs || !("leadId" in table)) continue
    await db.run(sql`DELETE FROM ${sql.identifier(getTableName(table))} WHERE lead_id IN ${ids}`)
  }
  for (const { table, column, to, when } of references) {
    if (to !== "leads" || when === null || table === "facts") continue
    await db.run(
      sql`DELETE FROM ${sql.identifier(table)} WHERE ${sql.identifier(column)} IN ${ids} AND ${sql.identifier(when.column)} = ${when.is}`,
    )
  }
  for (const { kind, value } of [
    ...about.identities,
    ...about.traits.emails.map((value) => ({ kind: "email", value }) as const),
  ]) {
    await db
      .delete(suppressions)
      .where(and(eq(suppressions.kind, kind), eq(suppressions.value, value), ne(suppressions.kind, "hash")))
  }
  await db.delete(leads).where(inArray(leads.id, ids))
}

export async function eraseEvidence(db: Db, ids: number[]): Promise<void> {
  const { evidence, facts } = tables
  if (ids.length === 0) return
  await db.delete(evidence).where(inArray(evidence.id, ids))
  await db.update(facts).set({ evidenceId: null }).where(inArray(facts.evidenceId, ids))
}

/** What others' facts lost of their proof makes them inferences. */
export async function weakenFacts(db: Db, redacted: number[]): Promise<void> {
  const { facts, evidence } = tables
  const concerned = await db
    .select({ id: facts.id, quote: facts.quote, text: evidence.text })
    .from(facts)
    .leftJoin(evidence, eq(evidence.id, facts.evidenceId))
    .where(and(eq(facts.basis, "observed"), or(isNull(facts.evidenceId), inArray(facts.evidenceId, redacted))))
  for (const { id, quote, text } of concerned) {
    if (text !== null && quote !== null && foldText(text).includes(foldText(quote))) continue
    const reason = "What it rested on was forgotten with a person."
    await db.update(facts).set({ basis: "inferred", evidenceId: null, quote: null, reason }).where(eq(facts.id, id))
  }
}
