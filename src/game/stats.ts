import { sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { leadStatuses, tables } from "../db/tables.ts"
import { type Player, readBoard } from "./points.ts"
import { type Quest, readQuests } from "./quests.ts"

export type Stats = {
  leads: number
  companies: number
  board: Player[]
  quests: Quest[]
  /** How many leads have a value in each field. */
  coverage: { field: string; known: number }[]
  funnel: { status: string; leads: number }[]
  /** Current facts by what they rest on. */
  bases: { basis: string; facts: number }[]
  /** Fourteen days to today, in UTC. */
  days: { day: string; facts: number; runs: number }[]
  work: { runs: number; waiting: number; failed: number; tokensIn: number; tokensOut: number; costUsd: number }
  models: { model: string; runs: number; tokens: number; costUsd: number }[]
  /** What was taken back, newest first. */
  undone: { changeset: number; undoes: number; actor: string; of: string; at: string; changes: number }[]
}

const { leads, companies, facts, runs, changes, changesets } = tables
const covered = [
  leads.name,
  leads.title,
  leads.company,
  leads.email,
  leads.phone,
  leads.linkedinUrl,
  leads.xHandle,
  leads.location,
]
const day = 24 * 60 * 60 * 1000

/** Everything that the stats page shows. It reads whole tables, so it takes a second or two where there are millions of rows. */
export async function readStats(store: Store, now: Date): Promise<Stats> {
  const [companyCount] = await store.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM ${companies} WHERE ${companies.mergedInto} IS NULL`,
  )
  return {
    ...(await readLeads(store)),
    companies: companyCount?.n ?? 0,
    board: await readBoard(store, now),
    quests: await readQuests(store),
    bases: await store.rows(sql`
      SELECT ${facts.basis} AS basis, count(*) AS facts FROM ${facts} WHERE ${facts.state} = 'current'
      GROUP BY ${facts.basis} ORDER BY count(*) DESC, ${facts.basis}`),
    days: await readDays(store, now),
    ...(await readWork(store)),
    undone: await readUndone(store),
  }
}

async function readLeads(store: Store): Promise<Pick<Stats, "leads" | "coverage" | "funnel">> {
  const known = sql.join(
    covered.map((column) => sql`sum(nullif(${column}, '') IS NOT NULL) AS ${sql.identifier(column.name)}`),
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

async function readDays(store: Store, now: Date): Promise<Stats["days"]> {
  const days = Array.from({ length: 14 }, (_, ago) =>
    new Date(now.getTime() - (13 - ago) * day).toISOString().slice(0, 10),
  )
  const first = days[0] ?? ""
  const learned = await store.rows<{ day: string; n: number }>(sql`
    SELECT substr(${facts.createdAt}, 1, 10) AS day, count(*) AS n FROM ${facts} WHERE ${facts.createdAt} >= ${first} GROUP BY 1`)
  const worked = await store.rows<{ day: string; n: number }>(sql`
    SELECT substr(${runs.startedAt}, 1, 10) AS day, count(*) AS n FROM ${runs} WHERE ${runs.startedAt} >= ${first} GROUP BY 1`)
  const on = (counts: { day: string; n: number }[], day: string) => counts.find((count) => count.day === day)?.n ?? 0
  return days.map((day) => ({ day, facts: on(learned, day), runs: on(worked, day) }))
}

async function readWork(store: Store): Promise<Pick<Stats, "work" | "models">> {
  const byModel = await store.rows<Stats["work"] & { model: string }>(sql`
    SELECT ${runs.model} AS model, count(*) AS runs, sum(${runs.outcome} IS 'waiting') AS waiting, sum(${runs.outcome} IS 'failed') AS failed,
      sum(${runs.inputTokens}) AS "tokensIn", sum(${runs.outputTokens}) AS "tokensOut", sum(${runs.costUsd}) AS "costUsd"
    FROM ${runs} GROUP BY ${runs.model} ORDER BY count(*) DESC, ${runs.model}`)
  const sum = (name: keyof Stats["work"]) => byModel.reduce((total, row) => total + row[name], 0)
  return {
    work: {
      runs: sum("runs"),
      waiting: sum("waiting"),
      failed: sum("failed"),
      tokensIn: sum("tokensIn"),
      tokensOut: sum("tokensOut"),
      costUsd: sum("costUsd"),
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
    SELECT undo.id AS changeset, undo.undoes, undo.actor, coalesce(undone.actor, 'nobody') AS "of", undo.created_at AS at,
      (SELECT count(*) FROM ${changes} WHERE ${changes.changesetId} = undo.id) AS changes
    FROM ${changesets} AS undo LEFT JOIN ${changesets} AS undone ON undone.id = undo.undoes
    WHERE undo.undoes IS NOT NULL ORDER BY undo.id DESC LIMIT 10`)
}
