import { and, eq, inArray, isNull, or } from "drizzle-orm"
import type { Db } from "../db/store.ts"
import { type Send, tables } from "../db/tables.ts"

/** A send of this draft that was made, is being made, or of which nobody knows: then there is no second. */
export async function sendUnderWay(db: Db, draftId: number): Promise<Send | null> {
  const { sends } = tables
  const [send] = await db
    .select()
    .from(sends)
    .where(and(eq(sends.draftId, draftId), or(isNull(sends.outcome), inArray(sends.outcome, ["sent", "unknown"]))))
    .limit(1)
  return send ?? null
}
