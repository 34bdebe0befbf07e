import { and, desc, eq, getTableColumns, isNotNull, isNull, or, sql } from "drizzle-orm"
import type { Store } from "../src/db/store.ts"
import { type Question, type Run, tables } from "../src/db/tables.ts"
import type { Person } from "./access.ts"

/** What is asked, and by which run; the stopped script itself is nothing to look at. */
export type AskedQuestion = { question: Omit<Question, "snapshot">; run: Run }

const { questions, runs } = tables
const { snapshot: _, ...shown } = getTableColumns(questions)

/** Questions that wait for a person's yes, as far as they are this person's to answer, the newest first. */
export async function openQuestionsFor(store: Store, person: Person): Promise<AskedQuestion[]> {
  return store.read((db) =>
    db
      .select({ question: shown, run: runs })
      .from(questions)
      .innerJoin(runs, eq(runs.id, questions.runId))
      .where(and(isNull(questions.answer), isFor(person)))
      .orderBy(desc(questions.id))
      .limit(200),
  )
}

/** Kept, because every page asks for it. */
const counting = sql`
  SELECT count(*) AS number FROM ${questions} JOIN ${runs} ON ${runs.id} = ${questions.runId} WHERE ${questions.answer} IS NULL`
const countingFor = sql`${counting} AND (${runs.person} = ${sql.placeholder("actor")} OR ${runs.taskId} IS NOT NULL)`

export async function countQuestionsFor(store: Store, { role, actor }: Person): Promise<number> {
  const [counted] = await store.rows<{ number: number }>(role === "admin" ? counting : countingFor, { actor })
  return counted?.number ?? 0
}

/** A question, answered or not; null where it is not this person's. */
export async function questionFor(store: Store, person: Person, id: number): Promise<AskedQuestion | null> {
  const [asked] = await store.read((db) =>
    db
      .select({ question: shown, run: runs })
      .from(questions)
      .innerJoin(runs, eq(runs.id, questions.runId))
      .where(and(eq(questions.id, id), isFor(person))),
  )
  return asked ?? null
}

/** A conversation is its person's alone; the work of the queue is everybody's. */
function isFor(person: Person) {
  return person.role === "admin" ? undefined : or(eq(runs.person, person.actor), isNotNull(runs.taskId))
}
