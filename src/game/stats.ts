import { sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { leadStatuses } from "../db/tables/leads.ts"
import { tables } from "../db/tables.ts"
import { personColumns } from "../leads/fields.ts"
import { type Badge, badgesOf } from "./badges.ts"
import { type Player, readGame, type Season } from "./points.ts"
import { type Quest, readQuests } from "./quests.ts"
import { type RecipeStats, recipeStats } from "./recipes.ts"

export type Stats = {
  leads: number
  companies: number
  board: Player[]
  season: Season
  badges: Badge[]
  quests: Quest[]
  /** How many leads have a value in each field. */
  coverage: { field: string; known: number }[]
  funnel: { status: string; leads: number }[]
  /** Current facts by what they rest on. */
  bases: { basis: string; facts: number }[]
  /** Leads by how long ago they were enriched. */
  freshness: { age: string; leads: number }[]
  /** What checks found, by source and field: facts derived again from their evidence. */
  precision: { source: string; field: string; checked: number; right: number; wrong: number; absent: number }[]
  /** Twelve weeks to today, in UTC. `leads` are those that facts were learned of, by run. */
  days: Day[]
  /** What came of messages. */
  outreach: { written: number; waiting: number; accepted: number; sent: number; replied: number; bounced: number }
  work: {
    runs: number
    waiting: number
    failed: number
    tokensIn: number
    tokensOut: number
    costUsd: number
    /** What runs learned, and of how many leads. */
    facts: number
    leads: number
  }
  models: { model: string; runs: number; tokens: number; costUsd: number }[]
  /** What was done without a model. */
  recipes: RecipeStats[]
  /** What was taken back and why, newest first. */
  undone: {
    changeset: number
    undoes: number
    actor: string
    of: string
    why: string | null
    at: string
    changes: number
  }[]
}
type Day = { day: string; facts: number; runs: number; leads: number; costUsd: number; tokens: number }

const { leads, companies, facts, runs, changes, changesets } = tables
const covered = personColumns.map((column) => leads[column])
const day = 24 * 60 * 60 * 1000
const daysShown = 84

/** Everything that the stats page shows. It reads whole tables, so it takes a second or two where there are millions of rows. */
export async function readStats(store: Store, now: Date): Promise<Stats> {
  const [companyCount] = await store.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM ${companies} WHERE ${companies.mergedInto} IS NULL`,
  )
  const standing = {
    ...(await readLeads(store)),
    ...(await readGame(store, now)),
    ...(await readWork(store)),
    companies: companyCount?.n ?? 0,
    bases: await store.rows<Stats["bases"][number]>(sql`
      SELECT ${facts.basis} AS basis, count(*) AS facts FROM ${facts} WHERE ${facts.state} = 'current'
      GROUP BY ${facts.basis} ORDER BY count(*) DESC, ${facts.basis}`),
    freshness: await readFreshness(store, now),
    precision: await readPrecision(store),
    outreach: await readOutreach(store),
  }
  return {
    ...standing,
    badges: badgesOf(standing),
    quests: await readQuests(store, now),
    days: await readDays(store, now),
    recipes: await recipeStats(store),
    undone: await readUndone(store),
  }
}

async function readLeads(store: Store): Promise<Pick<Stats, "leads" | "coverage" | "funnel">> {
  const known = sql.join(
    covered.map((column) => sql`count(nullif(${column}, '')) AS ${sql.identifier(column.name)}`),
    sql`, `,
  )
  const byStatus = await store.rows<{ status: string; leads: number } & Record<string, number>>(sql`
    SELECT ${leads.status} AS status, count(*) AS leads, ${known} FROM ${leads} WHERE ${leads.mergedInto} IS NULL GROUP BY ${leads.status}`)
  const sum = (name: string) => byStatus.reduce((total, row) => total + (row[name] ?? 0), 0)
  return {
    leads: sum("leads"),
    coverage: covered.map(({ name }) => ({ field: name, known: sum(name) })),
    funnel: leadStatuses.map((status) => ({
      status,
      leads: byStatus.find((row) => row.status === status)?.leads ?? 0,
    })),
  }
}

async function readFreshness(store: Store, now: Date): Promise<Stats["freshness"]> {
  const since = (days: number) => new Date(now.getTime() - days * day).toISOString()
  const ages = await store.rows<{ age: string; leads: number }>(sql`
    SELECT CASE WHEN ${leads.enrichedAt} IS NULL THEN 'never' WHEN ${leads.enrichedAt} >= ${since(30)} THEN '30 days'
      WHEN ${leads.enrichedAt} >= ${since(90)} THEN '90 days' ELSE 'older' END AS age, count(*) AS leads
    FROM ${leads} WHERE ${leads.mergedInto} IS NULL GROUP BY 1`)
  return ["30 days", "90 days", "older", "never"].map((age) => ({
    age,
    leads: ages.find((one) => one.age === age)?.leads ?? 0,
  }))
}

function readPrecision(store: Store): Promise<Stats["precision"]> {
  const { checks } = tables
  const number = (verdict: string) =>
    sql`count(*) FILTER (WHERE ${checks.verdict} = ${verdict}) AS ${sql.identifier(verdict)}`
  return store.rows(sql`
    SELECT ${checks.source} AS source, ${checks.field} AS field, count(*) AS checked,
      ${number("right")}, ${number("wrong")}, ${number("absent")}
    FROM ${checks} GROUP BY 1, 2 ORDER BY 1, 2`)
}

async function readOutreach(store: Store): Promise<Stats["outreach"]> {
  const { drafts, sends } = tables
  const [counted] = await store.rows<Stats["outreach"]>(sql`
    SELECT (SELECT count(*) FROM ${drafts}) AS written,
      (SELECT count(*) FROM ${drafts} WHERE ${drafts.state} = 'draft') AS waiting,
      (SELECT count(*) FROM ${drafts} WHERE ${drafts.state} IN ('approved', 'sent')) AS accepted,
      (SELECT count(*) FROM ${sends} WHERE ${sends.outcome} = 'sent') AS sent,
      (SELECT count(*) FROM ${sends} WHERE ${sends.outcome} = 'refused' AND ${sends.reason} LIKE 'It came back:%') AS bounced,
      (SELECT count(DISTINCT ${sends.leadId}) FROM ${sends} JOIN ${leads} ON ${leads.id} = ${sends.leadId}
        WHERE ${sends.outcome} = 'sent' AND ${leads.status} IN ('replied', 'meeting', 'won')) AS replied`)
  return counted ?? { written: 0, waiting: 0, accepted: 0, sent: 0, replied: 0, bounced: 0 }
}

async function readDays(store: Store, now: Date): Promise<Day[]> {
  const days = Array.from({ length: daysShown }, (_, ago) =>
    new Date(now.getTime() - (daysShown - 1 - ago) * day).toISOString().slice(0, 10),
  )
  const first = days[0] ?? ""
  const learned = await store.rows<{ day: string; facts: number; leads: number }>(sql`
    SELECT substr(${facts.createdAt}, 1, 10) AS day, count(*) AS facts,
      count(DISTINCT CASE WHEN ${facts.entity} = 'lead' THEN ${facts.entityId} END) AS leads
    FROM ${facts} WHERE ${facts.createdAt} >= ${first} AND ${facts.runId} IS NOT NULL GROUP BY 1`)
  const worked = await store.rows<{ day: string; runs: number; costUsd: number; tokens: number }>(sql`
    SELECT substr(${runs.startedAt}, 1, 10) AS day, count(*) AS runs, sum(${runs.costUsd}) AS "costUsd",
      sum(${runs.inputTokens} + ${runs.outputTokens}) AS tokens
    FROM ${runs} WHERE ${runs.startedAt} >= ${first} GROUP BY 1`)
  return days.map((day) => ({
    ...(learned.find((one) => one.day === day) ?? { facts: 0, leads: 0 }),
    ...(worked.find((one) => one.day === day) ?? { runs: 0, costUsd: 0, tokens: 0 }),
    day,
  }))
}

async function readWork(store: Store): Promise<Pick<Stats, "work" | "models">> {
  const byModel = await store.rows<Omit<Stats["work"], "facts" | "leads"> & { model: string }>(sql`
    SELECT ${runs.model} AS model, count(*) AS runs, count(*) FILTER (WHERE ${runs.outcome} = 'waiting') AS waiting, count(*) FILTER (WHERE ${runs.outcome} = 'failed') AS failed,
      sum(${runs.inputTokens}) AS "tokensIn", sum(${runs.outputTokens}) AS "tokensOut", sum(${runs.costUsd}) AS "costUsd"
    FROM ${runs} GROUP BY ${runs.model} ORDER BY count(*) DESC, ${runs.model}`)
  const [learned] = await store.rows<{ facts: number; leads: number }>(sql`
    SELECT count(*) AS facts, count(DISTINCT CASE WHEN ${facts.entity} = 'lead' THEN ${facts.entityId} END) AS leads
    FROM ${facts} WHERE ${facts.runId} IS NOT NULL AND ${facts.state} = 'current'`)
  const sum = (name: keyof Omit<Stats["work"], "facts" | "leads">) =>
    byModel.reduce((total, row) => total + row[name], 0)
  return {
    work: {
      runs: sum("runs"),
      waiting: sum("waiting"),
      failed: sum("failed"),
      tokensIn: sum("tokensIn"),
      tokensOut: sum("tokensOut"),
      costUsd: sum("costUsd"),
      facts: learned?.facts ?? 0,
      leads: learned?.leads ?? 0,
    },
    models: byModel.map((row) => ({
      model: row.model,
      runs: row.runs,
      tokens: row.tokensIn + row.tokensOut,
      costUsd: row.costUsd,
    })),
  }
}

function readUndone(store: Store): Promise<Stats["undone"]> {
  return store.rows(sql`
    SELECT undo.id AS changeset, undo.undoes, undo.actor, coalesce(undone.actor, 'nobody') AS "of", undo.note AS why, undo.created_at AS at,
      (SELECT count(*) FROM ${changes} WHERE ${changes.changesetId} = undo.id) AS changes
    FROM ${changesets} AS undo LEFT JOIN ${changesets} AS undone ON undone.id = undo.undoes
    WHERE undo.undoes IS NOT NULL ORDER BY undo.id DESC LIMIT 10`)
}
