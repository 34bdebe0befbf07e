import { type SQL, sql } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { likelyDuplicates } from "../leads/duplicates.ts"
import { worthOfDecision, worthOfDraft, worthOfMerge } from "./points.ts"

/** Something worth doing now, made from a gap in the database. */
export type Quest = {
  title: string
  /** How many there are to do; counting stops at 1,000. */
  count: number
  /** About how long it takes, with agents at work where they can do it. */
  minutes: number
  /** What it makes; 0 where it only clears the way. */
  points: number
  /** The page that shows them, and where a person does what a person has to do. */
  path: string
  /** What to ask the sales agent for; null where only a person can do it. */
  ask: string | null
  /** What to type to have it done. */
  command: string
}

const most = 1_000
const secondsPerReading = 25
const secondsPerDecision = 10
const secondsPerDraft = 20

const { leads, facts, tasks, drafts } = tables
const gaps = [
  { column: leads.title, words: "title", points: 3 },
  { column: leads.company, words: "company", points: 2 },
  { column: leads.email, words: "email address", points: 5 },
  { column: leads.location, words: "location", points: 1 },
]

/** What is open, the most points for the least time first. */
export async function readQuests(store: Store, now: Date): Promise<Quest[]> {
  const quests: Quest[] = []
  for (const { column, words, points } of gaps) {
    const missing = sql`${leads.mergedInto} is null and ${leads.status} <> 'lost' and nullif(${column}, '') is null`
    const count = await countOf(store, leads, missing)
    quests.push({
      title: `${amount(count, "lead")} ${count === 1 ? "has" : "have"} no ${words}`,
      count,
      minutes: minutes(count * secondsPerReading),
      points: count * points,
      path: `/?missing=${column.name}`,
      ask: `Find out the ${words} of the leads that have none`,
      command: `giant enrich --where "${column.name}="`,
    })
  }
  const suggested = await countOf(store, facts, sql`${facts.state} = 'suggested' and ${facts.entity} = 'lead'`)
  quests.push({
    title: `${amount(suggested, "suggestion")} ${suggested === 1 ? "waits" : "wait"} for your yes or no`,
    count: suggested,
    minutes: minutes(suggested * secondsPerDecision),
    points: suggested * worthOfDecision,
    path: "/?suggestions%3E=1",
    ask: null,
    command: 'giant leads --where "suggestions>=1"',
  })
  const written = await countOf(
    store,
    drafts,
    sql`${drafts.state} = 'draft' AND coalesce(${drafts.snoozedUntil}, '') <= ${now.toISOString()}`,
  )
  quests.push({
    title: `${amount(written, "draft")} ${written === 1 ? "waits" : "wait"} for you to read`,
    count: written,
    minutes: minutes(written * secondsPerDraft),
    points: written * worthOfDraft,
    path: "/drafts/review",
    ask: null,
    command: "giant drafts",
  })
  const twice = await countTwice(store)
  quests.push({
    title: `${amount(twice, "pair")} of leads ${twice === 1 ? "looks" : "look"} like one person`,
    count: twice,
    minutes: minutes(twice * secondsPerDecision),
    points: twice * worthOfMerge,
    path: "/duplicates",
    ask: null,
    command: "giant duplicates",
  })
  const stale = await countOf(
    store,
    leads,
    sql`${leads.mergedInto} is null and ${leads.enrichedAt} < ${staleSince(now)}`,
  )
  quests.push({
    title: `${amount(stale, "lead")} ${stale === 1 ? "was" : "were"} last looked at more than 90 days ago`,
    count: stale,
    minutes: minutes(stale * secondsPerReading),
    points: 0,
    path: `/?enriched_at%3C=${staleSince(now).slice(0, 10)}`,
    ask: "Look again at the leads that were last enriched more than 90 days ago",
    command: `giant enrich --where "enriched_at<=${staleSince(now).slice(0, 10)}"`,
  })
  const waiting = await countOf(store, tasks, sql`${tasks.state} = 'waiting'`)
  quests.push({
    title: `${amount(waiting, "task")} ${waiting === 1 ? "waits" : "wait"} for a person to clear the way`,
    count: waiting,
    minutes: 1,
    points: 0,
    path: "/tasks?state=waiting",
    ask: null,
    command: "giant accounts",
  })
  return quests
    .filter((quest) => quest.count > 0)
    .sort((one, other) => other.points / other.minutes - one.points / one.minutes || other.points - one.points)
}

/** Among more leads than this, comparing them with each other takes too long for a page. */
const mostCompared = 100_000

async function countTwice(store: Store): Promise<number> {
  const [some] = await store.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${leads} LIMIT ${mostCompared + 1}) AS few`,
  )
  if (!some || some.n > mostCompared) return 0
  return (await likelyDuplicates(store, { limit: most })).pairs.length
}

async function countOf(store: Store, table: SQLiteTable, where: SQL): Promise<number> {
  const [counted] = await store.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ${most}) AS found`,
  )
  return counted?.n ?? 0
}

function staleSince(now: Date): string {
  return new Date(now.getTime() - 90 * 24 * 60 * 60 * 1000).toISOString()
}

function amount(count: number, thing: string): string {
  const number = count >= most ? `More than ${most - 1}` : String(count)
  return `${number} ${thing}${count === 1 ? "" : "s"}`
}

function minutes(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60))
}
