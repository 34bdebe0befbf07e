import { and, eq, inArray, isNotNull, isNull, or } from "drizzle-orm"
import { z } from "zod"
import type { Json, JsonObject } from "../db/json.ts"
import type { Store } from "../db/store.ts"
import { type GivenAnswer, tables } from "../db/tables.ts"
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

/** What a run's answer is. A script may return what looks like a question or a view: it is one only where the database has it, and it is
 * shown with the database's words. */
export async function shownOf(store: Store, runId: number, answer: Json): Promise<Shown> {
  const asked = question.safeParse(answer)
  const made = view.safeParse(answer)
  const known = asked.success
    ? await questionOf(store, runId, asked.data.question)
    : made.success
      ? await viewFor(store, runId, made.data.view)
      : null
  if (known) return known
  const list = rows.safeParse(answer)
  if (!list.success) return { kind: "value", value: answer }
  const isOf = (shape: z.ZodType) => list.data.length > 0 && list.data.every((row) => shape.safeParse(row).success)
  if (isOf(lead)) return { kind: "leads", rows: list.data }
  return { kind: isOf(company) ? "companies" : "rows", rows: list.data }
}

/** A question that this run asked. */
async function questionOf(store: Store, runId: number, id: number): Promise<Shown | null> {
  const { questions } = tables
  const [found] = await store.read((db) =>
    db
      .select({ calls: questions.calls })
      .from(questions)
      .where(and(eq(questions.id, id), eq(questions.runId, runId))),
  )
  if (!found) return null
  return { kind: "question", id, waitsFor: found.calls.map(({ action, reason }) => `${action}: ${reason}`).join("\n") }
}

/** A view that the person of this run may see. */
async function viewFor(store: Store, runId: number, id: number): Promise<Shown | null> {
  const { views, runs } = tables
  const [found] = await store.read((db) =>
    db
      .select({ title: views.title })
      .from(views)
      .innerJoin(runs, eq(runs.id, runId))
      .where(
        and(
          eq(views.id, id),
          isNull(views.removedAt),
          or(eq(views.owner, runs.person), isNotNull(views.sharedVersion)),
        ),
      ),
  )
  return found ? { kind: "view", id, title: found.title } : null
}

/** Keeps what a run showed, so that the conversation can be read again. Returns the page of the viewer with the same rows, or null. */
export async function keepAnswer(store: Store, runId: number, answer: Json, now: Date): Promise<string | null> {
  const shown = await shownOf(store, runId, answer)
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
