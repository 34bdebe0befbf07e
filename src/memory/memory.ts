import { and, asc, eq, inArray, or } from "drizzle-orm"
import type { Author, Store } from "../db/store.ts"
import { type Memory, tables } from "../db/tables.ts"

/** Whom a note of everybody belongs to; any other owner is a person's actor, `human:ada`. */
export const team = "team"
/** Characters that a note may have. */
export const longestNote = 1_000

type NewMemory = {
  owner: string
  text: string
  /** Who said it, or where it comes from. */
  source: string
  /** Whether it stands in every prompt, as far as there is room. */
  isAlways: boolean
  /** proposed: a person decides. accepted: it holds at once. */
  state: "proposed" | "accepted"
}

export type Remembered = { kind: "done"; memory: Memory } | { kind: "refused"; reason: string }

/** Keeps a note. The same words of the same owner are kept once. */
export async function remember(store: Store, author: Author, note: NewMemory, now: Date): Promise<Memory> {
  const at = now.toISOString()
  const text = oneLine(note.text)
  const { memories } = tables
  return store.change(author, async (db) => {
    const [same] = await db
      .select()
      .from(memories)
      .where(
        and(
          eq(memories.owner, note.owner),
          eq(memories.text, text),
          inArray(memories.state, note.state === "accepted" ? ["accepted"] : ["accepted", "proposed"]),
        ),
      )
    if (same) return same
    const [made] = await db
      .insert(memories)
      .values({ ...note, text, runId: author.runId ?? null, createdAt: at, updatedAt: at })
      .returning()
    if (!made) throw new Error("The database made no row for a memory.")
    return made
  })
}

/** What may stand in a person's prompts, or waits for them: the team's notes and their own, the oldest first. */
export async function memoriesOf(
  store: Store,
  person: string,
  states: Memory["state"][] = ["accepted", "proposed"],
): Promise<Memory[]> {
  const { memories } = tables
  return store.read((db) =>
    db
      .select()
      .from(memories)
      .where(and(or(eq(memories.owner, team), eq(memories.owner, person)), inArray(memories.state, states)))
      .orderBy(asc(memories.id)),
  )
}

/** Accepts a proposed note, as a person. */
export function acceptMemory(store: Store, author: Author, id: number, now: Date): Promise<Remembered> {
  return changeMemory(store, author, id, { state: "accepted" }, now)
}

/** Changes a note's words or where it stands, as a person; a proposed one is accepted by that. */
export function editMemory(
  store: Store,
  author: Author,
  id: number,
  change: { text?: string; isAlways?: boolean },
  now: Date,
): Promise<Remembered> {
  const { text, ...rest } = change
  const words = text === undefined ? {} : { text: oneLine(text) }
  return changeMemory(store, author, id, { ...rest, ...words, state: "accepted" }, now)
}

/** Takes a note out of every prompt and search, as a person; a proposed one is rejected. Undo brings it back. */
export function removeMemory(store: Store, author: Author, id: number, now: Date): Promise<Remembered> {
  return changeMemory(store, author, id, { state: "retired" }, now)
}

/** Notes about some words, the best match first: those that hold, of the team and of the person. */
export async function findMemories(store: Store, person: string, words: string): Promise<Memory[]> {
  const asked = tokensOf(words)
  const held = await memoriesOf(store, person, ["accepted"])
  return held
    .map((memory) => ({ memory, score: asked.filter((word) => memory.text.toLowerCase().includes(word)).length }))
    .filter(({ score }) => asked.length === 0 || score > 0)
    .toSorted((one, other) => other.score - one.score || other.memory.id - one.memory.id)
    .map(({ memory }) => memory)
}

/** The words of a search, in lower case. */
export function tokensOf(words: string): string[] {
  return [...new Set(words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])]
}

/** A note is one line, without marks that nobody sees. */
function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, " ")
    .trim()
    .slice(0, longestNote)
}

async function changeMemory(
  store: Store,
  author: Author,
  id: number,
  change: Partial<Pick<Memory, "text" | "isAlways" | "state">>,
  now: Date,
): Promise<Remembered> {
  const { memories } = tables
  return store.change(author, async (db): Promise<Remembered> => {
    const [row] = await db.select().from(memories).where(eq(memories.id, id))
    if (!row || (row.owner !== team && row.owner !== author.actor)) {
      return { kind: "refused", reason: `There is no memory ${id} of the team's or of yours.` }
    }
    if (change.text === "") return { kind: "refused", reason: "A memory needs words; remove it instead." }
    const state = change.state === "retired" && row.state === "proposed" ? "rejected" : change.state
    const [changed] = await db
      .update(memories)
      .set({ ...change, ...(state ? { state } : {}), updatedAt: now.toISOString() })
      .where(eq(memories.id, id))
      .returning()
    return changed ? { kind: "done", memory: changed } : { kind: "refused", reason: `Memory ${id} is gone.` }
  })
}
