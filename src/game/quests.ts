import { type SQL, sql } from "drizzle-orm"
import type { SQLiteTable } from "drizzle-orm/sqlite-core"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"

/** Something worth doing now, made from a gap in the database. */
export type Quest = {
  title: string
  /** How many there are to do; counting stops at 1,000. */
  count: number
  /** About how long it takes, with agents at work where they can do it. */
  minutes: number
  points: number
  /** The page that shows them. */
  path: string
  /** What to type to have it done. */
  command: string
}

const most = 1_000
const secondsPerReading = 25
const secondsPerDecision = 10

const { leads, facts, tasks } = tables
const gaps = [
  { column: leads.title, words: "no title", points: 3 },
  { column: leads.company, words: "no company", points: 2 },
  { column: leads.email, words: "no email address", points: 5 },
  { column: leads.location, words: "no location", points: 1 },
]

/** What is open, the most points for the least time first. */
export async function readQuests(store: Store): Promise<Quest[]> {
  const quests: Quest[] = []
  for (const { column, words, points } of gaps) {
    const missing = sql`${leads.mergedInto} is null and ${leads.status} <> 'lost' and nullif(${column}, '') is null`
    const count = await countOf(store, leads, missing)
    quests.push({
      title: `${amount(count, "lead")} ${count === 1 ? "has" : "have"} ${words}`,
      count,
      minutes: minutes(count * secondsPerReading),
      points: count * points,
      path: `/?missing=${column.name}`,
      command: `giant enrich --where "${column.name}="`,
    })
  }
  const suggested = await countOf(store, facts, sql`${facts.state} = 'suggested' and ${facts.entity} = 'lead'`)
  quests.push({
    title: `${amount(suggested, "suggestion")} ${suggested === 1 ? "waits" : "wait"} for your yes or no`,
    count: suggested,
    minutes: minutes(suggested * secondsPerDecision),
    points: suggested * 2,
    path: "/?suggestions>=1",
    command: 'giant leads --where "suggestions>=1"',
  })
  const waiting = await countOf(store, tasks, sql`${tasks.state} = 'waiting'`)
  quests.push({
    title: `${amount(waiting, "task")} ${waiting === 1 ? "waits" : "wait"} for a person to clear the way`,
    count: waiting,
    minutes: 1,
    points: waiting,
    path: "/runs?outcome=waiting",
    command: "giant accounts",
  })
  return quests
    .filter((quest) => quest.count > 0)
    .sort((one, other) => other.points / other.minutes - one.points / one.minutes || other.points - one.points)
}

async function countOf(store: Store, table: SQLiteTable, where: SQL): Promise<number> {
  const [counted] = await store.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM (SELECT 1 FROM ${table} WHERE ${where} LIMIT ${most})`,
  )
  return counted?.n ?? 0
}

function amount(count: number, thing: string): string {
  const number = count >= most ? `More than ${most - 1}` : String(count)
  return `${number} ${thing}${count === 1 ? "" : "s"}`
}

function minutes(seconds: number): number {
  return Math.max(1, Math.round(seconds / 60))
}
