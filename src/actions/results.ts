import { and, eq, inArray } from "drizzle-orm"
import type { Store } from "../db/store.ts"
import { tables } from "../db/tables.ts"
import { lineOf } from "./taint.ts"

/** Characters of a result that a model is given at once. */
export const resultLength = 12_000

/** A result as the model reads it; what is too long is kept, and cut with a word on how to read on. */
export async function keepResult(store: Store, runId: number, text: string, now: Date): Promise<string> {
  if (text.length <= resultLength) return text
  const [kept] = await store.write((db) =>
    db
      .insert(tables.results)
      .values({ runId, text, createdAt: now.toISOString() })
      .returning({ id: tables.results.id }),
  )
  const left = text.length - resultLength
  return `${text.slice(0, resultLength)}\n[cut: ${left} more characters. results.read(${kept?.id}, ${resultLength}) reads on; better return less.]`
}

/** A kept result of this run or of one that it goes on from; null if there is none. */
export async function resultOf(store: Store, runId: number, id: number): Promise<string | null> {
  const line = (await lineOf(store, runId)).map((run) => run.id)
  const { results } = tables
  const [found] = await store.read((db) =>
    db
      .select()
      .from(results)
      .where(and(eq(results.id, id), inArray(results.runId, line))),
  )
  return found?.text ?? null
}
