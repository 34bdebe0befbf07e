import { sql } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { type Tables, tables } from "../db/tables.ts"

/** What a value is worth that stands with proof, by how hard it is to come by. */
const worth: Record<string, number> = { email: 5, phone: 5, linkedin_url: 3, title: 3, company: 2, x_handle: 2 }
const worthOfOthers = 1
/** What it is worth to have brought a lead as far as it is now. */
const worthOfStage: Record<string, number> = { replied: 10, meeting: 25, won: 100 }

const levels = [
  { name: "Pebble", from: 0 },
  { name: "Stone", from: 25 },
  { name: "Boulder", from: 100 },
  { name: "Hill", from: 300 },
  { name: "Mountain", from: 800 },
  { name: "Small Giant", from: 2_000 },
  { name: "Giant", from: 5_000 },
] as const

export type Level = { name: string; next: { name: string; from: number } | null; from: number }
export type Player = { actor: string; points: number; week: number; values: number; stages: number; level: Level }
type Score = { actor: string; reason: string; all: number; week: number }

/** Everybody on the board, most points this week first. Points are computed from what stands now, so whatever was undone, rejected
 * or replaced counts no longer, and nothing has to be kept. */
export async function readBoard(store: Store, now: Date): Promise<Player[]> {
  const monday = startOfWeek(now)
  const values = [...(await provedValues(store, monday)), ...(await typedValues(store, monday))]
  const stages = await stagesReached(store, monday)
  const actors = [...new Set([...values, ...stages].map(({ actor }) => actor))]
  return actors
    .map((actor) => {
      const own = values.filter((score) => score.actor === actor)
      const reached = stages.filter((score) => score.actor === actor)
      const sum = (when: "all" | "week") =>
        own.reduce((total, score) => total + score[when] * (worth[score.reason] ?? worthOfOthers), 0) +
        reached.reduce((total, score) => total + score[when] * (worthOfStage[score.reason] ?? 0), 0)
      return {
        actor,
        points: sum("all"),
        week: sum("week"),
        values: own.reduce((total, score) => total + score.all, 0),
        stages: reached.reduce((total, score) => total + score.all, 0),
        level: levelOf(sum("all")),
      }
    })
    .sort((one, other) => other.week - one.week || other.points - one.points || one.actor.localeCompare(other.actor))
}

export function levelOf(points: number): Level {
  const reached = levels.findLastIndex(({ from }) => points >= from)
  const { name, from } = levels[reached] ?? levels[0]
  return { name, from, next: levels[reached + 1] ?? null }
}

/** Monday, midnight UTC. */
export function startOfWeek(now: Date): string {
  const days = (now.getUTCDay() + 6) % 7
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - days)).toISOString()
}

/** Facts that are current and were observed or said by a person, by who stored them. */
function provedValues(store: Store, monday: string): Promise<Score[]> {
  const { facts, runs, changes, changesets } = tables
  return store.rows<Score>(sql`
    SELECT actor, field AS reason, count(*) AS "all", coalesce(sum(created_at >= ${monday}), 0) AS week FROM (
      SELECT ${facts.field} AS field, ${facts.createdAt} AS created_at,
        CASE WHEN ${facts.runId} IS NOT NULL THEN (SELECT 'agent:' || ${runs.agent} FROM ${runs} WHERE ${runs.id} = ${facts.runId})
        ELSE (SELECT ${changesets.actor} FROM ${changes} JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}
              WHERE ${changes.tableName} = 'facts' AND ${changes.rowId} = ${facts.id} AND ${changes.op} = 'insert') END AS actor
      FROM ${facts} WHERE ${facts.state} = 'current' AND ${facts.basis} IN ('observed', 'human'))
    WHERE actor IS NOT NULL AND actor <> 'outside' GROUP BY actor, field`)
}

/** Values that a person typed into a lead, that still stand there, and that are no fact already. */
function typedValues(store: Store, monday: string): Promise<Score[]> {
  const { leads, facts, changes, changesets } = tables
  const columns = [
    leads.name,
    leads.title,
    leads.company,
    leads.email,
    leads.phone,
    leads.linkedinUrl,
    leads.xHandle,
    leads.location,
  ]
  const present = sql.join(
    columns.map((column) => sql`${column.name}, ${column}`),
    sql`, `,
  )
  return store.rows<Score>(sql`
    SELECT actor, field AS reason, count(*) AS "all", coalesce(sum(at >= ${monday}), 0) AS week FROM (
      SELECT ${changesets.actor} AS actor, set_value.key AS field, max(${changes.createdAt}) AS at
      FROM ${changesets} JOIN ${changes} ON ${changes.changesetId} = ${changesets.id} AND ${changes.tableName} = 'leads'
      JOIN ${leads} ON ${leads.id} = ${changes.rowId} JOIN json_each(${changes.after}) AS set_value
      WHERE ${changesets.actor} LIKE 'human:%' AND ${changesets.kind} = 'edit'
        AND set_value.value = json_extract(json_object(${present}), '$.' || set_value.key)
        AND NOT EXISTS (SELECT 1 FROM ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = ${leads.id}
          AND ${facts.field} = set_value.key AND ${facts.state} = 'current')
      GROUP BY ${leads.id}, set_value.key)
    GROUP BY actor, field`)
}

/** Leads that replied, met or bought, by who brought them there. Stages that were imported are nobody's. */
function stagesReached(store: Store, monday: string): Promise<Score[]> {
  const { leads, changes, changesets } = tables
  return store.rows<Score>(sql`
    SELECT actor, status AS reason, count(*) AS "all", coalesce(sum(at >= ${monday}), 0) AS week FROM (
      SELECT ${leads.status} AS status, ${changes.createdAt} AS at, ${changesets.actor} AS actor, ${changesets.kind} AS kind
      FROM ${leads} JOIN ${changes} ON ${changes.id} = (${lastChangeOfStatus(tables)})
      JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}
      WHERE ${leads.status} IN ('replied', 'meeting', 'won') AND ${leads.mergedInto} IS NULL)
    WHERE kind NOT IN ('import', 'undo') AND actor <> 'outside' GROUP BY actor, status`)
}

function lastChangeOfStatus({ leads }: Tables) {
  return sql`SELECT max(set_stage.id) FROM changes AS set_stage
    WHERE set_stage.table_name = 'leads' AND set_stage.row_id = ${leads.id} AND json_extract(set_stage.after, '$.status') = ${leads.status}`
}
