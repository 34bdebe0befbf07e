import { Cron } from "croner"
import { and, asc, eq, isNull, lte } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import { type JsonObject, type Schedule, tables } from "../db/tables.ts"

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

/** Pauses a schedule, or lets it go on; what it missed meanwhile is not caught up. */
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
    const [schedule] = await db
      .update(schedules)
      .set({ pausedAt: isPaused ? now.toISOString() : null, nextAt })
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

/** Takes the schedules that are due, each once however often it was missed, and sets when they are due next. It is taken before it
 * is run, so that a process that dies in between does not run it twice. */
export async function takeDue(store: Store, now: Date): Promise<Schedule[]> {
  const { schedules } = tables
  const at = now.toISOString()
  const due = await store.read((db) =>
    db
      .select()
      .from(schedules)
      .where(and(lte(schedules.nextAt, at), isNull(schedules.pausedAt)))
      .orderBy(asc(schedules.nextAt), asc(schedules.id)),
  )
  const taken: Schedule[] = []
  for (const schedule of due) {
    const nextAt = nextTime(schedule.cron, schedule.zone, now) ?? never
    const [row] = await store.change(bySchedule, (db) =>
      db
        .update(schedules)
        .set({ nextAt, lastAt: at, lastOutcome: "Begun." })
        .where(and(eq(schedules.id, schedule.id), eq(schedules.nextAt, schedule.nextAt), isNull(schedules.pausedAt)))
        .returning(),
    )
    if (row) taken.push(row)
  }
  return taken
}

/** Writes down what came of a schedule. */
export async function noteOutcome(store: Store, id: number, outcome: string): Promise<void> {
  await store.change(bySchedule, (db) =>
    db
      .update(tables.schedules)
      .set({ lastOutcome: outcome.slice(0, 500) })
      .where(eq(tables.schedules.id, id)),
  )
}

/** A time in words as a cron expression; null for what is neither. */
export function cronOf(words: string): string | null {
  const text = words.trim().toLowerCase().replace(/\s+/g, " ")
  const [, when = "", hour, minute = "00", half] =
    /^(?:every|each|jeden|jede) (.+?)(?: (?:at|um) (\d{1,2})(?::(\d{2}))? ?(am|pm)?(?: uhr)?)?$/.exec(text) ?? []
  const usual = times[when]
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
