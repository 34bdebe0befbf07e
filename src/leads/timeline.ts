import type { Author, Store } from "../db/store.ts"
import { type Lead, type TimelineEntry, tables } from "../db/tables.ts"
import { teamFields } from "./fields.ts"
import { rowOf, standingOf, writeValue } from "./values.ts"

/** What happened with a lead, when. Stage changes write themselves. */
type Happening = { kind: Exclude<TimelineEntry["kind"], "stage">; text: string; at?: Date }

type Staged = { kind: "set" | "unchanged" } | { kind: "refused"; reason: string }

/** Adds a note, call, meeting or message to a lead's timeline, and returns its id. Throws EntityNotFound. */
export async function addToTimeline(
  store: Store,
  author: Author,
  leadId: number,
  happening: Happening,
  now: Date,
): Promise<number> {
  return store.change(author, async (db) => {
    const { id } = await rowOf(db, { entity: "lead", id: leadId })
    const { kind, text, at = now } = happening
    const entry = { leadId: id, kind, text, actor: author.actor, at: at.toISOString(), createdAt: now.toISOString() }
    const [made] = await db.insert(tables.timeline).values(entry).returning({ id: tables.timeline.id })
    if (!made) throw new Error("The database made no row for an entry of the timeline.")
    return made.id
  })
}

/** Moves a lead to another stage of the sale, for an agent or a person, and tells it in the timeline. What a person set, only a person
 * changes. Throws EntityNotFound. */
export async function setStatus(
  store: Store,
  author: Author,
  leadId: number,
  status: Lead["status"],
  now: Date,
): Promise<Staged> {
  const field = teamFields.status
  return store.change(author, async (db): Promise<Staged> => {
    const row = await rowOf(db, { entity: "lead", id: leadId })
    const isPerson = author.actor.startsWith("human:")
    if (!isPerson && field && (await standingOf(db, "lead", row, field))?.basis === "human")
      return { kind: "refused", reason: `A person set the status of lead ${leadId}, so a person changes it.` }
    if (row.status === status || !field) return { kind: "unchanged" }
    await writeValue(db, author, "lead", row, field, status, now.toISOString())
    return { kind: "set" }
  })
}
