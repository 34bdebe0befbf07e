import { and, asc, eq, isNull, lte } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import { type Reminder, tables } from "../db/tables.ts"
import { rowOf } from "./values.ts"

/** Reminds a person of something to do about a lead; returns the reminder's id. Throws EntityNotFound. */
export async function addReminder(
  store: Store,
  author: Author,
  leadId: number,
  reminder: { text: string; dueAt: Date; person: string },
  now: Date,
): Promise<number> {
  return store.change(author, async (db) => {
    const { id } = await rowOf(db, { entity: "lead", id: leadId })
    const { text, person, dueAt } = reminder
    const values = { leadId: id, text, person, dueAt: dueAt.toISOString(), createdAt: now.toISOString() }
    const [made] = await db.insert(tables.reminders).values(values).returning({ id: tables.reminders.id })
    if (!made) throw new Error("The database made no row for a reminder.")
    return made.id
  })
}

/** Marks a reminder as done. Returns whether it was open. */
export async function finishReminder(store: Store, author: Author, id: number, now: Date): Promise<boolean> {
  const { reminders } = tables
  return store.change(author, async (db) => {
    const done = await db
      .update(reminders)
      .set({ doneAt: now.toISOString() })
      .where(and(eq(reminders.id, id), isNull(reminders.doneAt)))
      .returning({ id: reminders.id })
    return done.length > 0
  })
}

/** Puts an open reminder off to a later time. Returns whether it was open. */
export async function snoozeReminder(store: Store, author: Author, id: number, until: Date): Promise<boolean> {
  const { reminders } = tables
  return store.change(author, async (db) => {
    const moved = await db
      .update(reminders)
      .set({ dueAt: until.toISOString() })
      .where(and(eq(reminders.id, id), isNull(reminders.doneAt)))
      .returning({ id: reminders.id })
    return moved.length > 0
  })
}

type DueReminder = Reminder & { lead: string | null }

/** What is not done, the longest overdue first, each with the name of its lead: of one person or of all (null), due until a time or
 * whenever (null). */
export function openReminders(
  store: Store,
  { person, until }: { person: string | null; until: Date | null },
): Promise<DueReminder[]> {
  const { reminders, leads } = tables
  return store.read(async (db) => {
    const found = await db
      .select({ reminder: reminders, lead: leads.name })
      .from(reminders)
      .leftJoin(leads, eq(leads.id, reminders.leadId))
      .where(
        and(
          person === null ? undefined : eq(reminders.person, person),
          isNull(reminders.doneAt),
          until === null ? undefined : lte(reminders.dueAt, until.toISOString()),
        ),
      )
      .orderBy(asc(reminders.dueAt), asc(reminders.id))
    return found.map(({ reminder, lead }) => ({ ...reminder, lead }))
  })
}
