import { Cron } from "croner"
import { and, asc, eq, exists, gt, isNotNull, isNull, lte, not, or, type SQL } from "drizzle-orm"
import { type JsonObject, own } from "../db/json.ts"
import type { Author, Db, Store } from "../db/store.ts"
import { type Schedule, tables } from "../db/tables.ts"

export type NewSchedule = {
  /** "every morning", "every monday at 9:30", or a cron expression. */
  words: string
  /** An IANA time zone. */
  zone: string
  person: string
  does: { recipe: string; input: JsonObject } | { prompt: string }
}

export type Scheduled = { kind: "done"; schedule: Schedule } | { kind: "refused"; reason: string }

/** Keeps a schedule, with when it is due next. */
export async function addSchedule(store: Store, author: Author, asked: NewSchedule, now: Date): Promise<Scheduled> {
  const cron = cronOf(asked.words)
  if (cron === null) {
    return {
      kind: "refused",
      reason: `"${asked.words}" is no time: write "every morning", "every weekday at 9:30", "every hour" or a cron expression.`,
    }
  }
  const nextAt = nextTime(cron, asked.zone, now)
  if (nextAt === null)
    return { kind: "refused", reason: `"${asked.words}" never comes, or ${asked.zone} is no time zone.` }
  const { words, zone, person, does } = asked
  return store.change(author, async (db): Promise<Scheduled> => {
    const [schedule] = await db
      .insert(tables.schedules)
      .values({ words, cron, zone, person, ...does, nextAt, createdAt: now.toISOString() })
      .returning()
    if (!schedule) throw new Error("The database made no row for a schedule.")
    return { kind: "done", schedule }
  })
}

/** Every schedule, the next one first. */
export async function schedulesOf(store: Store): Promise<Schedule[]> {
  const { schedules } = tables
  return store.read((db) => db.select().from(schedules).orderBy(asc(schedules.nextAt), asc(schedules.id)))
}

/** Pauses a schedule, or lets it go on; what it missed meanwhile is not caught up. A host at work on its turn ends that first. */
export async function pauseSchedule(
  store: Store,
  author: Author,
  id: number,
  isPaused: boolean,
  now: Date,
): Promise<Scheduled> {
  const { schedules } = tables
  return store.change(author, async (db): Promise<Scheduled> => {
    const [row] = await db.select().from(schedules).where(eq(schedules.id, id))
    if (!row) return { kind: "refused", reason: `There is no schedule ${id}.` }
    const nextAt = isPaused ? row.nextAt : (nextTime(row.cron, row.zone, now) ?? row.nextAt)
    const [held] = await db
      .select({ id: schedules.id })
      .from(schedules)
      .where(and(eq(schedules.id, id), isHeld(db, now)))
    const [schedule] = await db
      .update(schedules)
      .set({ pausedAt: isPaused ? now.toISOString() : null, nextAt, ...(held ? {} : { takenBy: null, attempts: 0 }) })
      .where(eq(schedules.id, id))
      .returning()
    return schedule ? { kind: "done", schedule } : { kind: "refused", reason: `Schedule ${id} is gone.` }
  })
}

export async function removeSchedule(store: Store, author: Author, id: number): Promise<Scheduled> {
  const { schedules } = tables
  return store.change(author, async (db): Promise<Scheduled> => {
    const [schedule] = await db.delete(schedules).where(eq(schedules.id, id)).returning()
    return schedule ? { kind: "done", schedule } : { kind: "refused", reason: `There is no schedule ${id}.` }
  })
}

/** A schedule at its turn. `isAgain`: an earlier process was cut off in the middle of it. */
export type Turn = { schedule: Schedule; isAgain: boolean }

/** Takes the next schedule that was due by a moment, once however often it was missed, or that was cut off in the middle: its host is
 * gone, or it is this one, which works on one at a time. One that was cut off twice has missed its turn. Null where there is none. */
export async function takeNext(store: Store, host: number, { by, now }: { by: Date; now: Date }): Promise<Turn | null> {
  const { schedules } = tables
  const at = now.toISOString()
  return store.change(bySchedule, async (db) => {
    await bringNear(db, now)
    const isDue = and(isNull(schedules.takenBy), lte(schedules.nextAt, by.toISOString()))
    const isCutOff = and(isNotNull(schedules.takenBy), or(eq(schedules.takenBy, host), not(isHeld(db, now))))
    const found = await db
      .select()
      .from(schedules)
      .where(and(isNull(schedules.pausedAt), or(isDue, isCutOff)))
      .orderBy(asc(schedules.nextAt), asc(schedules.id))
    for (const { id, cron, zone, takenBy, attempts } of found) {
      const isAgain = takenBy !== null
      const nextAt = nextTime(cron, zone, now) ?? never
      const isMissed = isAgain && attempts >= mostAttempts
      const begun = { takenBy: host, attempts: attempts + 1, nextAt, ...(isAgain ? {} : { lastAt: at }) }
      const [schedule] = await db
        .update(schedules)
        .set(isMissed ? { ...ended(missed), nextAt } : { ...begun, lastOutcome: isAgain ? goesOn : "Begun." })
        .where(and(eq(schedules.id, id), takenBy === null ? isNull(schedules.takenBy) : eq(schedules.takenBy, takenBy)))
        .returning()
      if (schedule && !isMissed) return { schedule, isAgain }
    }
    return null
  })
}

/** Whether a host that lives is at work on a schedule's turn. */
function isHeld(db: Db, now: Date): SQL {
  const { hosts, schedules } = tables
  const lives = and(isNull(hosts.endedAt), gt(hosts.livesUntil, now.toISOString()))
  return exists(
    db
      .select({ id: hosts.id })
      .from(hosts)
      .where(and(eq(hosts.id, schedules.takenBy), lives)),
  )
}

/** No schedule is due later than its next time: where one is, the clock was ahead for a while. */
async function bringNear(db: Db, now: Date): Promise<void> {
  const { schedules } = tables
  const later = await db
    .select()
    .from(schedules)
    .where(and(isNull(schedules.pausedAt), isNull(schedules.takenBy), gt(schedules.nextAt, now.toISOString())))
  for (const { id, cron, zone, nextAt } of later) {
    const next = nextTime(cron, zone, now)
    if (next !== null && next < nextAt) {
      await db.update(schedules).set({ nextAt: next }).where(eq(schedules.id, id))
    }
  }
}

/** Ends a turn with what came of it, unless another host has taken it meanwhile. */
export async function endTurn(store: Store, turn: Turn, outcome: string): Promise<void> {
  await note(store, turn, ended(outcome))
}

/** Leaves a turn in the middle, so that the next host goes on with it. */
export async function leaveTurn(store: Store, turn: Turn): Promise<void> {
  await note(store, turn, { lastOutcome: "Stopped in the middle; the next giant start goes on with it." })
}

/** A time in words as a cron expression; null for what is neither. */
export function cronOf(words: string): string | null {
  const text = words.trim().toLowerCase().replace(/\s+/g, " ")
  const [, when = "", hour, minute = "00", half] =
    /^(?:every|each|jeden|jede) (.+?)(?: (?:at|um) (\d{1,2})(?::(\d{2}))? ?(am|pm)?(?: uhr)?)?$/.exec(text) ?? []
  const usual = own(times, when)
  if (usual) {
    if (hour === undefined) return usual.join(" ")
    const shifted = (Number(hour) % (half ? 12 : 24)) + (half === "pm" ? 12 : 0)
    return Number(hour) < 24 && Number(minute) < 60 ? `${Number(minute)} ${shifted} ${usual.slice(2).join(" ")}` : null
  }
  return isCron(text) ? text : null
}

/** A moment as the clocks of its zone say it, such as `Tue 24 Nov, 08:00`. */
export function momentIn(zone: string, iso: string): string {
  const shown = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" } as const
  return new Date(iso).toLocaleString("en-GB", { timeZone: zone, ...shown }).replace(/^(\w+),/, "$1")
}

const daily = (hour: number) => ["0", String(hour), "*", "*", "*"]
const weekly = (day: string) => ["0", "8", "*", "*", day]

/** Minute, hour, day, month and weekday of what people say. */
const times: Record<string, string[]> = {
  hour: ["0", "*", "*", "*", "*"],
  day: daily(8),
  morning: daily(8),
  noon: daily(12),
  evening: daily(18),
  night: daily(2),
  weekday: weekly("1-5"),
  week: weekly("1"),
  month: ["0", "8", "1", "*", "*"],
  ...Object.fromEntries(
    ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"].map((day, at) => [
      day,
      weekly(String(at)),
    ]),
  ),
}

function ended(outcome: string) {
  return { lastOutcome: outcome.slice(0, 500), takenBy: null, attempts: 0 }
}

async function note(store: Store, { schedule: { id, takenBy } }: Turn, values: Partial<Schedule>): Promise<void> {
  const { schedules } = tables
  await store.change(bySchedule, (db) =>
    db
      .update(schedules)
      .set(values)
      .where(and(eq(schedules.id, id), eq(schedules.takenBy, takenBy ?? 0))),
  )
}

const mostAttempts = 2
const goesOn = "Begun again: it was cut off in the middle."
const missed = "Missed: it was cut off in the middle twice. It runs again at its next time."
const bySchedule: Author = { actor: "system", kind: "schedule" }
const never = "9999-12-31T00:00:00.000Z"

function isCron(text: string): boolean {
  return /^\S+( \S+){4}$/.test(text) && nextTime(text, "UTC", new Date(0)) !== null
}

/** When a schedule is due after a time; null where it never is, or where it is no schedule. */
function nextTime(cron: string, zone: string, after: Date): string | null {
  try {
    return new Cron(cron, { timezone: zone, paused: true }).nextRun(after)?.toISOString() ?? null
  } catch {
    return null
  }
}
