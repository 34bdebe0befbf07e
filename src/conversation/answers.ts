import { inArray } from "drizzle-orm"
import { z } from "zod"
import type { Store } from "../db/store.ts"
import { type GivenAnswer, type Json, type JsonObject, tables } from "../db/tables.ts"
import { pathOf } from "./path.ts"

/** What an agent showed a person beside words, as it is to be drawn. */
export type Shown =
  | { kind: "leads"; rows: JsonObject[] }
  | { kind: "companies"; rows: JsonObject[] }
  | { kind: "rows"; rows: JsonObject[] }
  | { kind: "view"; id: number; title: string }
  | { kind: "question"; id: number; waitsFor: string }
  | { kind: "value"; value: Json }

const object = z.record(z.string(), z.json())
const rows = z.array(object).or(z.object({ rows: z.array(object) }).transform((answer) => answer.rows))
const question = z.object({ question: z.int(), waits_for: z.string() })
const view = z.object({ view: z.int(), title: z.string() })
const lead = z.object({ linkedinUrl: z.json(), enrichedAt: z.json(), status: z.json() })
const company = z.object({ domain: z.json(), industry: z.json(), linkedinUrl: z.json() })

/** Rows of an answer that are kept and drawn; whatever is beyond them stands in the table it came from. */
const mostRows = 500

/** What an answer is. */
export function shownOf(answer: Json): Shown {
  const asked = question.safeParse(answer)
  if (asked.success) return { kind: "question", id: asked.data.question, waitsFor: asked.data.waits_for }
  const made = view.safeParse(answer)
  if (made.success) return { kind: "view", id: made.data.view, title: made.data.title }
  const list = rows.safeParse(answer)
  if (!list.success) return { kind: "value", value: answer }
  const isOf = (shape: z.ZodType) => list.data.length > 0 && list.data.every((row) => shape.safeParse(row).success)
  if (isOf(lead)) return { kind: "leads", rows: list.data }
  return { kind: isOf(company) ? "companies" : "rows", rows: list.data }
}

/** Keeps what a run showed, so that the conversation can be read again. Returns the page of the viewer with the same rows, or null. */
export async function keepAnswer(store: Store, runId: number, answer: Json, now: Date): Promise<string | null> {
  const shown = shownOf(answer)
  const path = await pathOf(store, runId, shown)
  const kept = "rows" in shown ? shown.rows.slice(0, mostRows) : answer
  const shownNow = { answer: kept, path, createdAt: now.toISOString() }
  // A run that waited for a person shows what came of it in place of what it waited for.
  await store.write((db) =>
    db
      .insert(tables.answers)
      .values({ runId, ...shownNow })
      .onConflictDoUpdate({ target: tables.answers.runId, set: shownNow }),
  )
  return path
}

/** What each of these runs showed. */
export async function answersOf(store: Store, runIds: number[]): Promise<Map<number, GivenAnswer>> {
  const { answers } = tables
  const found = await store.read((db) => db.select().from(answers).where(inArray(answers.runId, runIds)))
  return new Map(found.map((answer) => [answer.runId, answer]))
}
