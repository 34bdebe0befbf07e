import { and, eq, isNotNull, notExists, sql } from "drizzle-orm"
import { z } from "zod"
import { type Evidence, type Fact, tables } from "../db/tables.ts"
import { fieldNamed } from "../leads/custom-fields.ts"
import { isSame } from "../leads/values.ts"
import { precision, sample, verdict } from "./answers.ts"
import { type ActionContext, ActionRefused } from "./define.ts"
import { action } from "./services.ts"

/** Characters of a page that a sample shows. */
const longestPage = 8_000

/** Checking facts by deriving them again from their evidence, without having seen what was made of it. */
export const factActions = [
  action({
    name: "facts.sample",
    effect: "read",
    summary: "Observed facts to check blind, drawn by chance: what their page says, not what was made of it",
    example:
      'for (const fact of await facts.sample(5, "linkedin.profile")) print(fact.fact, fact.of, fact.field, fact.text)',
    parameters: { size: z.int().min(1).max(50).optional(), source: z.string().max(100).optional() },
    returns: z.array(sample),
    run: drawSample,
  }),
  action({
    name: "facts.judge",
    effect: "write",
    summary: "Says what the page says for a sampled fact, null for nothing; answers whether the kept value is that",
    example: 'print(await facts.judge(31, "Head of Data"))',
    parameters: {
      fact: z.int().positive(),
      value: z.union([z.string().max(10_000), z.number(), z.boolean()]).nullish(),
    },
    returns: verdict,
    whenTainted: "allowed",
    taints: false,
    fields: () => [],
    run: judge,
  }),
  action({
    name: "facts.precision",
    effect: "read",
    summary: "How many checked facts were right, by source and field",
    example: "return show(await facts.precision())",
    parameters: {},
    returns: z.array(precision),
    taints: false,
    run: readPrecision,
  }),
]

/** Facts that were never checked, in an order that depends on the run and on nothing else. */
async function drawSample(
  { store, runId }: ActionContext,
  { size = 10, source }: { size?: number | undefined; source?: string | undefined },
) {
  const { facts, evidence, checks, leads, companies } = tables
  const name = sql<
    string | null
  >`CASE ${facts.entity} WHEN 'lead' THEN (SELECT ${leads.name} FROM ${leads} WHERE ${leads.id} = ${facts.entityId})
    ELSE (SELECT ${companies.name} FROM ${companies} WHERE ${companies.id} = ${facts.entityId}) END`
  const drawn = await store.read((db) =>
    db
      .select({ fact: facts, page: evidence, of: name })
      .from(facts)
      .innerJoin(evidence, eq(evidence.id, facts.evidenceId))
      .where(
        and(
          eq(facts.basis, "observed"),
          eq(facts.state, "current"),
          isNotNull(facts.quote),
          source === undefined ? undefined : eq(evidence.kind, source),
          notExists(db.select({ id: checks.id }).from(checks).where(eq(checks.factId, facts.id))),
        ),
      )
      .orderBy(sql`(${facts.id} * 2654435761 + ${runId} * 40503) % 4294967291`, facts.id)
      .limit(size),
  )
  return drawn.map(({ fact, page, of }) => ({
    ...{ fact: fact.id, entity: fact.entity, field: fact.field, of, source: page.kind, url: page.url },
    text: excerpt(fact, page),
  }))
}

/** The page from its beginning, or the part of it in which the fact's words stand somewhere. */
function excerpt(fact: Fact, { text }: Evidence): string {
  const at = text.indexOf(fact.quote ?? "")
  const from = at < longestPage / 2 ? 0 : Math.max(0, at - (fact.id % (longestPage / 2)))
  return text.slice(from, from + longestPage)
}

async function judge(
  { store, author, runId, clock }: ActionContext,
  asked: { fact: number; value?: string | number | boolean | null | undefined },
) {
  const { facts, evidence, checks } = tables
  return store.change(author, async (db) => {
    const [found] = await db
      .select({ fact: facts, source: evidence.kind })
      .from(facts)
      .innerJoin(evidence, eq(evidence.id, facts.evidenceId))
      .where(and(eq(facts.id, asked.fact), eq(facts.basis, "observed")))
    if (!found) throw new ActionRefused(`There is no observed fact ${asked.fact}.`)
    const [before] = await db.select().from(checks).where(eq(checks.factId, asked.fact))
    if (before) throw new ActionRefused(`Fact ${asked.fact} was checked before: ${before.verdict}.`)
    const { entity, field: name, value } = found.fact
    const field = await fieldNamed(db, entity, name)
    if (!field) throw new ActionRefused(`${name} is no field of a ${entity} any more.`)
    const said = asked.value === null || asked.value === undefined ? null : field.normalise(asked.value)
    const verdict = said === null ? "absent" : isSame(said, value) ? "right" : "wrong"
    const check = { factId: asked.fact, source: found.source, field: name, verdict, runId } as const
    await db.insert(checks).values({ ...check, createdAt: clock().toISOString() })
    return verdict
  })
}

async function readPrecision({ store }: ActionContext) {
  const { source, field, verdict } = tables.checks
  const number = (is: string) => sql<number>`count(*) filter (where ${verdict} = ${is})`
  return store.read(async (db) =>
    db
      .select({
        source,
        field,
        checked: sql<number>`count(*)`,
        right: number("right"),
        wrong: number("wrong"),
        absent: number("absent"),
      })
      .from(tables.checks)
      .groupBy(source, field)
      .orderBy(source, field),
  )
}
