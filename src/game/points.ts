import { type AnyColumn, type SQL, sql } from "drizzle-orm"
import { hasKey, jsonEntries, jsonText } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { mondayOf } from "../db/time.ts"
import { personColumns } from "../leads/fields.ts"

/** What a value is worth that stands with proof, by how hard it is to come by. */
const worth: Record<string, number> = { email: 5, phone: 5, linkedin_url: 3, title: 3, company: 2, x_handle: 2 }
const worthOfOthers = 1
/** What it is worth to have brought a lead as far as it is now. */
const worthOfStage: Record<string, number> = { replied: 10, meeting: 25, won: 100 }
export const worthOfMerge = 3
/** A draft that a person approved as it was written. */
export const worthOfDraft = 3
/** A person's yes or no to what an agent suggests. */
export const worthOfDecision = 1

const levels = [
  { name: "Pebble", from: 0 },
  { name: "Stone", from: 25 },
  { name: "Boulder", from: 100 },
  { name: "Hill", from: 300 },
  { name: "Mountain", from: 800 },
  { name: "Small Giant", from: 2_000 },
  { name: "Giant", from: 5_000 },
] as const

type Level = { name: string; next: { name: string; from: number } | null; from: number }
export type Player = {
  actor: string
  points: number
  week: number
  /** The best week that there was, by its Monday. */
  best: Week
  values: number
  stages: number
  merges: number
  /** Accepted unedited. */
  drafts: number
  /** About suggestions. */
  decisions: number
  level: Level
}
type Week = { monday: string; points: number }
/** The team's points week by week, to this one, and what this week would be a good one with. */
export type Season = { weeks: Week[]; goal: number; best: Week }
/** What somebody did for one reason in one week, as far as it still stands. */
type Score = {
  actor: string
  kind: "value" | "stage" | "merge" | "draft" | "decision"
  reason: string
  monday: string
  count: number
}

const weeksShown = 12
const smallestGoal = 25
/** A good week is a little more than the usual one. */
const stretch = 1.1

/** Everybody on the board, most points this week first, and the team's season. Points are computed from what stands now, so whatever
 * was undone, rejected, replaced or did not pass a check counts no longer, and nothing has to be kept. */
export async function readGame(store: Store, now: Date): Promise<{ board: Player[]; season: Season }> {
  const scores = (
    await Promise.all([
      provedValues(store),
      typedValues(store),
      stagesReached(store),
      duplicatesMerged(store),
      draftsAccepted(store),
      suggestionsDecided(store),
    ])
  ).flat()
  const board = [...Map.groupBy(scores, ({ actor }) => actor)]
    .map(([actor, own]) => playerOf(actor, own, now))
    .sort((one, other) => other.week - one.week || other.points - one.points || one.actor.localeCompare(other.actor))
  return { board, season: seasonOf(scores, now) }
}

function playerOf(actor: string, own: Score[], now: Date): Player {
  const points = total(own)
  const amount = (kind: Score["kind"]) =>
    own.filter((score) => score.kind === kind).reduce((sum, { count }) => sum + count, 0)
  const weeks = weeksOf(own)
  return {
    actor,
    points,
    week: weeks.find(({ monday }) => monday === startOfWeek(now).slice(0, 10))?.points ?? 0,
    best: bestOf(weeks, now),
    values: amount("value"),
    stages: amount("stage"),
    merges: amount("merge"),
    drafts: amount("draft"),
    decisions: amount("decision"),
    level: levelOf(points),
  }
}

function seasonOf(scores: Score[], now: Date): Season {
  const all = weeksOf(scores)
  const weeks = Array.from({ length: weeksShown }, (_, ago) => {
    const then = new Date(now.getTime() - (weeksShown - 1 - ago) * 7 * 24 * 60 * 60 * 1000)
    const monday = startOfWeek(then).slice(0, 10)
    return all.find((week) => week.monday === monday) ?? { monday, points: 0 }
  })
  const before = weeks.slice(0, -1).filter(({ points }) => points > 0)
  const usual = before.reduce((sum, { points }) => sum + points, 0) / Math.max(1, before.length)
  return { weeks, goal: Math.max(smallestGoal, Math.ceil((usual * stretch) / 5) * 5), best: bestOf(all, now) }
}

function weeksOf(scores: Score[]): Week[] {
  return [...Map.groupBy(scores, ({ monday }) => monday)].map(([monday, some]) => ({ monday, points: total(some) }))
}

function bestOf(weeks: Week[], now: Date): Week {
  const [best] = weeks.toSorted((one, other) => other.points - one.points || one.monday.localeCompare(other.monday))
  return best ?? { monday: startOfWeek(now).slice(0, 10), points: 0 }
}

function total(scores: Score[]): number {
  return scores.reduce((sum, { kind, reason, count }) => sum + count * pointsFor(kind, reason), 0)
}

function pointsFor(kind: Score["kind"], reason: string): number {
  if (kind === "merge") return worthOfMerge
  if (kind === "draft") return worthOfDraft
  if (kind === "decision") return worthOfDecision
  return kind === "stage" ? (worthOfStage[reason] ?? 0) : (worth[reason] ?? worthOfOthers)
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

/** Facts that are current and were observed or said by a person, and that no check found wrong, by who stored them. */
function provedValues(store: Store): Promise<Score[]> {
  const { facts, runs, changes, changesets, checks } = tables
  return store.rows<Score>(sql`
    SELECT actor, 'value' AS kind, field AS reason, monday, count(*) AS count FROM (
      SELECT ${facts.field} AS field, ${mondayOf(sql`${facts.createdAt}`)} AS monday,
        CASE WHEN ${facts.runId} IS NOT NULL THEN (SELECT 'agent:' || ${runs.agent} FROM ${runs} WHERE ${runs.id} = ${facts.runId})
        ELSE (SELECT ${changesets.actor} FROM ${changes} JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}
              WHERE ${changes.tableName} = 'facts' AND ${changes.rowId} = ${facts.id} AND ${changes.op} = 'insert') END AS actor
      FROM ${facts} WHERE ${facts.state} = 'current' AND ${facts.basis} IN ('observed', 'human')
        AND NOT EXISTS (SELECT 1 FROM ${checks} WHERE ${checks.factId} = ${facts.id} AND ${checks.verdict} <> 'right')) AS value
    WHERE actor IS NOT NULL AND actor <> 'outside' GROUP BY actor, field, monday`)
}

/** Values that a person typed into a lead, that still stand there, and that are no fact already. */
function typedValues(store: Store): Promise<Score[]> {
  const { leads, facts, changes, changesets } = tables
  const columns = personColumns.map((column) => leads[column])
  const present = sql.join(
    columns.map((column) => sql`WHEN ${column.name} THEN ${column}`),
    sql` `,
  )
  return store.rows<Score>(sql`
    SELECT actor, 'value' AS kind, field AS reason, ${mondayOf(sql`at`)} AS monday, count(*) AS count FROM (
      SELECT ${changesets.actor} AS actor, set_value.key AS field, max(${changes.createdAt}) AS at
      FROM ${changesets} JOIN ${changes} ON ${changes.changesetId} = ${changesets.id} AND ${changes.tableName} = 'leads'
      JOIN ${leads} ON ${leads.id} = ${changes.rowId} CROSS JOIN ${jsonEntries(changes.after)} AS set_value
      WHERE ${changesets.actor} LIKE 'human:%' AND ${changesets.kind} = 'edit'
        AND set_value.value = CASE set_value.key ${present} END
        AND NOT EXISTS (SELECT 1 FROM ${facts} WHERE ${facts.entity} = 'lead' AND ${facts.entityId} = ${leads.id}
          AND ${facts.field} = set_value.key AND ${facts.state} = 'current')
      GROUP BY ${changesets.actor}, ${leads.id}, set_value.key) AS typed
    GROUP BY actor, field, monday`)
}

/** Leads that replied, met or bought, by who brought them there; a reply is the work of who wrote the message that it answers. Stages
 * that were imported are nobody's. */
function stagesReached(store: Store): Promise<Score[]> {
  const { leads, changes, changesets, sends, drafts } = tables
  const writer = sql`SELECT ${drafts.author} FROM ${sends} JOIN ${drafts} ON ${drafts.id} = ${sends.draftId}
    WHERE ${sends.leadId} = ${leads.id} AND ${sends.outcome} = 'sent' AND ${sends.startedAt} <= ${changes.createdAt}
    ORDER BY ${sends.id} DESC LIMIT 1`
  const last = lastChange("leads", leads.id, sql`${jsonText(setAfter, "status")} = ${leads.status}`)
  return store.rows<Score>(sql`
    SELECT actor, 'stage' AS kind, status AS reason, ${mondayOf(sql`at`)} AS monday, count(*) AS count FROM (
      SELECT ${leads.status} AS status, ${changes.createdAt} AS at, ${changesets.kind} AS kind,
        CASE ${leads.status} WHEN 'replied' THEN coalesce((${writer}), ${changesets.actor}) ELSE ${changesets.actor} END AS actor
      FROM ${leads} JOIN ${changes} ON ${changes.id} = (${last})
      JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}
      WHERE ${leads.status} IN ('replied', 'meeting', 'won') AND ${leads.mergedInto} IS NULL) AS reached
    WHERE kind <> 'import' AND actor NOT IN ('outside', 'system') GROUP BY actor, status, monday`)
}

/** Leads that are merged into another, by who merged them. */
function duplicatesMerged(store: Store): Promise<Score[]> {
  const { leads, changes, changesets } = tables
  const last = lastChange(
    "leads",
    leads.id,
    sql`cast(${jsonText(setAfter, "merged_into")} as bigint) = ${leads.mergedInto}`,
  )
  return store.rows<Score>(sql`
    SELECT ${changesets.actor} AS actor, 'merge' AS kind, 'merge' AS reason, ${mondayOf(sql`${changes.createdAt}`)} AS monday,
      count(*) AS count
    FROM ${leads} JOIN ${changes} ON ${changes.id} = (${last})
    JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}
    WHERE ${leads.mergedInto} IS NOT NULL AND ${changesets.kind} <> 'import' AND ${changesets.actor} <> 'outside'
    GROUP BY 1, 4`)
}

/** Drafts that a person approved as they were written, by who wrote them; nobody scores for approving their own words. A message that
 * came back is a rejected draft. */
function draftsAccepted(store: Store): Promise<Score[]> {
  const { drafts, approvals, changes, changesets } = tables
  return store.rows<Score>(sql`
    SELECT ${drafts.author} AS actor, 'draft' AS kind, 'draft' AS reason, ${mondayOf(sql`${approvals.createdAt}`)} AS monday,
      count(*) AS count
    FROM ${drafts} JOIN ${approvals} ON ${approvals.id} =
      (SELECT max(yes.id) FROM approvals AS yes WHERE yes.draft_id = ${drafts.id} AND yes.voided_at IS NULL)
    WHERE ${drafts.state} IN ('approved', 'sent') AND ${approvals.person} <> ${drafts.author}
      AND NOT EXISTS (SELECT 1 FROM ${changes} JOIN ${changesets} ON ${changesets.id} = ${changes.changesetId}
        WHERE ${changes.tableName} = 'drafts' AND ${changes.rowId} = ${drafts.id} AND ${changes.op} = 'update'
          AND ${changesets.actor} LIKE 'human:%'
          AND (${hasKey(changes.after, "body")} OR ${hasKey(changes.after, "subject")}))
    GROUP BY 1, 4`)
}

/** Suggestions that a person accepted or rejected, as far as that stands. */
function suggestionsDecided(store: Store): Promise<Score[]> {
  const { facts, changes, changesets } = tables
  const last = lastChange("facts", facts.id, sql`${jsonText(setAfter, "state")} = ${facts.state}`)
  return store.rows<Score>(sql`
    SELECT ${changesets.actor} AS actor, 'decision' AS kind, 'decision' AS reason, ${mondayOf(sql`${changes.createdAt}`)} AS monday,
      count(*) AS count
    FROM ${changesets} JOIN ${changes} ON ${changes.changesetId} = ${changesets.id} AND ${changes.tableName} = 'facts'
      AND ${changes.op} = 'update'
    JOIN ${facts} ON ${facts.id} = ${changes.rowId}
    WHERE ${changesets.actor} LIKE 'human:%' AND ${changesets.kind} NOT IN ('undo', 'import')
      AND ${jsonText(changes.before, "state")} = 'suggested'
      AND ${facts.state} IN ('current', 'rejected') AND ${changes.id} = (${last})
    GROUP BY 1, 4`)
}

const setAfter = sql.raw("set_value.after")

/** The last change of a row that set what stands there now. An undo sets nothing of its own: what it brings back is the work of who did
 * it. */
function lastChange(table: "leads" | "facts", row: AnyColumn, setIt: SQL): SQL {
  return sql`SELECT max(set_value.id) FROM changes AS set_value JOIN changesets AS setter ON setter.id = set_value.changeset_id
    WHERE set_value.table_name = ${table} AND set_value.row_id = ${row} AND setter.kind <> 'undo' AND ${setIt}`
}
